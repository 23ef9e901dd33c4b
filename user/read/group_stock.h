/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Groups that the kernel is not given yet: a part of all is kept back and dealt out a few at a time, after it was told who has enough
 * (crowd.h). So nobody can have all at once, however many cgroups they make between two readings.
 */
#include "read/table.h"

#define GROUP_DEAL 64 /* that the kernel may have free while there are some here; of small tables fewer */

struct group_stock {
	uint32_t *held;
	uint32_t count, capacity;
};

/* Holds the highest 1 / GROUP_SHARE of the numbers. 0 or -ENOMEM. */
int group_stock_init(struct group_stock *stock, uint32_t group_count);
void group_stock_done(struct group_stock *stock);

/* The highest number that is the kernel's from the start. */
uint32_t group_stock_last(const struct group_stock *stock, uint32_t group_count);
/* Takes a group that is nobody's any more; what there is no room for goes back to the kernel. */
void group_stock_take(struct group_stock *stock, struct table *table, uint32_t number);
/* Once a pass; `live` groups are in use. */
void group_stock_deal(struct group_stock *stock, struct table *table, uint32_t live);
