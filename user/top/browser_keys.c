/* SPDX-License-Identifier: Apache-2.0 */
/* What keys and clicks do. */
#include <string.h>

#include "base/time.h"
#include "top/bar.h"
#include "top/browser.h"
#include "top/browser_input.h"
#include "top/keys.h"

#define WHEEL_LINES 3
#define LEAP 10

static const uint64_t intervals_ms[] = { 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000 };
#define INTERVALS (sizeof(intervals_ms) / sizeof(intervals_ms[0]))

static bool can_enter(const struct browser *browser, enum view_id view)
{
	const struct row *row = browser_selected(browser);

	/* the system calls of something are those of one container */
	return view != VIEW_SYSCALLS || (row && json_object_get(row->item, "container"));
}

static unsigned int enter(struct browser *browser, enum view_id view)
{
	const struct row *row = browser_selected(browser);

	if (browser_place(browser)->view == VIEW_TREE && row && view == views[VIEW_TREE].enter)
		view = views[row->kind].enter;
	return can_enter(browser, view) && browser_enter(browser, view) ? BROWSER_ASK : 0;
}

/* The next view in the circle of those that have a key. */
static unsigned int turn(struct browser *browser, int by)
{
	int view = (int)browser_place(browser)->view;

	do
		view = (view + by + VIEWS) % VIEWS;
	while (!views[view].key);
	browser_switch(browser, (enum view_id)view);
	return BROWSER_ASK;
}

static unsigned int toggle_tree(struct browser *browser)
{
	enum view_id view = browser_place(browser)->view;

	if (view == VIEW_TREE) {
		browser_switch(browser, browser->before_tree);
	} else {
		browser->before_tree = views[view].key ? view : VIEW_CONTAINERS;
		browser_switch(browser, VIEW_TREE);
	}
	return BROWSER_ASK;
}

static void fold(struct browser *browser)
{
	const struct row *row = browser_selected(browser);

	if (browser_place(browser)->view != VIEW_TREE || !row || !row->has_children)
		return;
	browser_place(browser)->selected = row->key;
	for (size_t i = 0; i < browser->folded_count; i++) {
		if (browser->folded[i] != row->key)
			continue;
		browser->folded[i] = browser->folded[--browser->folded_count];
		browser_refresh(browser);
		return;
	}
	if (browser->folded_count < BROWSER_FOLDS)
		browser->folded[browser->folded_count++] = row->key;
	browser_refresh(browser);
}

static void sort_beside(struct browser *browser, int by)
{
	const struct layout *layout = &browser->layout;
	const struct column *sort = browser_view(browser)->sort;
	size_t at = 0;

	while (at < layout->count && layout->columns[at].column != sort)
		at++;
	if (layout->count == 0)
		return;
	at = at == layout->count ? 0 : (at + layout->count + (size_t)by) % layout->count;
	if (layout->columns[at].column != sort)
		browser_sort_by(browser, layout->columns[at].column);
}

static void reverse(struct browser *browser)
{
	browser_view(browser)->descending = !browser_view(browser)->descending;
	browser_refresh(browser);
}

static unsigned int change_interval(struct browser *browser, int by)
{
	size_t at = 0;

	while (at + 1 < INTERVALS && intervals_ms[at] * NS_PER_MS < browser->interval_ns)
		at++;
	if (by > 0 && intervals_ms[at] * NS_PER_MS <= browser->interval_ns && at + 1 < INTERVALS)
		at++;
	else if (by < 0 && at > 0)
		at--;
	browser->interval_ns = intervals_ms[at] * NS_PER_MS;
	return BROWSER_INTERVAL;
}

static unsigned int escape(struct browser *browser)
{
	struct browser_place *place = browser_place(browser);

	if (place->filter[0]) {
		place->filter[0] = '\0';
		browser_refresh(browser);
		return 0;
	}
	return browser_back(browser) ? BROWSER_ASK : 0;
}

static void begin(struct browser *browser, enum browser_mode mode)
{
	browser->mode = mode;
	browser->input[0] = '\0';
	browser->picked = 0;
	if (mode != MODE_SORT)
		return;
	while (browser_choice(browser, browser->picked) &&
	       browser_choice(browser, browser->picked) != browser_view(browser)->sort)
		browser->picked++;
}

static unsigned int step(struct browser *browser, long by)
{
	browser->step = by;
	return BROWSER_STEP;
}

static void move_page(struct browser *browser, long pages)
{
	size_t lines = browser->layout.rows;

	browser_move(browser, pages * (long)(lines > 1 ? lines - 1 : 1));
}

static unsigned int act(struct browser *browser, enum keys_action action)
{
	switch (action) {
	case ACTION_MOVE_UP:
		browser_move(browser, -1);
		break;
	case ACTION_MOVE_DOWN:
		browser_move(browser, 1);
		break;
	case ACTION_PAGE_UP:
		move_page(browser, -1);
		break;
	case ACTION_PAGE_DOWN:
		move_page(browser, 1);
		break;
	case ACTION_MOVE_HOME:
		browser_move(browser, -(long)browser->rows.count);
		browser_place(browser)->selected = 0;
		break;
	case ACTION_MOVE_END:
		browser_move(browser, (long)browser->rows.count);
		break;
	case ACTION_ENTER:
		return enter(browser, views[browser_place(browser)->view].enter);
	case ACTION_SYSCALLS:
		return enter(browser, VIEW_SYSCALLS);
	case ACTION_EVENTS:
		return enter(browser, VIEW_EVENTS);
	case ACTION_BACK:
		return browser_back(browser) ? BROWSER_ASK : 0;
	case ACTION_ESCAPE:
		return escape(browser);
	case ACTION_NEXT_VIEW:
		return turn(browser, 1);
	case ACTION_PREVIOUS_VIEW:
		return turn(browser, -1);
	case ACTION_TREE:
		return toggle_tree(browser);
	case ACTION_FOLD:
		fold(browser);
		break;
	case ACTION_FILTER:
		begin(browser, MODE_FILTER);
		break;
	case ACTION_SORT_LEFT:
		sort_beside(browser, -1);
		break;
	case ACTION_SORT_RIGHT:
		sort_beside(browser, 1);
		break;
	case ACTION_SORT_PICK:
		begin(browser, MODE_SORT);
		break;
	case ACTION_REVERSE:
		reverse(browser);
		break;
	case ACTION_COLUMNS:
		begin(browser, MODE_COLUMNS);
		break;
	case ACTION_PAUSE:
		browser->paused = !browser->paused;
		return BROWSER_PAUSE;
	case ACTION_SLOWER:
		return change_interval(browser, 1);
	case ACTION_FASTER:
		return change_interval(browser, -1);
	case ACTION_INTERVAL:
		begin(browser, MODE_INTERVAL);
		break;
	case ACTION_STEP_BACK:
		return step(browser, -1);
	case ACTION_STEP_FORWARD:
		return step(browser, 1);
	case ACTION_LEAP_BACK:
		return step(browser, -LEAP);
	case ACTION_LEAP_FORWARD:
		return step(browser, LEAP);
	case ACTION_JUMP:
		begin(browser, MODE_JUMP);
		break;
	case ACTION_REDRAW:
		return BROWSER_REDRAW;
	case ACTION_HELP:
		begin(browser, MODE_HELP);
		break;
	case ACTION_QUIT:
		return BROWSER_QUIT;
	case ACTION_NONE:
		break;
	}
	return 0;
}

/* Keys about a row of an answer that is under way wait for it, so that one need not; any other key forgets them. */
static bool must_wait(struct browser *browser, enum keys_action action, int key)
{
	bool is_about_row = action == ACTION_ENTER || action == ACTION_SYSCALLS || action == ACTION_EVENTS;

	if (browser->items.list || !is_about_row) {
		browser->ahead_count = 0;
		return false;
	}
	if (browser->ahead_count < BROWSER_AHEAD)
		browser->ahead[browser->ahead_count++] = key;
	return true;
}

static unsigned int table_key(struct browser *browser, int key)
{
	enum keys_action action = keys_action(key, browser->replay);
	enum view_id view = view_by_key(key);
	const struct column *column = view_column_by_key(browser_place(browser)->view, key);

	if (must_wait(browser, action, key))
		return 0;
	if (action)
		return act(browser, action);
	if (view != VIEW_NONE) {
		browser_switch(browser, view);
		return BROWSER_ASK;
	}
	if (column && browser_view(browser)->sort != column)
		browser_sort_by(browser, column);
	return 0;
}

unsigned int browser_resume(struct browser *browser)
{
	int key = browser->ahead[0];

	if (browser->ahead_count == 0 || !browser->items.list || browser->mode != MODE_TABLE)
		return 0;
	browser->ahead_count--;
	memmove(browser->ahead, browser->ahead + 1, browser->ahead_count * sizeof(browser->ahead[0]));
	return act(browser, keys_action(key, browser->replay));
}

unsigned int browser_key(struct browser *browser, int key)
{
	switch (browser->mode) {
	case MODE_TABLE:
		return table_key(browser, key);
	case MODE_FILTER:
		return browser_input_filter(browser, key) ? 0 : table_key(browser, key);
	case MODE_INTERVAL:
	case MODE_JUMP:
		return browser_input_line(browser, key);
	case MODE_SORT:
	case MODE_COLUMNS:
		return browser_input_choice(browser, key);
	case MODE_HELP:
		browser_input_help(browser, key);
		break;
	}
	return 0;
}

static unsigned int click(struct browser *browser, unsigned int x, unsigned int y)
{
	const struct layout *layout = &browser->layout;
	struct browser_place *place = browser_place(browser);

	if (y >= layout->first_y && y - layout->first_y < layout->rows) {
		size_t at = place->first + y - layout->first_y;

		if (at < browser->rows.count)
			browser_move(browser, (long)at - (long)place->cursor);
		return 0;
	}
	for (size_t i = 0; y == layout->heading_y && i < layout->count; i++)
		if (x >= layout->columns[i].x && x <= layout->columns[i].x + layout->columns[i].width)
			browser_sort_by(browser, layout->columns[i].column);
	if (y == layout->first_y + layout->rows)
		return browser_key(browser, bar_key(browser->replay, x));
	return 0;
}

unsigned int browser_mouse(struct browser *browser, enum browser_button button, unsigned int x,
			   unsigned int y)
{
	const struct layout *layout = &browser->layout;
	unsigned int effects;

	if (browser->mode != MODE_TABLE && browser->mode != MODE_FILTER) {
		if (button == BUTTON_WHEEL_UP || button == BUTTON_WHEEL_DOWN)
			return browser_key(browser, button == BUTTON_WHEEL_UP ? KEYS_UP : KEYS_DOWN);
		return browser_key(browser, KEYS_ESCAPE);
	}
	if (button == BUTTON_WHEEL_UP || button == BUTTON_WHEEL_DOWN) {
		browser_move(browser, button == BUTTON_WHEEL_UP ? -WHEEL_LINES : WHEEL_LINES);
		return 0;
	}
	effects = click(browser, x, y);
	if (button == BUTTON_DOUBLE && y >= layout->first_y && y - layout->first_y < layout->rows)
		effects |= act(browser, ACTION_ENTER);
	return effects;
}
