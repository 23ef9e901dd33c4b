/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* TCP connections by peer and port: rows of source PEER of metrics.def. */
#include "export/exposition.h"

/*
 * Adds the families. `series` are those that count for limits.series already; a family that would go past it is left out as a whole.
 * Returns how many it has added.
 */
size_t connection_families_add(struct sheet *sheet, const struct exposition_input *in, size_t series);
