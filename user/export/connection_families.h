/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* TCP connections by peer and port: rows of source PEER of metrics.def. */
#include "export/exposition.h"

/* Adds the families. One that would go past limits.series is left out as a whole: limits.connections bounds them by itself. */
void connection_families_add(struct sheet *sheet, const struct exposition_input *in);
