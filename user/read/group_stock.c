/* SPDX-License-Identifier: Apache-2.0 */
#include "read/group_stock.h"

#include <errno.h>
#include <stdlib.h>

int group_stock_init(struct group_stock *stock, uint32_t group_count)
{
	stock->count = 0;
	stock->capacity = group_count / GROUP_SHARE;
	stock->held = calloc(stock->capacity, sizeof(*stock->held));
	if (!stock->held)
		return -ENOMEM;
	/* the lowest is dealt out first: the kernel and the reader stay on few pages */
	for (; stock->count < stock->capacity; stock->count++)
		stock->held[stock->count] = group_count - 1 - stock->count;
	return 0;
}

void group_stock_done(struct group_stock *stock)
{
	free(stock->held);
	*stock = (struct group_stock){};
}

uint32_t group_stock_last(const struct group_stock *stock, uint32_t group_count)
{
	return group_count - 1 - stock->capacity;
}

void group_stock_take(struct group_stock *stock, struct table *table, uint32_t number)
{
	if (stock->count < stock->capacity)
		stock->held[stock->count++] = number;
	else
		table_give_group(table, number);
}

void group_stock_deal(struct group_stock *stock, struct table *table, uint32_t live)
{
	uint32_t taken = live + stock->count + 1; /* group 0 is never free */
	uint32_t wanted = stock->capacity / 4 < GROUP_DEAL ? stock->capacity / 4 : GROUP_DEAL;

	for (; stock->count && taken + wanted > table->group_count; taken--)
		table_give_group(table, stock->held[--stock->count]);
}
