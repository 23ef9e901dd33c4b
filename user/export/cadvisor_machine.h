/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What cAdvisor says of the machine and of itself: the inside of cadvisor.c. */
#include "export/cadvisor.h"

/* `has_rows`: there is a cgroup to show. */
void cadvisor_machine_add(const struct cadvisor_input *in, struct sheet *sheet, bool has_rows);
