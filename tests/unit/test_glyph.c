/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

#include "top/glyph.h"

static void use_utf8(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(glyph, .init = use_utf8);

#define NOT "\xef\xbf\xbd"

static const struct {
	const char *from, *to;
	unsigned int width;
} texts[] = {
	{ "", "", 0 },
	{ "redis", "redis", 5 },
	{ "\x1b[31mred\x1b[0m", NOT "[31mred" NOT "[0m", 12 },
	{ "a\nb\tc\rd\x7f", "a" NOT "b" NOT "c" NOT "d" NOT, 8 },
	{ "\xc2\x9b"
	  "2J",
	  NOT "2J", 3 }, /* C1: the escape sequence that is one character */
	{ "\xff\xfe", NOT NOT, 2 },
	{ "\xc3", NOT, 1 },                                            /* cut */
	{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", 4 }, /* two wide ones */
	{ "e\xcc\x81x", "e\xcc\x81x", 2 },                             /* e and an acute accent */
	{ "\xcc\x81x", NOT "x", 2 },                                   /* an accent on nothing */
	{ "z\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85", "z\xcc\x81\xcc\x82", 1 },
	{ "a\xe2\x80\xae"
	  "b\xe2\x80\xac\xe2\x81\xa6"
	  "c\xe2\x81\xa9\xe2\x80\x8f",
	  "abc", 3 }, /* override, isolate, mark */
	{ "a\xe2\x80\x8b\xef\xbb\xbf"
	  "b",
	  "ab", 2 },                                   /* nothing to see */
	{ "\xe2\x80\xae", "", 0 },                     /* nothing but that */
	{ "\xe2\x80\xa8x", "x", 1 },                   /* line separator */
	{ "\xf3\xa0\x80\xa1x", "x", 1 },               /* a tag */
	{ "\xd7\x90\xd7\x91", "\xd7\x90\xd7\x91", 2 }, /* Hebrew letters are letters */
	{ "\xed\xa0\x80", NOT NOT NOT, 3 },            /* half of a surrogate pair */
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

Test(glyph, names_are_made_harmless_and_measured)
{
	for (size_t i = 0; i < TEXTS; i++) {
		char to[128];

		cr_expect_eq(glyph_copy(to, sizeof(to), texts[i].from), strlen(texts[i].to), "text %zu", i);
		cr_expect_str_eq(to, texts[i].to, "text %zu", i);
		cr_expect_eq(glyph_width(texts[i].from), texts[i].width, "text %zu: %u", i,
			     glyph_width(texts[i].from));
	}
}

Test(glyph, what_fits_is_whole_characters)
{
	const char *text = "a\xe6\x97\xa5"
			   "b";

	cr_expect_eq(glyph_fit(text, 0), 0);
	cr_expect_eq(glyph_fit(text, 1), 1);
	cr_expect_eq(glyph_fit(text, 2), 1);
	cr_expect_eq(glyph_fit(text, 3), 4);
	cr_expect_eq(glyph_fit(text, 9), 5);
}

Test(glyph, a_copy_is_cut_between_characters)
{
	char to[6];

	cr_expect_eq(glyph_copy(to, sizeof(to), "ab\xe6\x97\xa5z"), 5);
	cr_expect_eq(glyph_copy(to, 5, "ab\xe6\x97\xa5z"), 2);
	cr_expect_str_eq(to, "ab");
}

Test(glyph, without_utf8_all_that_is_not_ascii_is_a_question_mark)
{
	char to[64];

	setlocale(LC_CTYPE, "C");
	glyph_copy(to, sizeof(to), "caf\xc3\xa9 \xe6\x97\xa5\x1b\xff");
	cr_expect_str_eq(to, "caf? ???");
	cr_expect_eq(glyph_width("caf\xc3\xa9"), 4);
}
