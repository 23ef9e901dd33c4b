/* SPDX-License-Identifier: Apache-2.0 */
#include "top/browser.h"

#include <errno.h>
#include <string.h>

#include "base/time.h"
#include "top/scope.h"

static void set_default_sort(struct browser_view *view, enum view_id id)
{
	const char *sort = views[id].sort;

	view->descending = *sort == '-';
	sort += *sort == '-';
	view->sort = view_column_by_name(id, sort, strlen(sort));
}

void browser_init(struct browser *browser)
{
	*browser = (struct browser){ .interval_ns = NS_PER_S, .before_tree = VIEW_CONTAINERS };
	for (enum view_id id = 0; id < VIEWS; id++)
		set_default_sort(&browser->views[id], id);
}

static void clear_items(struct browser *browser)
{
	rows_done(&browser->rows);
	items_clear(&browser->items);
	items_clear(&browser->pods);
	items_clear(&browser->programs);
}

void browser_done(struct browser *browser)
{
	clear_items(browser);
	for (size_t i = 0; i <= browser->depth; i++)
		json_decref(browser->places[i].scope);
	browser->depth = 0;
	browser->places[0] = (struct browser_place){};
}

struct browser_place *browser_place(const struct browser *browser)
{
	return (struct browser_place *)&browser->places[browser->depth];
}

struct browser_view *browser_view(const struct browser *browser)
{
	return (struct browser_view *)&browser->views[browser_place(browser)->view];
}

int browser_set_sort(struct browser *browser, const char *sort, const struct message *message)
{
	enum view_id id = browser_place(browser)->view;
	struct browser_view *view = browser_view(browser);
	char sign = *sort == '-' || *sort == '+' ? *sort++ : 0;
	const struct column *column = view_column_by_name(id, sort, strlen(sort));

	if (!column)
		return message_fail(message, -EINVAL, "--sort: the view %s has no column '%s'",
				    views[id].name, sort);
	view->sort = column;
	view->descending = sign ? sign == '-' : column->format != FORMAT_TEXT;
	return 0;
}

int browser_set_columns(struct browser *browser, const char *names, const struct message *message)
{
	enum view_id id = browser_place(browser)->view;
	const char *wrong;
	size_t length;

	if (layout_choose(&browser_view(browser)->columns, id, names, &wrong, &length))
		return 0;
	return message_fail(message, -EINVAL, "--columns: the view %s has no column '%.*s'", views[id].name,
			    (int)length, wrong);
}

void browser_sort_by(struct browser *browser, const struct column *column)
{
	struct browser_view *view = browser_view(browser);

	if (view->sort == column)
		view->descending = !view->descending;
	else
		view->descending = column->format != FORMAT_TEXT;
	view->sort = column;
	browser_refresh(browser);
}

/* ---- places ---- */

static bool push(struct browser *browser, enum view_id view, json_t *scope)
{
	if (browser->depth + 1 >= BROWSER_PLACES) {
		json_decref(scope);
		return false;
	}
	browser->places[++browser->depth] = (struct browser_place){ .view = view, .scope = scope };
	clear_items(browser);
	return true;
}

bool browser_enter(struct browser *browser, enum view_id view)
{
	const struct row *row = browser_selected(browser);
	json_t *scope, *narrow;

	if (view == VIEW_NONE || !row || views[view].scope == SCOPE_NONE)
		return false;
	scope = scope_of(row->kind, row->item);
	json_object_update_missing(scope, browser_place(browser)->scope);
	narrow = scope_narrow(view, scope);
	json_decref(scope);
	if (!narrow)
		return false;
	return push(browser, view, narrow);
}

void browser_switch(struct browser *browser, enum view_id view)
{
	struct browser_place *place = browser_place(browser);
	json_t *narrow = scope_narrow(view, place->scope);

	json_decref(place->scope);
	place->scope = narrow;
	place->view = view;
	place->selected = 0;
	place->cursor = place->first = 0;
	clear_items(browser);
}

bool browser_back(struct browser *browser)
{
	if (browser->depth == 0)
		return false;
	json_decref(browser_place(browser)->scope);
	browser->depth--;
	clear_items(browser);
	return true;
}

/* ---- rows and cursor ---- */

const struct row *browser_selected(const struct browser *browser)
{
	const struct browser_place *place = browser_place(browser);

	return place->cursor < browser->rows.count ? &browser->rows.row[place->cursor] : NULL;
}

static void show_cursor(struct browser *browser)
{
	struct browser_place *place = browser_place(browser);
	size_t lines = browser->layout.rows, count = browser->rows.count;

	if (place->cursor >= count)
		place->cursor = count ? count - 1 : 0;
	if (place->cursor < place->first)
		place->first = place->cursor;
	if (lines && place->cursor >= place->first + lines)
		place->first = place->cursor - lines + 1;
	if (place->first + lines > count)
		place->first = count > lines ? count - lines : 0;
}

void browser_refresh(struct browser *browser)
{
	struct browser_place *place = browser_place(browser);
	const struct browser_view *view = browser_view(browser);
	struct rows_choice choice = {
		.view = place->view,
		.sort = view->sort,
		.descending = view->descending,
		.filter = place->filter,
		.scope = place->scope,
		.folded = browser->folded,
		.folded_count = browser->folded_count,
	};
	int error;

	if (place->view == VIEW_TREE)
		error = rows_build_tree(&browser->rows, &choice, browser->pods.list, browser->items.list,
					browser->programs.list);
	else
		error = rows_build(&browser->rows, &choice, browser->items.list);
	if (error)
		browser->rows.count = 0;
	if (place->selected) {
		size_t at = rows_find(&browser->rows, place->selected);

		/* what is gone, or not yet here again: the line stays */
		if (at < browser->rows.count)
			place->cursor = at;
	} else {
		place->cursor = 0;
	}
	show_cursor(browser);
}

void browser_arrange(struct browser *browser, unsigned int width, size_t lines)
{
	browser->width = width;
	browser->layout.rows = lines;
	layout_make(&browser->layout, &browser_view(browser)->columns, browser_place(browser)->view,
		    &browser->rows, width);
	show_cursor(browser);
}

void browser_move(struct browser *browser, long by)
{
	struct browser_place *place = browser_place(browser);
	long to = (long)place->cursor + by, last = (long)browser->rows.count - 1;

	to = to > last ? last : to;
	place->cursor = to > 0 ? (size_t)to : 0;
	place->selected = browser_selected(browser) ? browser_selected(browser)->key : 0;
	show_cursor(browser);
}
