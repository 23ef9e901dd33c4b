/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top/keys.h"
#include "top/picture.h"

static struct browser browser;
static struct header header;
static struct page page;

static void set_up(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	browser_init(&browser);
	header = (struct header){ .source = "http://127.0.0.1:10077", .interval_seconds = 1 };
}

static void tear_down(void)
{
	browser_done(&browser);
	header_done(&header);
	page_done(&page);
}

TestSuite(picture, .init = set_up, .fini = tear_down);

static void draw(unsigned int width, unsigned int height)
{
	cr_assert(page_resize(&page, width, height));
	picture_draw(&page, &browser, &header, true);
}

static char *line(unsigned int y)
{
	static char text[4096];
	FILE *file = fmemopen(text, sizeof(text), "w");

	page_print_line(&page, y, file);
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void give_node(void)
{
	json_t *node = json_pack(
		"{s:f, s:s, s:f, s:i, s:i, s:f, s:f, s:f, s:f, s:i, s:f, s:f, s:{s:b}, s:{s:i, s:i, s:i}}",
		"time", 43400.0, "hostname", "vm", "uptime_seconds", 7384.0, "cores", 2, "memory_bytes",
		1 << 30, "cpu_cores", 1.7, "cpu_waiting_threads", 2.1, "cpu_waiting_p99_seconds", 0.0031,
		"pressure_cpu_ratio", 0.12, "memory_working_set_bytes", 1 << 28, "disk_read_bytes_per_second",
		1024.0, "disk_written_bytes_per_second", 1024.0, "bpf", "on", 1, "counts", "containers", 2,
		"pods", 1, "processes", 61);

	header_take(&header, node);
	json_decref(node);
}

static void give_rows(const char *first, const char *second)
{
	json_t *answer = json_pack("{s:f, s:i, s:[{s:s, s:s, s:s, s:f, s:i}, {s:s, s:s, s:s, s:f, s:b}]}",
				   "time", 43400.0, "total", 2, "items", "namespace", "", "pod", "",
				   "container", first, "cpu_cores", 1.5, "memory_working_set_bytes", 1536,
				   "namespace", "", "pod", "", "container", second, "cpu_cores", 0.25,
				   "alive", 0);

	cr_assert_eq(items_take(&browser.items, VIEW_CONTAINERS, answer, false), 0);
	json_decref(answer);
	browser_refresh(&browser);
}

Test(picture, eighty_by_twenty_four_says_what_matters)
{
	give_node();
	give_rows("redis", "nginx");
	draw(80, 24);
	cr_expect_str_eq(line(0),
			 "vm  up 2h03m  2 containers  1 pod  61 processes                     12:03:20  1s");
	cr_expect_str_eq(line(1), "CPU  [||||||||||85%] cores 1.700/2  wait 2.100  p99 3.10ms  pressure 12%");
	cr_expect_str_eq(line(2), "MEM  [|||       25%] used 256M/1.0G");
	cr_expect_str_eq(line(3), "DISK [|||||||2.0K/s] r 1.0K/s  w 1.0K/s");
	cr_expect_str_eq(line(4), "NET  [            -]");
	cr_expect_str_eq(line(5), "Containers  2 of 2  by CPU down");
	cr_expect_str_eq(line(6),
			 "CONTAINER            CPU   WAIT    MEM  DREAD DWRITE  NETIN NETOUT  CALLS PROCS");
	cr_expect_str_eq(line(7),
			 "redis              1.500      -   1.5K      -      -      -      -      -     -");
	cr_expect_str_eq(line(8),
			 "nginx              0.250      -      -      -      -      -      -      -     -");
	cr_expect_str_eq(line(23),
			 "F1Help F2Columns F4Filter F5Tree F6Sort EnterInto BSBack TabView SpacePause");
	cr_expect_eq(page_at(&page, 0, 7)->style, STYLE_CURSOR);
	cr_expect_eq(page_at(&page, 0, 8)->style, STYLE_DIM); /* not alive */
	cr_expect_eq(page_at(&page, 21, 6)->style, STYLE_SORTED);
	cr_expect_eq(page_at(&page, 8, 1)->style, STYLE_BAR_HOT);
}

Test(picture, hostile_names_stay_in_their_column)
{
	give_node();
	give_rows("\x1b[2J\x1b]0;x\x07\n\xe2\x80\xae",
		  "\xe6\x97\xa5\xcc\x81\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
	draw(80, 24);
	cr_expect_str_eq(line(7),
			 "\xef\xbf\xbd[2J\xef\xbf\xbd]0;x\xef\xbf\xbd\xef\xbf\xbd        1.500      -   "
			 "1.5K      -      -      -      -      -     -");
	cr_expect_eq(page_at(&page, 11, 8)->text[0], L'\0'); /* the second half of the sixth */
	cr_expect_eq(page_at(&page, 19, 8)->text[0], L'0');
	for (unsigned int y = 0; y < 24; y++)
		for (unsigned int x = 0; x < 80; x++)
			for (const wchar_t *at = page_at(&page, x, y)->text; *at; at++)
				cr_expect(*at >= 0x20 && !(*at >= 0x7f && *at < 0xa0), "%u,%u", x, y);
}

Test(picture, what_is_wrong_is_the_first_line)
{
	header.problem = "http://x:1: nobody listens there";
	draw(80, 24);
	cr_expect_str_eq(line(0), "http://x:1: nobody listens there; retrying");
	cr_expect_eq(page_at(&page, 0, 0)->style, STYLE_BAD);
	cr_expect_str_eq(line(7), "  nothing to show yet");
	header.problem = NULL;
	draw(80, 24);
	cr_expect_str_eq(line(0), "asking http://127.0.0.1:10077");
	header.node = json_pack("{s:f, s:s, s:{s:b, s:s}}", "time", 43400.0, "hostname", "vm", "bpf", "on", 0,
				"reason", "no privilege");
	header.paused = true;
	draw(80, 24);
	cr_expect_str_eq(line(0),
			 "vm  BPF off: no privilege                                   12:03:20  1s  PAUSED");
}

Test(picture, a_recording_says_where_in_it)
{
	give_node();
	header.replay = true;
	header.index = 2;
	header.count = 600;
	draw(80, 24);
	cr_expect(strstr(line(0), "replay 12:03:20 3/600"));
}

Test(picture, the_state_line_tells_scope_and_filter)
{
	give_rows("redis", "nginx");
	strcpy(browser_place(&browser)->filter, "ngi");
	browser_place(&browser)->scope = json_pack("{s:s, s:s}", "namespace", "shop", "pod", "web-1");
	browser_refresh(&browser);
	draw(80, 24);
	cr_expect_str_eq(line(5), "Containers of pod shop/web-1  0 of 2  by CPU down  filter: ngi");
	cr_expect_str_eq(line(7), "  nothing matches the filter (Esc clears it)");
}

Test(picture, every_mode_and_view_is_drawn_at_every_size)
{
	static const enum browser_mode modes[] = { MODE_TABLE, MODE_FILTER,  MODE_INTERVAL, MODE_JUMP,
						   MODE_SORT,  MODE_COLUMNS, MODE_HELP };

	give_node();
	for (enum view_id view = 0; view < VIEWS; view++) {
		browser_switch(&browser, view);
		if (view == VIEW_CONTAINERS)
			give_rows("redis", "nginx");
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
			for (unsigned int width = 0; width < 230; width += 13)
				for (unsigned int height = 0; height < 60; height += 3) {
					browser.mode = modes[i];
					browser.picked = height;
					draw(width, height);
				}
	}
}

Test(picture, a_narrow_screen_has_room_for_a_number)
{
	give_rows("a-container-with-a-long-name", "nginx");
	draw(40, 10);
	cr_expect_str_eq(line(2), "CONTAINER       CPU   WAIT    MEM  DREAD");
	cr_expect_str_eq(line(3), "a-container+  1.500      -   1.5K      -");
}
