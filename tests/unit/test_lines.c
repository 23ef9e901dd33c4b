/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"

static char seen[4096];

static void on_line(void *context, const char *line, size_t size)
{
	size_t used = strlen(seen);

	(void)context;
	snprintf(seen + used, sizeof(seen) - used, "<%.*s>", (int)size, line);
}

Test(lines, are_the_same_in_pieces_of_any_size)
{
	static const char text[] = "one\n\n\r\ntwo \r\n123456789\n12345678\nthree\nno end";

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		struct lines lines;

		seen[0] = '\0';
		lines_init(&lines, 8);
		for (size_t at = 0; at < sizeof(text) - 1; at += piece)
			lines_add(&lines, text + at,
				  at + piece < sizeof(text) ? piece : sizeof(text) - 1 - at, on_line, NULL);
		cr_expect_str_eq(seen, "<one><two ><12345678><three>");
		cr_expect_eq(lines.left_out, 1);
		lines_done(&lines);
	}
}

Test(lines, that_are_too_long_take_no_memory_and_are_counted_once)
{
	struct lines lines;
	char data[1000];

	memset(data, 'x', sizeof(data));
	lines_init(&lines, 3000);
	for (int i = 0; i < 1000; i++) {
		lines_add(&lines, data, sizeof(data), on_line, NULL);
		cr_assert(lines.begin.capacity <= 4096);
	}
	cr_expect_eq(lines.left_out, 1);
	seen[0] = '\0';
	lines_add(&lines, "x\nafter\n", 8, on_line, NULL);
	cr_expect_str_eq(seen, "<after>");
	lines_done(&lines);
}

Test(lines, of_another_stream_begin_anew)
{
	struct lines lines;

	seen[0] = '\0';
	lines_init(&lines, 100);
	lines_add(&lines, "half a li", 9, on_line, NULL);
	lines_done(&lines);
	lines_add(&lines, "whole\n", 6, on_line, NULL);
	cr_expect_str_eq(seen, "<whole>");
	lines_done(&lines);
}
