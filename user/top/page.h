/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A screen as it should look: a grid of cells with a style each. What draws writes here; a terminal, or plain text, is made of it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "top/glyph.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_HEADING,
	STYLE_SORTED, /* the heading of the column that rows are sorted by */
	STYLE_CURSOR,
	STYLE_KEY,     /* of the bar at the bottom */
	STYLE_LABEL,   /* beside it */
	STYLE_BAR,     /* of a gauge, the used part */
	STYLE_BAR_HOT, /* the same beyond four fifths */
	STYLE_WARNING,
	STYLE_BAD,
	STYLES,
};

struct page_cell {
	wchar_t text[GLYPH_CHARACTERS + 1]; /* empty in the second cell of a wide character */
	uint8_t style;
};

struct page {
	unsigned int width, height;
	struct page_cell *cells;
};

/* An empty page of that size, at most 1000 x 4000; what was there is gone. False when out of memory: then it is 0 x 0. */
bool page_resize(struct page *page, unsigned int width, unsigned int height);
void page_clear(struct page *page);
void page_done(struct page *page);

struct page_cell *page_at(const struct page *page, unsigned int x, unsigned int y);

/* Puts `text` of any bytes into at most `room` cells from (x, y) on; what does not fit is cut, and its last cell is '+' then.
 * Returns the cells used. Nothing outside of the page is written. */
unsigned int page_put(struct page *page, unsigned int x, unsigned int y, unsigned int room, enum style style,
		      const char *text);
/* The same at the right end of the room. */
void page_put_right(struct page *page, unsigned int x, unsigned int y, unsigned int room, enum style style,
		    const char *text);
unsigned int page_printf(struct page *page, unsigned int x, unsigned int y, unsigned int room,
			 enum style style, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Gives the cells of a line from `x` on the style. */
void page_style(struct page *page, unsigned int x, unsigned int y, unsigned int cells, enum style style);

/* A line as text, without blanks at its end. */
void page_print_line(const struct page *page, unsigned int y, FILE *file);
