/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The bound on all series (limits.series). Each row of the tables takes the most series that it can ever have, and a container
 * those of its program `other` too. What there is no room for is counted under `other` from its birth: sums stay whole, and no
 * series ever goes back. When the bound is lowered what is there stays until it ends.
 */
#include <stdbool.h>

#include "model/model.h"

/* Series that all rows may have, with those that are kept free for `other`. */
uint64_t budget_taken(const struct model *model);
/* Whether there is room for so many more. */
bool budget_has_room(const struct model *model, uint32_t more);
