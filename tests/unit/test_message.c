/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/message.h"

static void expect(const char *text, const char *expected)
{
	char line[16];
	const struct message message = { line, sizeof(line) };

	cr_expect_eq(message_fail(&message, -23, "%s", text), -23);
	cr_expect_str_eq(line, expected);
}

Test(message, a_terminal_is_told_nothing_but_text)
{
	expect("a\x1b[31m\n\x7f", "a?[31m??");
	expect("a\xc2\x9b"
	       "31m",
	       "a??31m"); /* the same in one character */
	expect("a\x9b"
	       "31m",
	       "a?31m");
	expect("na\xc3\xafve \xe2\x82\xac", "na\xc3\xafve \xe2\x82\xac");
	expect("", "");
}

Test(message, a_line_that_is_cut_ends_with_a_whole_character)
{
	expect("0123456789abcd\xc3\xaf", "0123456789abcd?");
	expect("0123456789abcdefg", "0123456789abcde");
}
