/* SPDX-License-Identifier: Apache-2.0 */
#include "top/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define WIDTH_MAX 1000
#define HEIGHT_MAX 4000

bool page_resize(struct page *page, unsigned int width, unsigned int height)
{
	struct page_cell *cells;

	width = width < WIDTH_MAX ? width : WIDTH_MAX;
	height = height < HEIGHT_MAX ? height : HEIGHT_MAX;
	cells = calloc((size_t)width * height + 1, sizeof(*cells));
	free(page->cells);
	*page = (struct page){ cells ? width : 0, cells ? height : 0, cells };
	page_clear(page);
	return cells;
}

void page_clear(struct page *page)
{
	for (size_t i = 0; i < (size_t)page->width * page->height; i++)
		page->cells[i] = (struct page_cell){ .text = L" " };
}

void page_done(struct page *page)
{
	free(page->cells);
	*page = (struct page){};
}

struct page_cell *page_at(const struct page *page, unsigned int x, unsigned int y)
{
	return &page->cells[(size_t)y * page->width + x];
}

static unsigned int room_at(const struct page *page, unsigned int x, unsigned int y, unsigned int room)
{
	if (y >= page->height || x >= page->width)
		return 0;
	return room < page->width - x ? room : page->width - x;
}

static void set_cell(struct page *page, unsigned int x, unsigned int y, enum style style,
		     const struct glyph *glyph)
{
	struct page_cell *cell = page_at(page, x, y);

	memcpy(cell->text, glyph->text, sizeof(cell->text));
	cell->style = (uint8_t)style;
	if (glyph->width == 2)
		cell[1] = (struct page_cell){ .style = (uint8_t)style };
}

unsigned int page_put(struct page *page, unsigned int x, unsigned int y, unsigned int room, enum style style,
		      const char *text)
{
	static const struct glyph cut = { L"+", 1 }, blank = { L" ", 1 };
	unsigned int used = 0, before = 0;
	struct glyph glyph;

	room = room_at(page, x, y, room);
	for (size_t size; (size = glyph_next(text, &glyph)); text += size) {
		if (used + glyph.width > room)
			break;
		set_cell(page, x + used, y, style, &glyph);
		before = used;
		used += glyph.width;
	}
	if (!glyph.text[0] || room == 0)
		return used;
	if (used < room) { /* half of a wide one */
		set_cell(page, x + used, y, style, &cut);
		return room;
	}
	if (used - before == 2)
		set_cell(page, x + before + 1, y, style, &blank);
	set_cell(page, x + before, y, style, &cut);
	return room;
}

void page_put_right(struct page *page, unsigned int x, unsigned int y, unsigned int room, enum style style,
		    const char *text)
{
	unsigned int width = glyph_width(text);

	room = room_at(page, x, y, room);
	page_put(page, width < room ? x + room - width : x, y, width < room ? width : room, style, text);
}

unsigned int page_printf(struct page *page, unsigned int x, unsigned int y, unsigned int room,
			 enum style style, const char *format, ...)
{
	_cleanup_(cleanup_free) char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		return 0;
	}
	return page_put(page, x, y, room, style, text);
}

void page_style(struct page *page, unsigned int x, unsigned int y, unsigned int cells, enum style style)
{
	cells = room_at(page, x, y, cells);
	for (unsigned int i = 0; i < cells; i++)
		page_at(page, x + i, y)->style = (uint8_t)style;
}

void page_print_line(const struct page *page, unsigned int y, FILE *file)
{
	unsigned int end = page->width;

	while (end > 0 && wcscmp(page_at(page, end - 1, y)->text, L" ") == 0)
		end--;
	for (unsigned int x = 0; x < end; x++) {
		struct glyph glyph = {};
		char bytes[4 * GLYPH_CHARACTERS + 1];

		memcpy(glyph.text, page_at(page, x, y)->text, sizeof(glyph.text));
		fwrite(bytes, 1, glyph_encode(&glyph, bytes), file);
	}
	fputc('\n', file);
}
