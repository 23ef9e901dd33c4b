/* SPDX-License-Identifier: Apache-2.0 */
/* The text format by the letter, also for hostile names. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "export/exposition.h"
#include "export/label.h"
#include "base/number.h"
#include "exposition_check.c"
#include "exposition_model.c"

#define REPLACEMENT "\xef\xbf\xbd"

TestSuite(exposition, .init = model_setup, .timeout = 60);

static void render(void)
{
	char why[300];

	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	cr_assert_geq(exposition_check(out.data, out.size, why), 0, "%s", why);
	buffer_add(&out, "", 1); /* for strstr() */
	out.size--;
}

/* Whether the exposition has this very line. */
static bool has_line(const char *line)
{
	size_t size = strlen(line);

	for (const char *at = out.data; (at = strstr(at, line)); at++) {
		if ((at == out.data || at[-1] == '\n') && at[size] == '\n')
			return true;
	}
	return false;
}

Test(exposition, empty_model_is_valid_and_leaves_out_what_has_no_samples)
{
	render();
	cr_assert_null(strstr(out.data, "ktally_container_"));
	cr_assert_null(strstr(out.data, "ktally_program_"));
	cr_assert_null(strstr(out.data, "process_cpu"));
	cr_assert_null(strstr(out.data, "by_name"));
	cr_assert_null(strstr(out.data, "ktally_node_memory_usage"));
	cr_assert(has_line("ktally_node_cpu_seconds_total 0"));
	cr_assert(has_line("ktally_build_info{version=\"1.2.3\",revision=\"abcdef\"} 1"));
}

Test(exposition, numbers_are_exact)
{
	static const struct {
		uint64_t value;
		unsigned int decimals;
		const char *text;
	} cases[] = {
		{ 0, 0, "0" },
		{ 0, 9, "0" },
		{ 1, 0, "1" },
		{ 9, 0, "9" },
		{ 10, 0, "10" },
		{ 99, 0, "99" },
		{ 100, 0, "100" },
		{ 12345, 0, "12345" },
		{ (1ULL << 53) + 1, 0, "9007199254740993" },
		{ (1ULL << 53) + 1, 9, "9007199.254740993" },
		{ UINT64_MAX, 0, "18446744073709551615" },
		{ UINT64_MAX, 9, "18446744073.709551615" },
		{ UINT64_MAX, 3, "18446744073709551.615" },
		{ 1, 9, "0.000000001" },
		{ 10, 9, "0.00000001" },
		{ 999999999, 9, "0.999999999" },
		{ 1000000000, 9, "1" },
		{ 1000000001, 9, "1.000000001" },
		{ 10500000000, 9, "10.5" },
		{ 1500, 3, "1.5" },
		{ 100, 3, "0.1" },
		{ 10000, 3, "10" },
	};
	char number[NUMBER_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		*number_put(number, cases[i].value, cases[i].decimals) = '\0';
		cr_assert_str_eq(number, cases[i].text);
	}
	for (uint64_t value = 1; value < UINT64_MAX / 7; value = value * 7 + 3) {
		char text[32];

		*number_put(number, value, 0) = '\0';
		snprintf(text, sizeof(text), "%lu", value);
		cr_assert_str_eq(number, text);
	}
}

Test(exposition, doubles_are_those_that_a_reader_makes_of_the_text)
{
	static const uint64_t edges[] = {
		0, 1, 999999999, 1ULL << 53, (1ULL << 53) + 1, 1700000000123456789, UINT64_MAX
	};
	uint64_t value = 88172645463325252;
	char number[NUMBER_SIZE];

	for (unsigned int i = 0; i < 300000; i++) {
		uint64_t tried = i < sizeof(edges) / sizeof(edges[0]) ? edges[i] : value >> i % 64;
		unsigned int decimals = i % (NUMBER_DECIMALS + 1);

		*number_put(number, tried, decimals) = '\0';
		cr_assert_eq(number_double(tried, decimals), strtod(number, NULL), "%s", number);
		value ^= value << 13;
		value ^= value >> 7;
		value ^= value << 17;
	}
}

Test(exposition, labels_are_escaped_replaced_and_cut)
{
	static const struct {
		const char *text, *result;
		size_t limit;
	} cases[] = {
		{ "", "", 10 },
		{ "plain", "plain", 5 },
		{ "plain", "plai", 4 },
		{ "plain", "", 0 },
		{ "a\"b\\c\nd", "a\\\"b\\\\c\\nd", 7 },
		{ "\\\\\\", "\\\\\\\\", 2 },
		{ "tab\tcr\r\x01", "tab\tcr\r\x01", 20 },
		{ "\xff", REPLACEMENT, 3 },
		{ "\xff", "", 2 },
		{ "a\xc3", "a" REPLACEMENT, 9 },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9 },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac", 8 },
		{ "\xe2\x82", REPLACEMENT REPLACEMENT, 9 },
		{ "\xe2\x82x", REPLACEMENT REPLACEMENT "x", 9 },
		{ "\xc0\x80", REPLACEMENT REPLACEMENT, 9 },                 /* overlong */
		{ "\xe0\x9f\xbf", REPLACEMENT REPLACEMENT REPLACEMENT, 9 }, /* overlong */
		{ "\xed\xa0\x80", REPLACEMENT REPLACEMENT REPLACEMENT, 9 }, /* surrogate */
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80", 9 },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", 9 },
		{ "\xf4\x90\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT,
		  99 }, /* beyond U+10FFFF */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&out);
		label_escape(&out, cases[i].text, cases[i].limit);
		cr_assert(out.size == strlen(cases[i].result) &&
				  memcmp(out.data, cases[i].result, out.size) == 0,
			  "case %zu: '%.*s'", i, (int)out.size, out.data);
	}
}

Test(exposition, hostile_names_leave_it_valid)
{
	model_fill_hostile();
	render();
	cr_assert_not_null(strstr(
		out.data, "{namespace=\"\\\"},evil{x=\\\"\",pod=\"line\\nbreak\\\\\",container=\"nnn"));
	cr_assert_not_null(strstr(out.data, "n\",program=\"" REPLACEMENT REPLACEMENT "\\\"\\n\"} "));
	cr_assert_not_null(strstr(out.data, "program=\"} 1\\n# EOF\\n\"} 0\n"));
	cr_assert_null(
		strstr(out.data, "\xe2\x82")); /* byte 200 is inside the character, so all of it goes */
}

Test(exposition, programs_stay_apart_however_short_labels_are)
{
	struct container *container = add_container("", "", "web");

	model.limits.label_length = 16;
	add_program(container, "a-program-with-a-long-name-1", false)->value[V_CPU] = 1000000000;
	add_program(container, "a-program-with-a-long-name-2", false)->value[V_CPU] = 2000000000;
	render();
	cr_assert(has_line(
		"ktally_program_cpu_seconds_total{namespace=\"\",pod=\"\",container=\"web\",program=\"a-program-with-a-long-name-1\"} 1"));
	cr_assert(has_line(
		"ktally_program_cpu_seconds_total{namespace=\"\",pod=\"\",container=\"web\",program=\"a-program-with-a-long-name-2\"} 2"));
}

Test(exposition, own_labels_and_levels)
{
	struct container *c = add_container("n", "p", "c");

	c->value[V_SWITCHES + VALUE_INDEX(switch_type, INVOLUNTARY)] = 3;
	c->value[V_PRESSURE + VALUE_INDEX(pressure, IO_FULL)] = 1500000000;
	c->has_file[V_PRESSURE + VALUE_INDEX(pressure, IO_FULL) - PROGRAM_VALUES] = true;
	c->value[V_CPU_LIMIT] = 250;
	c->has_file[V_CPU_LIMIT - PROGRAM_VALUES] = true;
	model.node->value[V_EXITS + VALUE_INDEX(exit_status, SIGNAL)] = 9;
	render();
	cr_assert(has_line(
		"ktally_container_context_switches_total{namespace=\"n\",pod=\"p\",container=\"c\",type=\"involuntary\"} 3"));
	cr_assert(has_line(
		"ktally_container_pressure_seconds_total{namespace=\"n\",pod=\"p\",container=\"c\",resource=\"io\","
		"kind=\"full\"} 1.5"));
	cr_assert_null(strstr(out.data, "kind=\"some\""));
	cr_assert(
		has_line("ktally_container_cpu_limit_cores{namespace=\"n\",pod=\"p\",container=\"c\"} 0.25"));
	cr_assert(has_line("ktally_node_process_exits_total{status=\"signal\"} 9"));
	cr_assert_null(strstr(out.data, "cpu_runqueue_waits"));
}

Test(exposition, dead_container_keeps_counters_and_loses_gauges)
{
	struct container *c = add_container("n", "p", "c");

	add_program(c, "x", false);
	add_instance(c, "id", "docker", "");
	c->dead_since_ns = 5;
	memset(c->has_file, true, sizeof(c->has_file));
	render();
	cr_assert_not_null(strstr(out.data, "\nktally_container_cpu_seconds_total{"));
	cr_assert_not_null(strstr(out.data, "\nktally_container_cpu_throttled_seconds_total{"));
	cr_assert_not_null(strstr(out.data, "\nktally_container_cpu_runqueue_latency_seconds_count{"));
	cr_assert_not_null(strstr(out.data, "\nktally_container_info{"));
	cr_assert_null(strstr(out.data, "ktally_container_processes"));
	cr_assert_null(strstr(out.data, "ktally_container_memory"));
	cr_assert_null(strstr(out.data, "ktally_program_threads"));
	cr_assert_not_null(strstr(out.data, "\nktally_node_threads 0\n"));
}

static int count_of(const char *text)
{
	int count = 0;

	for (const char *at = out.data; (at = strstr(at, text)); at++)
		count++;
	return count;
}

Test(exposition, an_instance_is_shown_once_and_those_of_other_not_at_all)
{
	struct container *c = add_container("n", "p", "c"), *other = add_container("", "", "other");

	model.other = other;
	for (int i = 0; i < 3; i++) {
		add_instance(c, "id-b", "docker", "");
		add_instance(c, "id-a", "docker", "");
		add_instance(c, "id-a", "docker", "uid");
		add_instance(c, NULL, NULL, NULL);
		add_instance(other, "id-c", "docker", "");
	}
	render();
	model.other = NULL;
	cr_assert_eq(count_of("\nktally_container_info{"), 3);
	cr_assert_eq(count_of("id=\"id-a\""), 2);
	cr_assert_eq(count_of("id=\"id-b\""), 1);
	cr_assert_eq(count_of("id=\"id-c\""), 0);
}

/* Value of a run-queue bucket of the node with one observation in native bucket `bucket`. */
static unsigned long bucket_count(int bucket, const char *le)
{
	char text[100];
	const char *at;

	memset(&model.node->runqueue, 0, sizeof(model.node->runqueue));
	model.node->runqueue.bucket[bucket] = 1;
	render();
	snprintf(text, sizeof(text), "ktally_node_cpu_runqueue_latency_seconds_bucket{le=\"%s\"} ", le);
	at = strstr(out.data, text);
	cr_assert(at, "no bucket %s", le);
	return strtoul(at + strlen(text), NULL, 10);
}

Test(exposition, histogram_buckets_at_their_bounds)
{
	/* native bound i is 2^(-20 + i/4) s, inclusive: 20 is 2^-15, 80 is 1 s, 108 is 128 s */
	cr_assert_eq(bucket_count(0, "3.0517578125e-05"), 1);
	cr_assert_eq(bucket_count(20, "3.0517578125e-05"), 1);
	cr_assert_eq(bucket_count(21, "3.0517578125e-05"), 0);
	cr_assert_eq(bucket_count(24, "6.103515625e-05"), 1);
	cr_assert_eq(bucket_count(80, "1"), 1);
	cr_assert_eq(bucket_count(81, "1"), 0);
	cr_assert_eq(bucket_count(81, "2"), 1);
	cr_assert_eq(bucket_count(108, "128"), 1);
	cr_assert_eq(bucket_count(109, "128"), 0);
	cr_assert_eq(bucket_count(109, "+Inf"), 1);
	cr_assert(has_line("ktally_node_cpu_runqueue_latency_seconds_bucket{le=\"0.0001220703125\"} 0"));
	cr_assert(has_line("ktally_node_cpu_runqueue_latency_seconds_count 1"));
	cr_assert_null(strstr(out.data, "le=\"1.52587890625e-05\""));
	model.node->latency = calloc(DIMENSION_WIDTH(class), sizeof(struct histogram));
	model.node->latency[0].bucket[0] = 4;
	render();
	cr_assert(has_line(
		"ktally_node_syscall_latency_seconds_bucket{class=\"file\",le=\"9.5367431640625e-07\"} 4"));
	cr_assert(has_line("ktally_node_syscall_latency_seconds_sum{class=\"other\"} 0"));
}

Test(exposition, series_are_counted_truthfully)
{
	unsigned long long sum = 0;
	char why[300];

	model_fill();
	render();
	for (const char *at = out.data; (at = strstr(at, "\nktally_self_series{family=\"")); at++)
		sum += strtoull(strstr(at, "} ") + 2, NULL, 10);
	cr_assert_eq(sum, (unsigned long long)exposition_check(out.data, out.size, why));
	cr_assert_null(strstr(out.data, "nonsense"));
}

Test(exposition, output_is_appended_and_repeatable)
{
	size_t size;

	model_fill();
	buffer_clear(&out);
	buffer_add_string(&out, "# before\n");
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	size = out.size;
	cr_assert_eq(memcmp(out.data, "# before\n# HELP ", 16), 0);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	cr_assert_eq(out.size, 2 * size - 9);
	cr_assert_eq(memcmp(out.data + 9, out.data + size, size - 9), 0);
}

Test(exposition, checker_can_fail)
{
#define BEGIN "# HELP a_total x\n# TYPE a_total counter\n"
#define HISTOGRAM "# HELP h x\n# TYPE h histogram\n"
	static const char *const bad[] = {
		"",
		"a 1\n",
		BEGIN,
		BEGIN "a_total 1",
		BEGIN "a_total 1\n\n",
		BEGIN "a_total 1\na_total 2\n",
		BEGIN "b 1\n",
		BEGIN "a_total  1\n",
		BEGIN "a_total 1e3\n",
		BEGIN "a_total 1.50\n",
		BEGIN "a_total 01\n",
		BEGIN "a_total{} 1\n",
		BEGIN "a_total{a=\"b\"c=\"d\"} 1\n",
		BEGIN "a_total{a=\"b\",} 1\n",
		BEGIN "a_total{a=\"\\x\"} 1\n",
		BEGIN "a_total{a=\"\xff\"} 1\n",
		BEGIN "a_total{a=\"\xed\xa0\x80\"} 1\n",
		BEGIN "a_total{a=\"b\"} 1 2\n",
		BEGIN "a_total 1\n" BEGIN "a_total 2\n",
		"# HELP a x\n# TYPE a counter\na 1\n",
		"# TYPE a gauge\na 1\n",
		"# HELP a x\na 1\n",
		HISTOGRAM "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
		HISTOGRAM
		"h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\n",
		HISTOGRAM "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
		HISTOGRAM "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
		HISTOGRAM "h_bucket{le=\"+Inf\"} 1\nh_sum 1\n",
	};
	static const char *const good[] = {
		BEGIN "a_total 1\n",
		BEGIN "a_total{a=\"\\n\\\\\\\"}\xc3\xa4\",b=\"\"} 1.05\na_total{a=\"\"} 0\n",
		HISTOGRAM
		"h_bucket{a=\"b\",le=\"1\"} 1\nh_bucket{a=\"b\",le=\"+Inf\"} 2\nh_sum{a=\"b\"} 0.5\nh_count{a=\"b\"} 2\n",
	};
	char why[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(exposition_check(bad[i], strlen(bad[i]), why), -1, "accepted: %s", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_assert_gt(exposition_check(good[i], strlen(good[i]), why), 0, "%s: %s", good[i], why);
}
