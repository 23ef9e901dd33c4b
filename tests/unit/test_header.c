/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "top/header.h"

static unsigned int count_bars(const struct page *page, unsigned int y)
{
	unsigned int count = 0;

	for (unsigned int x = 0; x < page->width; x++)
		count += wcscmp(page_at(page, x, y)->text, L"|") == 0;
	return count;
}

static unsigned int bars_of(double used, double cores)
{
	struct header header = { .source = "here" };
	struct page page = {};
	json_t *node = json_pack("{s:f, s:f}", "cpu_cores", used, "cores", cores);
	unsigned int bars;

	cr_assert(page_resize(&page, 120, 24));
	header_take(&header, node);
	header_draw(&page, &header, 5);
	bars = count_bars(&page, 1);
	header_done(&header);
	page_done(&page);
	json_decref(node);
	return bars;
}

Test(header, the_bar_is_the_share)
{
	cr_expect_eq(bars_of(1, 2), 10);
	cr_expect_eq(bars_of(2, 2), 20 - strlen("100%"));
}

Test(header, shares_that_cannot_be_are_drawn_at_once, .timeout = 5)
{
	cr_expect_eq(bars_of(-1, 1), 0);
	cr_expect_eq(bars_of(-1e300, 1), 0);
	cr_expect_eq(bars_of(1e300, 1), 20 - strlen("999999%"));
	cr_expect_eq(bars_of(0, 0), 0);
}
