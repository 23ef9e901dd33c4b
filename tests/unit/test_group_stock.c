/* SPDX-License-Identifier: Apache-2.0 */
/* Groups that the kernel is given a few at a time. */
#include <criterion/criterion.h>
#include <string.h>

#include "read/group_stock.h"

#define GROUPS 1200 /* three hundred are held back */

static struct control control;
static struct table table = { .control = &control, .group_count = GROUPS };
static struct group_stock stock;

static void set_up(void)
{
	memset(&control, 0, sizeof(control));
	cr_assert_eq(group_stock_init(&stock, GROUPS), 0);
}

static void tear_down(void)
{
	group_stock_done(&stock);
}

TestSuite(group_stock, .init = set_up, .fini = tear_down, .timeout = 20);

Test(group_stock, the_kernel_has_the_lower_ones_from_the_start)
{
	cr_expect_eq(group_stock_last(&stock, GROUPS), 899);
	cr_expect_eq(stock.count, 300);
}

Test(group_stock, nothing_is_dealt_while_the_kernel_has_enough)
{
	group_stock_deal(&stock, &table, 899 - GROUP_DEAL);
	cr_expect_eq(control.group_count, 0);
}

Test(group_stock, what_is_missing_is_dealt_and_no_more)
{
	group_stock_deal(&stock, &table, 899 - GROUP_DEAL + 3);
	cr_expect_eq(control.group_count, 3);
	cr_expect_eq(control.group[0], 900);
	cr_expect_eq(control.group[2], 902);
	/* the kernel took five more */
	group_stock_deal(&stock, &table, 899 - GROUP_DEAL + 8);
	cr_expect_eq(control.group_count, 8);
	cr_expect_eq(control.group[7], 907);
	group_stock_deal(&stock, &table, 899 - GROUP_DEAL + 8);
	cr_expect_eq(control.group_count, 8);
	cr_expect_eq(stock.count, 292);
}

Test(group_stock, what_comes_back_is_held_until_it_is_full_again)
{
	group_stock_deal(&stock, &table, 899 - GROUP_DEAL + 2);
	control.group_count = 0;
	group_stock_take(&stock, &table, 7);
	group_stock_take(&stock, &table, 11);
	cr_expect_eq(control.group_count, 0);
	group_stock_take(&stock, &table, 13);
	cr_expect_eq(control.group_count, 1);
	cr_expect_eq(control.group[0], 13);
	cr_expect_eq(stock.count, 300);
}

Test(group_stock, of_a_small_table_fewer_are_dealt)
{
	group_stock_done(&stock);
	cr_assert_eq(group_stock_init(&stock, 48), 0);
	table.group_count = 48;
	group_stock_deal(&stock, &table, 47 - 12);
	cr_expect_eq(control.group_count, 3);
	table.group_count = GROUPS;
}

Test(group_stock, an_empty_one_deals_nothing)
{
	stock.count = 0;
	group_stock_deal(&stock, &table, 1199);
	cr_expect_eq(control.group_count, 0);
}
