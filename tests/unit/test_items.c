/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "top/items.h"

static struct items items;

static void forget(void)
{
	items_clear(&items);
}

TestSuite(items, .fini = forget);

static void take(enum view_id view, bool whole, json_t *answer)
{
	cr_assert(answer);
	cr_assert_eq(items_take(&items, view, answer, whole), 0);
	json_decref(answer);
}

static double number(size_t row, const char *field)
{
	const json_t *value = json_object_get(json_array_get(items.list, row), field);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *text(size_t row, const char *field)
{
	return json_string_value(json_object_get(json_array_get(items.list, row), field)) ?: "none";
}

static json_t *threads(double time, double cpu, int calls, double disk)
{
	return json_pack("{s:f, s:[{s:i, s:f, s:i, s:{s:f}, s:i, s:i}]}", "time", time, "items", "tid", 7,
			 "cpu_seconds", cpu, "syscalls", calls, "wait", "disk", disk,
			 "context_switches_voluntary", 2 * calls, "context_switches_involuntary", calls);
}

Test(items, totals_of_two_readings_are_rates)
{
	take(VIEW_THREADS, false, threads(100, 5, 100, 1));
	cr_expect(isnan(number(0, "cpu_cores")));
	take(VIEW_THREADS, false, threads(102, 5.5, 146, 2));
	cr_expect_float_eq(number(0, "cpu_cores"), 0.25, 1e-9);
	cr_expect_float_eq(number(0, "syscalls_per_second"), 23, 1e-9);
	cr_expect_float_eq(number(0, "wait_disk_threads"), 0.5, 1e-9);
	cr_expect_float_eq(number(0, "context_switches_per_second"), 69, 1e-9);
}

Test(items, the_same_reading_twice_keeps_the_rates)
{
	take(VIEW_THREADS, false, threads(100, 5, 100, 1));
	take(VIEW_THREADS, false, threads(101, 6, 100, 1));
	take(VIEW_THREADS, false, threads(101, 6, 100, 1));
	cr_expect_float_eq(number(0, "cpu_cores"), 1, 1e-9);
}

Test(items, a_total_that_went_back_has_no_rate)
{
	take(VIEW_THREADS, false, threads(100, 5, 100, 1));
	take(VIEW_THREADS, false, threads(101, 1, 123, 1));
	cr_expect(isnan(number(0, "cpu_cores")));
	cr_expect_float_eq(number(0, "syscalls_per_second"), 23, 1e-9);
}

Test(items, a_step_back_in_a_recording_has_the_same_rates)
{
	take(VIEW_THREADS, true, threads(102, 5.5, 146, 2));
	take(VIEW_THREADS, true, threads(100, 5, 100, 1));
	cr_expect_float_eq(number(0, "cpu_cores"), 0.25, 1e-9);
}

Test(items, answers_are_not_changed)
{
	json_t *answer = threads(100, 5, 100, 1), *copy = json_deep_copy(answer);

	take(VIEW_THREADS, false, json_incref(answer));
	cr_expect(json_equal(answer, copy));
	json_decref(answer);
	json_decref(copy);
}

static json_t *connections(double time, int opened, const char *kind, const char *pod, const char *container)
{
	return json_pack("{s:f, s:[{s:s, s:i, s:i, s:s*, s:s*, s:s*}]}", "time", time, "items",
			 "peer_address", "10.77.0.2", "port", 1001, "opened", opened, "peer_kind", kind,
			 "peer_pod", pod, "peer_container", container);
}

Test(items, a_peer_is_a_name_where_there_is_one)
{
	take(VIEW_CONNECTIONS, true, connections(100, 7, NULL, NULL, NULL));
	cr_expect_str_eq(text(0, "peer"), "10.77.0.2");
	take(VIEW_CONNECTIONS, true, connections(101, 7, "host", NULL, NULL));
	cr_expect_str_eq(text(0, "peer"), "(host)");
	take(VIEW_CONNECTIONS, true, connections(102, 7, "container", "", "db"));
	cr_expect_str_eq(text(0, "peer"), "db");
	take(VIEW_CONNECTIONS, true, connections(103, 7, "container", "db-0", "postgres"));
	cr_expect_str_eq(text(0, "peer"), "db-0/postgres");
	take(VIEW_CONNECTIONS, true, connections(104, 30, "pod", "db-0", NULL));
	cr_expect_str_eq(text(0, "peer"), "db-0");
	cr_expect_str_eq(text(0, "peer_address"), "10.77.0.2");
	cr_expect_float_eq(number(0, "opened_per_second"), 23, 1e-9, "another name is the same row");
}

static json_t *events(int from, int to, int newest)
{
	json_t *list = json_array();

	for (int i = from; i <= to; i++)
		json_array_append_new(list,
				      json_pack("{s:i, s:s, s:{s:i, s:s}}", "sequence", i, "type",
						"process_exit", "detail", "exit_code", i, "signal", "x"));
	return json_pack("{s:f, s:i, s:o}", "time", 1.0 * newest, "newest", newest, "items", list);
}

Test(items, events_go_on_and_begin_again_with_another_daemon)
{
	take(VIEW_EVENTS, false, events(1, 5, 5));
	take(VIEW_EVENTS, false, events(6, 7, 7));
	cr_expect_eq(json_array_size(items.list), 7);
	cr_expect_str_eq(text(6, "about"), "exit_code=7 signal=x");
	take(VIEW_EVENTS, false, events(5, 8, 8)); /* told twice */
	cr_expect_eq(json_array_size(items.list), 8);
	take(VIEW_EVENTS, false, events(1, 2, 2));
	cr_expect_eq(json_array_size(items.list), 2);
	take(VIEW_EVENTS, true, events(1, 3, 3));
	take(VIEW_EVENTS, true, events(1, 2, 2));
	cr_expect_eq(json_array_size(items.list), 2);
}

Test(items, events_are_bounded)
{
	take(VIEW_EVENTS, false, events(1, 2003, 2003));
	cr_expect_eq(json_array_size(items.list), ITEMS_EVENTS_MAX);
	cr_expect_eq(number(0, "sequence"), 2003 - ITEMS_EVENTS_MAX + 1);
}

Test(items, errors_by_number_are_rows_of_the_system_calls)
{
	for (int i = 1; i <= 2; i++)
		take(VIEW_SYSCALLS, false,
		     json_pack("{s:f, s:s, s:s, s:[{s:s, s:i}], s:[{s:s, s:i}]}", "time", 1.0 * i, "focus",
			       "off", "reason", "no BPF", "items", "syscall", "read", "calls", 23 * i,
			       "errors", "errno", "EAGAIN", "errors", 7 * i));
	cr_assert_eq(json_array_size(items.list), 2);
	cr_expect_float_eq(number(0, "calls_per_second"), 23, 1e-9);
	cr_expect_str_eq(text(1, "errno"), "EAGAIN");
	cr_expect_float_eq(number(1, "errors_per_second"), 7, 1e-9);
	cr_expect(isnan(number(1, "calls")));
	cr_expect_str_eq(items.note, "off: no BPF");
}

Test(items, the_node_is_a_row_for_each_number)
{
	take(VIEW_NODE, false,
	     json_pack("{s:f, s:s, s:n, s:{s:b, s:[{s:s, s:b}]}, s:[{s:s, s:i}]}", "time", 1.0, "hostname",
		       "vm", "gone", "bpf", "on", 1, "programs", "name", "sys_exit", "up", 0, "disks",
		       "device", "sda", "read_bytes_per_second", 1536));
	cr_assert_eq(json_array_size(items.list), 7);
	cr_expect_str_eq(text(1, "name"), "hostname");
	cr_expect_str_eq(text(1, "shown"), "vm");
	cr_expect_str_eq(text(2, "subject"), "bpf");
	cr_expect_str_eq(text(4, "subject"), "program sys_exit");
	cr_expect_str_eq(text(4, "shown"), "no");
	cr_expect_str_eq(text(6, "subject"), "disk sda");
	cr_expect_str_eq(text(6, "shown"), "1.5K");
	cr_expect_eq(number(6, "value"), 1536);
}

Test(items, what_is_no_such_answer_changes_nothing)
{
	json_t *wrong = json_pack("{s:i}", "items", 3);

	take(VIEW_THREADS, false, threads(100, 5, 100, 1));
	cr_expect_eq(items_take(&items, VIEW_THREADS, wrong, false), -EPROTO);
	cr_expect_eq(json_array_size(items.list), 1);
	json_decref(wrong);
}

Test(items, cells_say_what_is_meant)
{
	const struct column *name = view_column_by_name(VIEW_CONTAINERS, "container", 9);
	const struct column *age = view_column_by_name(VIEW_CONTAINERS, "AGE", 3);
	const struct column *cpu = view_column_by_key(VIEW_CONTAINERS, 'P');
	json_t *host = json_pack("{s:s, s:s, s:s, s:f}", "container", "", "pod", "", "kind", "host",
				 "started_seconds", 1000.0);
	json_t *sandbox = json_pack("{s:s, s:s, s:s}", "container", "", "pod", "web-1", "kind", "sandbox");
	char out[FORMAT_SIZE];

	cr_expect_str_eq(items_cell(host, name, 1192, out), "(host)");
	cr_expect_str_eq(items_cell(sandbox, name, 1192, out), "(sandbox)");
	cr_expect_str_eq(items_cell(host, age, 1192, out), "3m12s");
	cr_expect_str_eq(items_cell(host, age, 900, out), "0s");
	cr_expect_str_eq(items_cell(sandbox, age, 1192, out), "-");
	cr_expect_str_eq(items_cell(host, cpu, 1192, out), "-");
	json_decref(host);
	json_decref(sandbox);
}

Test(items, every_field_of_a_view_is_sorted_by_something_it_has)
{
	for (enum view_id id = 0; id < VIEWS; id++) {
		const char *sort = views[id].sort + (views[id].sort[0] == '-');

		cr_expect(view_column_by_name(id, sort, strlen(sort)), "view %s by %s", views[id].name, sort);
		for (unsigned int key = 'A'; key <= 'Z'; key++) {
			const struct column *column;
			unsigned int count = 0;

			for (size_t position = 0; (column = view_column(id, &position));)
				count += column->key == (char)key;
			cr_expect_leq(count, 1, "view %s: %u columns with key %c", views[id].name, count,
				      key);
		}
	}
}
