/* SPDX-License-Identifier: Apache-2.0 */
#include "top/picture.h"

#include <stdio.h>
#include <string.h>

#include "top/bar.h"
#include "top/keys.h"
#include "top/scope.h"

static void draw_cell(struct page *page, const struct browser *browser, const struct row *row,
		      const struct layout_column *at, unsigned int y, enum style style)
{
	char out[FORMAT_SIZE];
	const char *text;

	if (strcmp(at->column->field, "tree") == 0) {
		unsigned int indent = 2 * row->depth;
		const char *mark = !row->has_children ? "  " : row->is_folded ? "+ " : "- ";

		if (indent + 2 > at->width)
			return;
		page_put(page, at->x + indent, y, 2, style, mark);
		page_put(page, at->x + indent + 2, y, at->width - indent - 2, style, rows_name(row));
		return;
	}
	text = items_cell(row->item, at->column, browser->items.time, out);
	if (at->column->format == FORMAT_TEXT)
		page_put(page, at->x, y, at->width, style, text);
	else
		page_put_right(page, at->x, y, at->width, style, text);
}

static void draw_headings(struct page *page, const struct browser *browser, unsigned int y)
{
	const struct layout *layout = &browser->layout;

	page_style(page, 0, y, page->width, STYLE_HEADING);
	for (size_t i = 0; i < layout->count; i++) {
		const struct layout_column *at = &layout->columns[i];
		enum style style = at->column == browser_view(browser)->sort ? STYLE_SORTED : STYLE_HEADING;

		if (at->column->format == FORMAT_TEXT)
			page_put(page, at->x, y, at->width, style, at->column->heading);
		else
			page_put_right(page, at->x, y, at->width, style, at->column->heading);
		if (style == STYLE_SORTED)
			page_style(page, at->x, y, at->width, style);
	}
}

static const char *empty_text(const struct browser *browser, const struct header *header)
{
	const struct browser_place *place = browser_place(browser);

	if (!browser->items.list)
		return header->problem ? "nothing to show yet" : "waiting for the answer";
	if (place->filter[0] && json_array_size(browser->items.list) > 0)
		return "nothing matches the filter (Esc clears it)";
	return "nothing here";
}

/* What ended, and is still told for a while. */
static bool is_past(const struct row *row)
{
	return json_is_false(json_object_get(row->item, "alive"));
}

static void draw_rows(struct page *page, const struct browser *browser, const struct header *header,
		      unsigned int y, bool with_cursor)
{
	const struct browser_place *place = browser_place(browser);

	if (browser->rows.count == 0)
		page_put(page, 2, y, page->width, STYLE_DIM, empty_text(browser, header));
	for (size_t i = 0; i < browser->layout.rows && place->first + i < browser->rows.count; i++) {
		bool is_cursor = with_cursor && place->first + i == place->cursor;
		const struct row *row = &browser->rows.row[place->first + i];
		enum style style = is_cursor ? STYLE_CURSOR : is_past(row) ? STYLE_DIM : STYLE_PLAIN;

		if (is_cursor)
			page_style(page, 0, y + (unsigned int)i, page->width, style);
		for (size_t c = 0; c < browser->layout.count; c++)
			draw_cell(page, browser, row, &browser->layout.columns[c], y + (unsigned int)i,
				  style);
	}
}

/* What was asked for in the kernel on this view's account. */
static void add_focus(struct buffer *text, const struct browser *browser)
{
	if (browser_place(browser)->view == VIEW_SYSCALLS && browser->items.note[0])
		buffer_printf(text, "  focus %s", browser->items.note);
}

static void draw_state(struct page *page, const struct browser *browser, unsigned int y)
{
	const struct browser_place *place = browser_place(browser);
	const struct browser_view *view = browser_view(browser);
	struct buffer text = {};
	unsigned int used = 0;

	switch (browser->mode) {
	case MODE_INTERVAL:
		page_printf(page, 0, y, page->width, STYLE_BOLD, "interval (2, 500ms): %s_", browser->input);
		return;
	case MODE_JUMP:
		page_printf(page, 0, y, page->width, STYLE_BOLD,
			    "time (12:03, 12:03:20, +30s, -5m, number): %s_", browser->input);
		return;
	default:
		break;
	}
	buffer_add_string(&text, views[place->view].title);
	scope_describe(&text, place->scope);
	add_focus(&text, browser);
	if (browser->items.list)
		buffer_printf(&text, "  %zu of %zu", browser->rows.count,
			      place->view == VIEW_TREE ? browser->rows.count : browser->items.total);
	buffer_printf(&text, "  by %s %s", view->sort->heading, view->descending ? "down" : "up");
	buffer_add(&text, "", 1);
	if (!text.failed)
		used = page_put(page, 0, y, page->width, STYLE_BOLD, text.data);
	if (browser->mode == MODE_FILTER || place->filter[0])
		page_printf(page, used + 2, y, page->width, STYLE_WARNING, "filter: %s%s", place->filter,
			    browser->mode == MODE_FILTER ? "_" : "");
	buffer_done(&text);
}

static void draw_choices(struct page *page, const struct browser *browser, unsigned int y, unsigned int lines)
{
	size_t first = browser->picked >= lines - 1 ? browser->picked - lines + 2 : 0;
	const struct column *column;

	page_style(page, 0, y, page->width, STYLE_HEADING);
	page_put(page, 0, y, page->width, STYLE_HEADING,
		 browser->mode == MODE_SORT ? "Sort by (Enter chooses, Esc leaves)" :
					      "Columns (Space shows and hides, Esc leaves)");
	for (unsigned int i = 1; i < lines && (column = browser_choice(browser, first + i - 1)); i++) {
		bool shown = layout_has(&browser_view(browser)->columns, browser_place(browser)->view, column,
					page->width);
		enum style style = first + i - 1 == browser->picked ? STYLE_CURSOR : STYLE_PLAIN;
		char key[2] = { column->key };

		page_style(page, 0, y + i, page->width, style);
		page_printf(page, 1, y + i, page->width, style, "%s %-12s %-36s %s",
			    browser->mode == MODE_SORT ?
				    column == browser_view(browser)->sort ? " * " : "   " :
			    shown ? "[x]" :
				    "[ ]",
			    column->heading, column->field, key);
	}
}

static void draw_help(struct page *page, const struct browser *browser, unsigned int y, unsigned int lines)
{
	struct keys_line line;

	page_style(page, 0, y, page->width, STYLE_HEADING);
	page_put(page, 0, y, page->width, STYLE_HEADING, "Keys (arrows move, any other key leaves)");
	for (unsigned int i = 1; i < lines && keys_line(browser->picked + i - 1, browser->replay, &line);
	     i++) {
		page_put(page, 1, y + i, 18, STYLE_BOLD, line.keys);
		page_put(page, 20, y + i, page->width, STYLE_PLAIN, line.help);
	}
	if (page->width < 100)
		return;
	page_put(page, 74, y + 1, page->width, STYLE_BOLD, "Views");
	for (unsigned int id = 0, i = 2; id < VIEWS && i < lines; id++)
		if (views[id].key)
			page_printf(page, 74, y + i++, page->width, STYLE_PLAIN, "%c  %s", views[id].key,
				    views[id].title);
	page_put(page, 74, y + 14, page->width, STYLE_PLAIN,
		 "capitals: sort by the column with that key (F6)");
}

void picture_draw(struct page *page, struct browser *browser, const struct header *header, bool with_bar)
{
	unsigned int above = with_bar ? header_lines(page->height) : header_lines(100);
	unsigned int heading = above + 1, first = above + 2, bar = with_bar ? 1 : 0;
	unsigned int lines = page->height > first + bar ? page->height - first - bar : 0;

	page_clear(page);
	if (page->width == 0 || page->height < 2)
		return;
	browser->layout.heading_y = heading;
	browser->layout.first_y = first;
	browser_arrange(browser, page->width, lines);
	header_draw(page, header, above);
	draw_state(page, browser, above);
	if (browser->mode == MODE_HELP) {
		draw_help(page, browser, heading, lines + 1);
	} else if (browser->mode == MODE_SORT || browser->mode == MODE_COLUMNS) {
		draw_choices(page, browser, heading, lines + 1);
	} else {
		draw_headings(page, browser, heading);
		draw_rows(page, browser, header, first, with_bar);
	}
	if (with_bar)
		bar_draw(page, page->height - 1, browser->replay);
}
