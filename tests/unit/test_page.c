/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "top/page.h"

static struct page page;

static void set_up(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	cr_assert(page_resize(&page, 10, 3));
}

static void tear_down(void)
{
	page_done(&page);
}

TestSuite(page, .init = set_up, .fini = tear_down);

static void expect_line(unsigned int y, const char *text)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&line, &size);

	page_print_line(&page, y, file);
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	cr_expect_str_eq(line, text);
	free(line);
}

Test(page, text_that_is_too_long_ends_with_a_plus)
{
	cr_expect_eq(page_put(&page, 2, 1, 5, STYLE_PLAIN, "abcde"), 5);
	expect_line(1, "  abcde");
	cr_expect_eq(page_put(&page, 2, 1, 5, STYLE_PLAIN, "abcdef"), 5);
	expect_line(1, "  abcd+");
	page_put(&page, 0, 0, 99, STYLE_PLAIN, "0123456789abc");
	expect_line(0, "012345678+");
}

Test(page, a_wide_character_is_never_halved)
{
	page_put(&page, 0, 0, 3, STYLE_PLAIN, "\xe6\x97\xa5\xe6\x9c\xac");
	expect_line(0, "\xe6\x97\xa5+");
	page_clear(&page);
	page_put(&page, 0, 0, 2, STYLE_PLAIN, "\xe6\x97\xa5\xe6\x9c\xac");
	expect_line(0, "+");
	page_clear(&page);
	page_put(&page, 0, 0, 1, STYLE_PLAIN, "\xe6\x97\xa5");
	expect_line(0, "+");
}

Test(page, numbers_stand_at_the_right)
{
	page_put_right(&page, 1, 0, 6, STYLE_PLAIN, "42");
	expect_line(0, "     42");
	page_put_right(&page, 0, 1, 3, STYLE_PLAIN, "12345");
	expect_line(1, "12+");
}

Test(page, nothing_is_written_outside)
{
	page_put(&page, 10, 0, 5, STYLE_PLAIN, "x");
	page_put(&page, 0, 3, 5, STYLE_PLAIN, "x");
	page_put(&page, 0, 0, 0, STYLE_PLAIN, "x");
	page_style(&page, 8, 0, 50, STYLE_BAD);
	page_style(&page, 0, 9, 50, STYLE_BAD);
	for (unsigned int y = 0; y < 3; y++)
		expect_line(y, "");
	cr_expect_eq(page_at(&page, 9, 0)->style, STYLE_BAD);
	cr_expect_eq(page_at(&page, 7, 0)->style, STYLE_PLAIN);
}

Test(page, a_page_of_no_size_takes_everything_and_shows_nothing)
{
	cr_assert(page_resize(&page, 0, 0));
	page_put(&page, 0, 0, 5, STYLE_PLAIN, "x");
	page_clear(&page);
}
