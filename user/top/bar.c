/* SPDX-License-Identifier: Apache-2.0 */
#include "top/bar.h"

#include <string.h>

#include "top/keys.h"

static const struct entry {
	int key;
	const char *name, *label;
} live[] = {
	{ KEYS_F1, "F1", "Help" },     { KEYS_F2, "F2", "Columns" }, { KEYS_F4, "F4", "Filter" },
	{ KEYS_F5, "F5", "Tree" },     { KEYS_F6, "F6", "Sort" },    { KEYS_ENTER, "Enter", "Into" },
	{ KEYS_BACKSPACE, "BS", "Back" }, { KEYS_TAB, "Tab", "View" },  { ' ', "Space", "Pause" },
	{ KEYS_F10, "F10", "Quit" },
}, replay_bar[] = {
	{ KEYS_F1, "F1", "Help" },   { KEYS_F4, "F4", "Filter" },  { KEYS_F5, "F5", "Tree" },
	{ KEYS_F6, "F6", "Sort" },   { KEYS_ENTER, "Enter", "Into" }, { '[', "<-", "Earlier" },
	{ ']', "->", "Later" },      { 'j', "j", "Time" },         { ' ', "Space", "Pause" },
	{ KEYS_F10, "F10", "Quit" },
};

#define ENTRIES (sizeof(live) / sizeof(live[0]))
_Static_assert(sizeof(live) == sizeof(replay_bar), "both bars have as many");

void bar_draw(struct page *page, unsigned int y, bool replay)
{
	const struct entry *entries = replay ? replay_bar : live;
	unsigned int x = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		if (x + strlen(entries[i].name) + strlen(entries[i].label) > page->width)
			return;
		x += page_put(page, x, y, page->width - x, STYLE_KEY, entries[i].name);
		x += page_put(page, x, y, page->width - x, STYLE_LABEL, entries[i].label);
		x++;
	}
}

int bar_key(bool replay, unsigned int x)
{
	const struct entry *entries = replay ? replay_bar : live;
	size_t end = 0;

	for (size_t i = 0; i < ENTRIES; i++) {
		end += strlen(entries[i].name) + strlen(entries[i].label);
		if (x < end)
			return entries[i].key;
		end++;
	}
	return 0;
}
