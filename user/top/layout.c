/* SPDX-License-Identifier: Apache-2.0 */
#include "top/layout.h"

#include <string.h>

#include "top/glyph.h"
#include "top/items.h"

#define FLEXIBLE 8 /* texts with less are of fixed kinds */
#define TEXT_MAX 64
#define NAME_CELLS 40
#define NARROW 60 /* screens on which names leave room for a number at least */
#define NARROW_TEXT 10

static bool is_set(const struct layout_columns *columns, const struct column *column)
{
	size_t index = view_column_index(column);

	return columns->set[index / 64] >> index % 64 & 1;
}

static void set(struct layout_columns *columns, const struct column *column, bool value)
{
	size_t index = view_column_index(column);

	if (value)
		columns->set[index / 64] |= 1ULL << index % 64;
	else
		columns->set[index / 64] &= ~(1ULL << index % 64);
}

bool layout_has(const struct layout_columns *columns, enum view_id view, const struct column *column,
		unsigned int width)
{
	(void)view;
	if (columns->chosen)
		return is_set(columns, column);
	return column->shown == ALWAYS || (column->shown == WIDE && width >= VIEW_WIDE);
}

static void begin_choice(struct layout_columns *columns, enum view_id view, unsigned int width)
{
	struct layout_columns fresh = { .chosen = true };
	const struct column *column;

	for (size_t position = 0; (column = view_column(view, &position));)
		set(&fresh, column, layout_has(columns, view, column, width));
	*columns = fresh;
}

void layout_toggle(struct layout_columns *columns, enum view_id view, const struct column *column,
		   unsigned int width)
{
	if (!columns->chosen)
		begin_choice(columns, view, width);
	set(columns, column, !is_set(columns, column));
}

bool layout_choose(struct layout_columns *columns, enum view_id view, const char *names,
		   const char **ret_wrong, size_t *ret_length)
{
	struct layout_columns fresh = { .chosen = true };

	while (*names) {
		size_t length = strcspn(names, ",");
		const struct column *column = view_column_by_name(view, names, length);

		if (!column) {
			*ret_wrong = names;
			*ret_length = length;
			return false;
		}
		set(&fresh, column, true);
		names += length;
		names += *names == ',';
	}
	*columns = fresh;
	return true;
}

/* The longest text of a column, in cells. */
static unsigned int longest(const struct rows *rows, const struct column *column)
{
	bool is_tree = strcmp(column->field, "tree") == 0;
	unsigned int most = 0;

	for (size_t i = 0; i < rows->count && most < TEXT_MAX; i++) {
		const struct row *row = &rows->row[i];
		const char *text = is_tree ? rows_name(row) : items_text(row->item, column);
		unsigned int width = text ? glyph_width(text) + (is_tree ? 2 * row->depth + 2 : 0) : 0;

		most = width > most ? width : most;
	}
	return most < TEXT_MAX ? most : TEXT_MAX;
}

static bool is_often_empty(const struct column *column)
{
	return strcmp(column->field, "pod") == 0 || strcmp(column->field, "namespace") == 0;
}

static void share_rest(struct layout *layout, const unsigned int *wanted, unsigned int rest)
{
	for (bool grew = true; rest > 0 && grew;) {
		grew = false;
		for (size_t i = 0; i < layout->count && rest > 0; i++) {
			if (layout->columns[i].width >= wanted[i])
				continue;
			layout->columns[i].width++;
			rest--;
			grew = true;
		}
	}
}

void layout_make(struct layout *layout, const struct layout_columns *columns, enum view_id view,
		 const struct rows *rows, unsigned int width)
{
	unsigned int wanted[LAYOUT_COLUMNS] = {}, used = 0, x = 0;
	const struct column *column;

	layout->count = 0;
	for (size_t position = 0; (column = view_column(view, &position));) {
		bool is_text = column->format == FORMAT_TEXT && column->width >= FLEXIBLE;
		unsigned int most, cells = column->width;

		if (!layout_has(columns, view, column, width) || layout->count == LAYOUT_COLUMNS)
			continue;
		if (is_text && width < NARROW && cells > NARROW_TEXT)
			cells = NARROW_TEXT;
		most = is_text ? longest(rows, column) : 0;
		/* where there is room, names go before the numbers of wide screens */
		if (width >= VIEW_WIDE && most > cells)
			cells = most < NAME_CELLS ? most : NAME_CELLS;
		if (!columns->chosen && is_often_empty(column) && view != VIEW_PODS && most == 0)
			continue;
		if (used + cells > width) {
			if (layout->count > 0)
				continue;
			cells = width; /* one at least */
		}
		wanted[layout->count] = most;
		layout->columns[layout->count++] = (struct layout_column){ column, 0, cells };
		used += cells + 1;
	}
	share_rest(layout, wanted, used < width + 1 ? width + 1 - used : 0);
	for (size_t i = 0; i < layout->count; i++) {
		layout->columns[i].x = x;
		x += layout->columns[i].width + 1;
	}
}
