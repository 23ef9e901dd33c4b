/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/time.h"
#include "top/browser.h"
#include "top/keys.h"

static struct browser browser;

/* Three containers with this much CPU, and the names a, b, c. */
static void give(double a, double b, double c)
{
	json_t *answer = json_pack(
		"{s:f, s:[{s:s, s:s, s:s, s:s, s:f}, {s:s, s:s, s:s, s:s, s:f}, {s:s, s:s, s:s, s:s, s:f}]}",
		"time", 1.0, "items", "namespace", "", "pod", "", "container", "a", "kind", "container",
		"cpu_cores", a, "namespace", "", "pod", "", "container", "b", "kind", "container",
		"cpu_cores", b, "namespace", "n", "pod", "p", "container", "c", "kind", "container",
		"cpu_cores", c);

	cr_assert_eq(items_take(&browser.items, browser_place(&browser)->view, answer, false), 0);
	json_decref(answer);
	browser_refresh(&browser);
}

static void set_up(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	browser_init(&browser);
	browser_arrange(&browser, 80, 10);
	give(3, 2, 1);
	browser_arrange(&browser, 80, 10);
}

static void tear_down(void)
{
	browser_done(&browser);
}

TestSuite(browser, .init = set_up, .fini = tear_down);

static unsigned int type(const char *keys)
{
	unsigned int effects = 0;

	for (; *keys; keys++)
		effects |= browser_key(&browser, *keys);
	return effects;
}

static void expect_cursor(const char *container)
{
	const struct row *row = browser_selected(&browser);

	cr_assert(row);
	cr_expect_str_eq(json_string_value(json_object_get(row->item, "container")), container);
}

Test(browser, the_cursor_stays_at_the_top_until_it_is_moved_and_then_with_its_row)
{
	expect_cursor("a");
	give(1, 2, 3);
	expect_cursor("c");
	browser_key(&browser, KEYS_DOWN);
	expect_cursor("b");
	give(2, 9, 3);
	expect_cursor("b");
	cr_expect_eq(browser_place(&browser)->cursor, 0);
	browser_key(&browser, KEYS_END);
	expect_cursor("a");
	browser_key(&browser, KEYS_HOME);
	give(5, 2, 3);
	expect_cursor("a");
}

Test(browser, enter_narrows_and_backspace_comes_back_to_the_same_row)
{
	browser_key(&browser, KEYS_END);
	cr_expect_eq(browser_key(&browser, KEYS_ENTER), BROWSER_ASK);
	cr_expect_eq(browser_place(&browser)->view, VIEW_PROGRAMS);
	cr_expect_str_eq(json_string_value(json_object_get(browser_place(&browser)->scope, "container")),
			 "c");
	cr_expect_str_eq(json_string_value(json_object_get(browser_place(&browser)->scope, "pod")), "p");
	cr_expect_eq(browser.rows.count, 0);
	cr_expect_eq(browser_key(&browser, KEYS_BACKSPACE), BROWSER_ASK);
	give(3, 2, 1);
	expect_cursor("c");
	cr_expect_eq(browser_key(&browser, KEYS_BACKSPACE), 0);
}

Test(browser, what_is_typed_ahead_waits_for_the_rows_it_is_about)
{
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(browser_key(&browser, KEYS_ENTER), 0); /* the programs are not here yet */
	cr_expect_eq(type("s"), 0);
	cr_expect_eq(browser_place(&browser)->view, VIEW_PROGRAMS);
	cr_expect_eq(browser_resume(&browser), 0);
	give(1, 2, 3);
	cr_expect_eq(browser_resume(&browser), BROWSER_ASK);
	cr_expect_eq(browser_place(&browser)->view, VIEW_PROCESSES);
	type("7"); /* something else: forgotten */
	give(1, 2, 3);
	cr_expect_eq(browser_resume(&browser), 0);
	cr_expect_eq(browser_place(&browser)->view, VIEW_FILES);
}

Test(browser, digits_and_tab_change_the_view_and_keep_what_narrows_it)
{
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(type("5"), BROWSER_ASK);
	cr_expect_eq(browser_place(&browser)->view, VIEW_CONNECTIONS);
	cr_expect(browser_place(&browser)->scope);
	type("9");
	cr_expect_eq(browser_place(&browser)->view, VIEW_NODE);
	cr_expect_null(browser_place(&browser)->scope);
	browser_key(&browser, KEYS_TAB);
	cr_expect_eq(browser_place(&browser)->view, VIEW_SELF);
	browser_key(&browser, KEYS_TAB);
	cr_expect_eq(browser_place(&browser)->view, VIEW_CONTAINERS);
	browser_key(&browser, KEYS_BACK_TAB);
	cr_expect_eq(browser_place(&browser)->view, VIEW_SELF);
}

Test(browser, a_container_leads_to_its_own_system_calls)
{
	cr_expect_eq(type("s"), BROWSER_ASK);
	cr_expect_eq(browser_place(&browser)->view, VIEW_SYSCALLS);
	cr_expect_str_eq(json_string_value(json_object_get(browser_place(&browser)->scope, "container")),
			 "a");
	browser_key(&browser, KEYS_ESCAPE);
	cr_expect_eq(browser_place(&browser)->view, VIEW_CONTAINERS);
}

Test(browser, the_filter_narrows_while_it_is_typed)
{
	type("/");
	cr_expect_eq(browser.mode, MODE_FILTER);
	type("b");
	cr_expect_eq(browser.rows.count, 1);
	type("q"); /* a letter here, not the end */
	cr_expect_eq(browser.rows.count, 0);
	browser_key(&browser, KEYS_BACKSPACE);
	cr_expect_eq(browser.rows.count, 1);
	browser_key(&browser, 0x20ac);
	cr_expect_str_eq(browser_place(&browser)->filter, "b\xe2\x82\xac");
	browser_key(&browser, KEYS_BACKSPACE);
	cr_expect_str_eq(browser_place(&browser)->filter, "b");
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(browser.mode, MODE_TABLE);
	cr_expect_eq(browser.rows.count, 1);
	browser_key(&browser, KEYS_ESCAPE);
	cr_expect_eq(browser.rows.count, 3);
}

Test(browser, a_filter_longer_than_its_room_is_cut_between_characters)
{
	type("/");
	for (unsigned int i = 0; i < 100; i++)
		browser_key(&browser, 0x20ac);
	cr_expect_eq(strlen(browser_place(&browser)->filter), (BROWSER_INPUT - 1) / 3 * 3);
}

Test(browser, keys_sort)
{
	type("N");
	cr_expect_str_eq(browser_view(&browser)->sort->field, "container");
	cr_expect_not(browser_view(&browser)->descending);
	expect_cursor("a");
	type("I");
	expect_cursor("c");
	type("P");
	cr_expect_str_eq(browser_view(&browser)->sort->field, "cpu_cores");
	cr_expect(browser_view(&browser)->descending);
	type(">");
	cr_expect_str_eq(browser_view(&browser)->sort->heading, "WAIT");
	type("<<");
	cr_expect_str_eq(browser_view(&browser)->sort->field, "container");
	type("<"); /* the circle closes */
	cr_expect_str_eq(browser_view(&browser)->sort->field, "processes");
	browser_key(&browser, KEYS_F6);
	cr_expect_eq(browser_choice(&browser, browser.picked), browser_view(&browser)->sort);
	browser_key(&browser, KEYS_UP);
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(browser.mode, MODE_TABLE);
	cr_expect_str_neq(browser_view(&browser)->sort->field, "processes");
}

Test(browser, columns_are_shown_and_hidden)
{
	size_t before = browser.layout.count;

	browser_key(&browser, KEYS_F2);
	browser_key(&browser, ' ');
	cr_expect_eq(browser_key(&browser, KEYS_ESCAPE), BROWSER_ASK);
	browser_arrange(&browser, 80, 10);
	cr_expect_eq(browser.layout.count, before - 1);
	cr_expect_str_neq(browser.layout.columns[0].column->field, "container");
}

Test(browser, the_interval_is_changed_and_typed)
{
	cr_expect_eq(type("+"), BROWSER_INTERVAL);
	cr_expect_eq(browser.interval_ns, 2 * NS_PER_S);
	type("--");
	cr_expect_eq(browser.interval_ns, NS_PER_S / 2);
	cr_expect_eq(type("d3"), 0);
	cr_expect_eq(browser_key(&browser, KEYS_ENTER), BROWSER_INTERVAL);
	cr_expect_eq(browser.interval_ns, 3 * NS_PER_S);
	type("d250ms");
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(browser.interval_ns, NS_PER_S / 4);
	type("dx");
	cr_expect_eq(browser_key(&browser, KEYS_ENTER), 0);
	type("d0");
	browser_key(&browser, KEYS_ENTER);
	cr_expect_eq(browser.interval_ns, BROWSER_INTERVAL_MIN_NS);
	for (int i = 0; i < 99; i++)
		type("+");
	cr_expect_eq(browser.interval_ns, 60 * NS_PER_S);
}

Test(browser, arrows_step_in_time_only_in_a_recording)
{
	cr_expect_eq(browser_key(&browser, KEYS_LEFT), 0);
	cr_expect_eq(type("j"), 0);
	browser.replay = true;
	cr_expect_eq(browser_key(&browser, KEYS_LEFT), BROWSER_STEP);
	cr_expect_eq(browser.step, -1);
	type("}");
	cr_expect_eq(browser.step, 10);
	type("j12:03");
	cr_expect_eq(browser_key(&browser, KEYS_ENTER), BROWSER_JUMP);
	cr_expect_str_eq(browser.input, "12:03");
}

Test(browser, pause_quit_and_help_say_so)
{
	cr_expect_eq(type(" "), BROWSER_PAUSE);
	cr_expect(browser.paused);
	type("Z");
	cr_expect_not(browser.paused);
	type("?");
	cr_expect_eq(browser.mode, MODE_HELP);
	cr_expect_eq(type("q"), 0);
	cr_expect_eq(type("q"), BROWSER_QUIT);
}

Test(browser, clicks_sort_select_and_enter)
{
	browser.layout.heading_y = 6;
	browser.layout.first_y = 7;
	browser.layout.rows = 10;
	browser_mouse(&browser, BUTTON_CLICK, 5, 9);
	expect_cursor("c");
	browser_mouse(&browser, BUTTON_WHEEL_UP, 5, 9);
	expect_cursor("a");
	browser_mouse(&browser, BUTTON_CLICK, 2, 6);
	cr_expect_str_eq(browser_view(&browser)->sort->field, "container");
	cr_expect_eq(browser_mouse(&browser, BUTTON_DOUBLE, 5, 8), BROWSER_ASK);
	cr_expect_eq(browser_place(&browser)->view, VIEW_PROGRAMS);
	browser.layout.first_y = 7;
	browser_mouse(&browser, BUTTON_CLICK, 1, 17); /* F1 of the bar */
	cr_expect_eq(browser.mode, MODE_HELP);
}

Test(browser, options_name_columns_by_field_or_heading)
{
	char text[128];
	const struct message message = { text, sizeof(text) };

	cr_expect_eq(browser_set_sort(&browser, "memory", &message), 0);
	cr_expect_str_eq(browser_view(&browser)->sort->heading, "MEM");
	cr_expect_eq(browser_set_sort(&browser, "+cpu_cores", &message), 0);
	cr_expect_not(browser_view(&browser)->descending);
	cr_expect_eq(browser_set_sort(&browser, "color", &message), -EINVAL);
	cr_expect_str_eq(text, "--sort: the view containers has no column 'color'");
	cr_expect_eq(browser_set_columns(&browser, "container,CPU,threads", &message), 0);
	browser_arrange(&browser, 80, 10);
	cr_expect_eq(browser.layout.count, 3);
	cr_expect_eq(browser_set_columns(&browser, "CPU,colour", &message), -EINVAL);
	cr_expect_str_eq(text, "--columns: the view containers has no column 'colour'");
}

/* Any key at any time: nothing breaks, and the way back ends at the beginning. */
Test(browser, random_keys_break_nothing)
{
	static const int keys[] = { KEYS_UP,       KEYS_DOWN,   KEYS_PAGE_UP, KEYS_PAGE_DOWN, KEYS_HOME,
				    KEYS_END,      KEYS_ENTER,  KEYS_ENTER,   KEYS_BACKSPACE, KEYS_TAB,
				    KEYS_BACK_TAB, KEYS_ESCAPE, KEYS_F2,      KEYS_F6 };
	unsigned int state = 10007;

	for (int i = 0; i < 100003; i++) {
		state = state * 1103515245 + 12345;
		browser_key(&browser, state >> 16 & 1 ?
					      (int)(state >> 17 & 0x7f) :
					      keys[(state >> 17) % (sizeof(keys) / sizeof(keys[0]))]);
		if (i % 17 == 0 && browser_place(&browser)->view != VIEW_SELF) /* no list of items */
			give(1, 2, 3);
		if (i % 13 == 0)
			browser_arrange(&browser, (state >> 8) % 200, (state >> 10) % 50);
	}
	browser.mode = MODE_TABLE;
	while (browser_back(&browser))
		;
	cr_expect_eq(browser.depth, 0);
}
