/* SPDX-License-Identifier: Apache-2.0 */
/* Which families are written: by a client's names, by the settings, within the limit. In every format alike. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "exposition_check.c"
#include "exposition_model.c"

TestSuite(exposition_choice, .init = model_setup, .timeout = 60);

static void render(void)
{
	char why[300];

	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	cr_assert_geq(out.size > 0 ? exposition_check(out.data, out.size, why) : 0, 0, "%s", why);
	buffer_add(&out, "", 1);
	out.size--;
}

/* How often a text stands in the exposition. */
static unsigned int count(const char *text)
{
	unsigned int found = 0;

	for (const char *at = out.data; (at = strstr(at, text)); at++)
		found++;
	return found;
}

static uint64_t value_of(const char *line)
{
	const char *at = strstr(out.data, line);

	cr_assert(at, "no line %s", line);
	return strtoull(at + strlen(line), NULL, 10);
}

static void select_names(const char *const *names, size_t name_count)
{
	input.choice.names = names;
	input.choice.name_count = name_count;
	render();
}

Test(exposition_choice, only_the_families_that_were_named)
{
	static const char *const names[] = { "ktally_node_threads", "ktally_container_cpu_seconds_total" };

	model_fill();
	select_names(names, 2);
	cr_assert_eq(count("# TYPE "), 2);
	cr_assert_eq(count("\nktally_node_threads "), 1);
	cr_assert_eq(count("\nktally_container_cpu_seconds_total{"), 3);
}

Test(exposition_choice, a_family_is_named_in_any_format_s_way)
{
	static const struct {
		const char *name, *family;
	} cases[] = {
		{ "ktally_node_cpu_seconds", "ktally_node_cpu_seconds_total" },
		{ "ktally_node_cpu_seconds_created", "ktally_node_cpu_seconds_total" },
		{ "ktally_node_cpu_runqueue_latency_seconds_created",
		  "ktally_node_cpu_runqueue_latency_seconds" },
		{ "ktally_container", "ktally_container_info" },
		{ "ktally_container_info", "ktally_container_info" },
		{ "ktally_node_cpu_runqueue_latency_seconds", "ktally_node_cpu_runqueue_latency_seconds" },
		{ "ktally_node_cpu_runqueue_latency_seconds_bucket",
		  "ktally_node_cpu_runqueue_latency_seconds" },
		{ "ktally_node_cpu_runqueue_latency_seconds_sum",
		  "ktally_node_cpu_runqueue_latency_seconds" },
		{ "ktally_node_cpu_runqueue_latency_seconds_count",
		  "ktally_node_cpu_runqueue_latency_seconds" },
		{ "ktally_build", "ktally_build_info" },
	};

	model_fill();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char heading[200];

		select_names(&cases[i].name, 1);
		snprintf(heading, sizeof(heading), "# TYPE %s ", cases[i].family);
		cr_assert_eq(count("# TYPE "), 1, "%s", cases[i].name);
		cr_assert_eq(count(heading), 1, "%s", cases[i].name);
	}
}

Test(exposition_choice, names_of_nothing_give_an_empty_but_whole_exposition)
{
	static const char *const names[] = { "",
					     "ktally",
					     "ktally_node_threads_total",
					     "KTALLY_NODE_THREADS",
					     "ktally_node_threads_bucket",
					     "ktally_node_threads_created",
					     "ktally_node_cpu_seconds_total_created",
					     "ktally_node_cpu_seconds_sum",
					     "*" };

	model_fill();
	select_names(names, sizeof(names) / sizeof(names[0]));
	cr_assert_eq(out.size, 0);
	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_OPENMETRICS, &out), 0);
	cr_assert(out.size == 6 && memcmp(out.data, "# EOF\n", 6) == 0);
	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_PROTOBUF, &out), 0);
	cr_assert_eq(out.size, 0);
}

Test(exposition_choice, excluded_families_are_left_out_and_their_sums_stay)
{
	static const char *const exclude[] = { "ktally_program_*", "ktally_container_memory_???_bytes" };
	uint64_t before, after;

	model_fill();
	render();
	before = value_of(
		"ktally_container_syscalls_total{namespace=\"shop\",pod=\"web-0\",container=\"nginx\",class=\"file\"} ");
	cr_assert_gt(count("\nktally_program_"), 0);
	input.choice.exclude = exclude;
	input.choice.exclude_count = 2;
	render();
	after = value_of(
		"ktally_container_syscalls_total{namespace=\"shop\",pod=\"web-0\",container=\"nginx\",class=\"file\"} ");
	cr_assert_eq(before, after);
	cr_assert_eq(count("ktally_program_"), 0);
	cr_assert_eq(count("ktally_container_memory_rss_bytes"), 0);
	cr_assert_gt(count("ktally_container_memory_cache_bytes"), 0);
}

Test(exposition_choice, exclusion_wins_over_a_client_s_names)
{
	static const char *const names[] = { "ktally_node_threads", "ktally_node_processes" };
	static const char *const exclude[] = { "ktally_node_t*" };

	model_fill();
	input.choice.exclude = exclude;
	input.choice.exclude_count = 1;
	select_names(names, 2);
	cr_assert_eq(count("# TYPE "), 1);
	cr_assert_eq(count("# TYPE ktally_node_processes "), 1);
}

Test(exposition_choice, a_dropped_label_is_summed_away)
{
	static const char *const drop[] = { "ktally_container_*:class",
					    "ktally_node_syscalls_by_name_total:syscall",
					    "ktally_node_syscall_latency_seconds:class" };
	struct container *c;
	uint64_t sum = 0, buckets = 0;

	model_fill();
	HASH_FIND(hh, model.containers, "shop\0web-0\0nginx", 17, c);
	cr_assert(c);
	for (unsigned int i = 0; i < DIMENSION_WIDTH(class); i++) {
		sum += c->value[V_SYSCALLS + i];
		model.node->latency[i].bucket[30 + i] += 7 * i;
		for (unsigned int b = 0; b < HISTOGRAM_BUCKETS; b++)
			buckets += model.node->latency[i].bucket[b];
	}
	input.choice.drop = drop;
	input.choice.drop_count = 3;
	render();
	cr_assert_eq(
		value_of(
			"ktally_container_syscalls_total{namespace=\"shop\",pod=\"web-0\",container=\"nginx\"} "),
		sum);
	cr_assert_gt(
		count("ktally_program_syscalls_total{namespace=\"shop\",pod=\"web-0\",container=\"nginx\",program=\"nginx\",class=\"file\"}"),
		0);
	cr_assert_eq(value_of("\nktally_node_syscalls_by_name_total "), 11 + 22 + 33);
	cr_assert_eq(value_of("\nktally_node_syscall_latency_seconds_count "), buckets);
	cr_assert_eq(count("ktally_node_syscall_latency_seconds_count"), 1);
}

Test(exposition_choice, only_labels_that_add_up_can_be_dropped)
{
	static const char *const good[] = { "ktally_container_syscalls_total:class", "*:class",
					    "ktally_program_*:reason",
					    "ktally_node_syscalls_by_name_total:syscall",
					    "ktally_container_process_exits_total:status" };
	static const char *const bad[] = { "",
					   ":",
					   "*:",
					   ":class",
					   "ktally_container_syscalls_total",
					   "*:container",
					   "*:namespace",
					   "*:program",
					   "*:pod",
					   "*:le",
					   "ktally_container_pressure_seconds_total:kind",
					   "ktally_container_pressure_seconds_total:resource,kind",
					   "ktally_container_cpu_seconds_total:class",
					   "ktally_container_syscalls:class" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_assert(exposition_can_drop(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(exposition_can_drop(bad[i]), "%s", bad[i]);
}

Test(exposition_choice, without_zeros_what_never_counted_is_left_out_and_the_rest_unchanged)
{
	_cleanup_(buffer_done) struct buffer whole = {};
	unsigned int kept = 0, zeros = 0, of_node;

	model_fill();
	render();
	of_node = count("\nktally_node_");
	buffer_add(&whole, out.data, out.size + 1);
	input.choice.hides_zeros = true;
	render();
	for (char *line = strtok(whole.data, "\n"); line; line = strtok(NULL, "\n")) {
		bool is_row = strncmp(line, "ktally_container_", 17) == 0 ||
			      strncmp(line, "ktally_program_", 15) == 0;
		size_t size = strcspn(line, "{");
		bool is_zero = strcmp(strrchr(line, ' '), " 0") == 0;
		bool is_counter = size > 6 && strncmp(line + size - 6, "_total", 6) == 0;

		if (line[0] == '#' || !is_row || strstr(line, "_bucket{") || !(is_zero && is_counter)) {
			kept += is_row;
			continue;
		}
		zeros++;
		cr_assert_eq(count(line), 0, "%s", line);
	}
	cr_assert_gt(zeros, 97);
	cr_assert_gt(kept, 97);
	/* an empty histogram goes as a whole, a bucket that is 0 stays */
	cr_assert_eq(count("\nktally_container_cpu_runqueue_latency_seconds_count{"), 1);
	cr_assert_gt(count("\nktally_container_cpu_runqueue_latency_seconds_bucket{"), 17);
	/* gauges and the node say 0 */
	cr_assert_gt(count("\nktally_container_threads{"), 1);
	cr_assert_eq(count("\nktally_node_"), of_node);
	/* and the limit of series counts what is shown: all of it fits, by one */
	input.choice.series_limit = count("\nktally_container_") + count("\nktally_program_") -
				    count("\nktally_container_info{");
	render();
	cr_assert_eq(count("series_left_out{family=\"ktally_container_"), 0);
	cr_assert_eq(count("series_left_out{family=\"ktally_program_"), 0);
	input.choice.series_limit--;
	render();
	cr_assert_eq(count("series_left_out{family=\"ktally_program_"), 1);
}

Test(exposition_choice, a_family_summed_over_its_label_counts_one_series_a_row)
{
	static const char *const drop[] = { "*:operation" };

	model_fill();
	input.choice.drop = drop;
	input.choice.drop_count = 1;
	input.choice.series_limit = 1;
	render();
	/* of three containers one has used a disk: it wrote nothing, but read */
	cr_assert_eq(
		value_of("\nktally_self_series_left_out{family=\"ktally_container_disk_latency_seconds\"} "),
		sheet_histogram_series(DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT));
}

Test(exposition_choice, families_past_the_limit_are_left_out_whole_and_told)
{
	unsigned int all, shown = 0, left_out = 0;

	model_fill();
	render();
	all = count("\nktally_container_") + count("\nktally_program_") - count("\nktally_container_info{");
	input.choice.series_limit = all / 2;
	render();
	shown = count("\nktally_container_") + count("\nktally_program_") - count("\nktally_container_info{");
	left_out = count("\nktally_self_series_left_out{family=\"ktally_");
	cr_assert_leq(shown, all / 2);
	cr_assert_gt(shown, all / 3);
	cr_assert_gt(left_out, 0);
	/* what is shown of a family is all of it */
	cr_assert_eq(count("\nktally_container_cpu_seconds_total{"), 3);
	cr_assert_eq(count("\nktally_container_syscalls_total{"), 3 * DIMENSION_WIDTH(class));
	cr_assert_gt(count("\nktally_self_series_left_out{family=\"ktally_program_"), 0);
	cr_assert_eq(count("\nktally_program_syscalls_total{"), 0);
	cr_assert_eq(value_of("\nktally_self_series_left_out{family=\"ktally_program_syscalls_total\"} "),
		     3 * DIMENSION_WIDTH(class));
	/* the node and ktally itself are always there */
	cr_assert_gt(count("\nktally_node_syscalls_total{"), 0);
	cr_assert_gt(count("\nktally_build_info{"), 0);
	/* interfaces and disks are last */
	input.choice.series_limit = all;
	render();
	cr_assert_eq(count("series_left_out{family=\"ktally_container_"), 0);
	cr_assert_eq(count("series_left_out{family=\"ktally_program_"), 0);
	cr_assert_eq(value_of("\nktally_self_series_left_out{family=\"ktally_node_disk_queue_depth\"} "), 2);
	cr_assert_eq(count("\nktally_node_disk_"),
		     count("\nktally_node_disk_read_") + count("\nktally_node_disk_written_"));
}

Test(exposition_choice, no_row_has_more_series_than_it_costs)
{
	struct series_costs costs = exposition_costs(&input.choice, 0), fewer;
	unsigned int containers, programs;

	model_fill();
	render();
	containers = HASH_COUNT(model.containers);
	programs = count("\nktally_program_cpu_seconds_total{");
	cr_assert_eq(count("\nktally_program_"), programs * costs.program);
	cr_assert_leq(count("\nktally_container_") - count("\nktally_container_info{"),
		      containers * costs.container);
	cr_assert_leq(count("\nktally_node_disk_") - count("\nktally_node_disk_read_") -
			      count("\nktally_node_disk_written_"),
		      2 * costs.device);
	cr_assert_eq(costs.interface, 8);
	cr_assert_eq(costs.pod,
		     1 + 2 + DIMENSION_WIDTH(udp_drop)); /* its info, and what its namespace dropped */
	cr_assert_eq(costs.instance, 1);
	/* excluded families cost nothing, summed ones one series */
	input.choice.exclude = (const char *const[]){ "ktally_program_*", "ktally_pod_*" };
	input.choice.exclude_count = 2;
	input.choice.drop = (const char *const[]){ "*:class" };
	input.choice.drop_count = 1;
	fewer = exposition_costs(&input.choice, 1 << NEEDS_LATENCY);
	cr_assert_eq(fewer.program, 0);
	cr_assert_eq(fewer.interface, 0);
	cr_assert_eq(costs.container - fewer.container,
		     2 * (DIMENSION_WIDTH(class) - 1) + DIMENSION_WIDTH(class) * sheet_histogram_series(0));
}

/* Every choice takes the same samples out of each format: OpenMetrics by its lines, protobuf by its families. */
Test(exposition_choice, formats_agree)
{
	static const char *const exclude[] = { "ktally_self_*", "ktally_container_*", "process_*" };
	static struct buffer other;
	unsigned int families = 0;

	model_fill();
	input.choice.exclude = exclude;
	input.choice.exclude_count = 3;
	render();
	buffer_clear(&other);
	cr_assert_eq(exposition_write(&input, SHEET_PROTOBUF, &other), 0);
	for (size_t at = 0; at < other.size; families++) {
		size_t size = 0;
		unsigned int shift = 0;

		do {
			size |= (size_t)((unsigned char)other.data[at] & 0x7f) << shift;
			shift += 7;
		} while ((unsigned char)other.data[at++] & 0x80);
		at += size;
		cr_assert_leq(at, other.size);
	}
	cr_assert_eq(families, count("# TYPE "));
	buffer_clear(&other);
	cr_assert_eq(exposition_write(&input, SHEET_OPENMETRICS, &other), 0);
	buffer_add(&other, "", 1);
	cr_assert_null(strstr(other.data, "ktally_container"));
}

/* Names of others (cAdvisor's) do not follow OpenMetrics: a counter without _total has no type there, nor a time. */
Test(exposition_choice, counter_of_a_foreign_name_is_unknown_in_openmetrics)
{
	const struct sheet_choice choice = { .created = true };
	const struct subject subject = { .created_ns = CREATED_NS };
	struct sheet *sheet;

	cr_assert_eq(sheet_new(SHEET_OPENMETRICS, &choice, &out, &sheet), 0);
	sheet_begin_family(sheet, "container_memory_failcnt", "Help.", METRIC_COUNTER, UNIT_NONE);
	sheet_add(sheet, &subject, 0, 7);
	sheet_begin_family(sheet, "container_cpu_usage_seconds_total", "Help.", METRIC_COUNTER, UNIT_SECONDS);
	sheet_add(sheet, &subject, 0, 1500000000);
	sheet_end(sheet);
	sheet_free(sheet);
	buffer_add(&out, "", 1);
	cr_assert_str_eq(out.data, "# TYPE container_memory_failcnt unknown\n"
				   "# HELP container_memory_failcnt Help.\n"
				   "container_memory_failcnt 7\n"
				   "# TYPE container_cpu_usage_seconds counter\n"
				   "# UNIT container_cpu_usage_seconds seconds\n"
				   "# HELP container_cpu_usage_seconds Help.\n"
				   "container_cpu_usage_seconds_total 1.5\n"
				   "container_cpu_usage_seconds_created 1700000000.123456789\n"
				   "# EOF\n");
}
