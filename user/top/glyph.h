/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Text of any bytes as what one cell of a terminal may show. Names come from whoever runs containers: nothing in them may move the
 * cursor, begin an escape sequence, turn the direction of a line, or take more room than it is given.
 */
#include <stddef.h>
#include <wchar.h>

#define GLYPH_CHARACTERS 3 /* a character and what is set above or below it; more of that is left out */

struct glyph {
	wchar_t text[GLYPH_CHARACTERS + 1];
	unsigned int width; /* cells: 1 or 2 */
};

/* The first glyph of `text` goes into `ret_glyph`. Returns the bytes that were used, 0 at the end of the text.
 * Invalid bytes and control characters (C0, DEL, C1) become U+FFFD, or '?' where the locale has no such character; directional
 * and invisible characters are left out; what the locale cannot show is replaced too. */
size_t glyph_next(const char *text, struct glyph *ret_glyph);

/* Cells that the whole text takes. */
unsigned int glyph_width(const char *text);
/* The bytes at the start of `text` that fit into `cells`. */
size_t glyph_fit(const char *text, unsigned int cells);
/* Copies `text` made harmless, as UTF-8, at most `size` - 1 bytes of whole characters. Returns the length. */
size_t glyph_copy(char *to, size_t size, const char *text);
/* One glyph as UTF-8, at least 4 * GLYPH_CHARACTERS + 1 bytes. Returns the length. */
size_t glyph_encode(const struct glyph *glyph, char *to);
