/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
	const char *from, *to;
} copies[] = {
	{ "\xff", "\xef\xbf\xbd" },
	{ "a\xc0\x80z", "a\xef\xbf\xbd\xef\xbf\xbdz" },             /* overlong */
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* a surrogate */
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" }, /* cut */
	{ "", "" },
	{ "\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80" },
	{ "line\n\ttab", "line\n\ttab" },
};

Test(utf8, invalid_bytes_become_replacement_characters_one_each)
{
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		char to[64];

		cr_expect_eq(utf8_copy(to, sizeof(to), copies[i].from), strlen(copies[i].to));
		cr_expect_str_eq(to, copies[i].to);
	}
}

Test(utf8, a_character_is_copied_whole_or_not_at_all)
{
	char to[8];

	for (size_t capacity = 1; capacity <= 8; capacity++) {
		cr_expect_eq(utf8_copy(to, capacity, "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"),
			     (capacity - 1) / 3 * 3);
		cr_expect_eq(strlen(to), (capacity - 1) / 3 * 3);
	}
}
