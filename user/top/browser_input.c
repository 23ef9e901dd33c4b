/* SPDX-License-Identifier: Apache-2.0 */
#include "top/browser_input.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "top/glyph.h"
#include "top/keys.h"

/* ---- typing ---- */

/* Takes a character, or takes the last one away. */
static void edit(char *text, int key)
{
	size_t length = strlen(text);
	struct glyph glyph = { .text = { (wchar_t)key } };
	char bytes[4 * GLYPH_CHARACTERS + 1];

	if (key == KEYS_BACKSPACE || key == KEYS_DELETE) {
		while (length > 0 && (text[--length] & 0xc0) == 0x80)
			;
		text[length] = '\0';
		return;
	}
	if (length + glyph_encode(&glyph, bytes) < BROWSER_INPUT)
		strcpy(text + length, bytes);
}

static bool is_typed(int key)
{
	return (key >= ' ' && key < KEYS_FIRST && (key < 0x7f || key >= 0xa0)) || key == KEYS_BACKSPACE ||
	       key == KEYS_DELETE;
}

bool browser_input_filter(struct browser *browser, int key)
{
	struct browser_place *place = browser_place(browser);

	if (is_typed(key)) {
		edit(place->filter, key);
		browser_refresh(browser);
		return true;
	}
	browser->mode = MODE_TABLE;
	if (key == KEYS_ESCAPE)
		place->filter[0] = '\0';
	browser_refresh(browser);
	return key == KEYS_ESCAPE || key == KEYS_ENTER;
}

/* "2s", "500ms", or a number of seconds. */
static unsigned int take_interval(struct browser *browser)
{
	char text[BROWSER_INPUT + 1];
	uint64_t ns;

	snprintf(text, sizeof(text), "%s%s", browser->input,
		 browser->input[strspn(browser->input, "0123456789")] ? "" : "s");
	if (!browser->input[0] || duration_parse(text, &ns))
		return 0;
	ns = ns < BROWSER_INTERVAL_MIN_NS ? BROWSER_INTERVAL_MIN_NS : ns;
	browser->interval_ns = ns < BROWSER_INTERVAL_MAX_NS ? ns : BROWSER_INTERVAL_MAX_NS;
	return BROWSER_INTERVAL;
}

unsigned int browser_input_line(struct browser *browser, int key)
{
	enum browser_mode mode = browser->mode;

	if (is_typed(key)) {
		edit(browser->input, key);
		return 0;
	}
	if (key != KEYS_ENTER && key != KEYS_ESCAPE)
		return 0;
	browser->mode = MODE_TABLE;
	if (key == KEYS_ESCAPE || !browser->input[0])
		return 0;
	return mode == MODE_JUMP ? BROWSER_JUMP : take_interval(browser);
}

/* ---- lists to choose from ---- */

const struct column *browser_choice(const struct browser *browser, size_t n)
{
	const struct column *column;
	size_t position = 0;

	do
		column = view_column(browser_place(browser)->view, &position);
	while (column && n-- > 0);
	return column;
}

unsigned int browser_input_choice(struct browser *browser, int key)
{
	const struct column *column = browser_choice(browser, browser->picked);

	if (key == KEYS_UP && browser->picked > 0)
		browser->picked--;
	else if (key == KEYS_DOWN && browser_choice(browser, browser->picked + 1))
		browser->picked++;
	else if (browser->mode == MODE_COLUMNS && column && (key == KEYS_ENTER || key == ' '))
		layout_toggle(&browser_view(browser)->columns, browser_place(browser)->view, column,
			      browser->width);
	else if (key == KEYS_ENTER && column) {
		browser->mode = MODE_TABLE;
		browser_sort_by(browser, column);
	} else if (key != KEYS_UP && key != KEYS_DOWN)
		browser->mode = MODE_TABLE;
	return browser->mode == MODE_TABLE ? BROWSER_ASK : 0; /* perhaps of fields that were not asked for */
}

void browser_input_help(struct browser *browser, int key)
{
	struct keys_line line;

	if (key == KEYS_DOWN || key == KEYS_PAGE_DOWN)
		browser->picked += keys_line(browser->picked + 1, browser->replay, &line);
	else if (key == KEYS_UP || key == KEYS_PAGE_UP)
		browser->picked -= browser->picked > 0;
	else
		browser->mode = MODE_TABLE;
}
