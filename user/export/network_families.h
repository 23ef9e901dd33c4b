/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The families of level `pod`: what the devices of each network namespace count, and which pods there are. */
#include "export/exposition.h"
#include "export/sheet.h"

/* ktally_pod_network_* per pod and interface, ktally_pod_info per pod. */
void network_families_add(struct sheet *sheet, const struct exposition_input *in);
