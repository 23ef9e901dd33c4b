/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that every row of metrics.def obeys, and the helpers around the table. */
#include "model/metric.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const enum metric_level levels[] = { LEVEL_CONTAINER, LEVEL_PROGRAM, LEVEL_NODE, LEVEL_POD };

static bool is_snake_case(const char *name, size_t length)
{
	if (length == 0 || !islower((unsigned char)name[0]) || name[length - 1] == '_')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '_')
			return false;
		if (name[i] == '_' && name[i + 1] == '_')
			return false;
	}
	return true;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), size = strlen(suffix);

	return length >= size && strcmp(text + length - size, suffix) == 0;
}

static bool has_word(const char *name, const char *word)
{
	for (const char *at = strstr(name, word); at; at = strstr(at + 1, word)) {
		char next = at[strlen(word)];

		if ((at == name || at[-1] == '_') && (next == '\0' || next == '_'))
			return true;
	}
	return false;
}

Test(metric, names_are_lower_case_without_unit_and_reserved_suffixes)
{
	/* _total and the base units are appended by the writer; no other scale of a unit may occur */
	static const char *const forbidden[] = {
		"total",       "seconds", "bytes", "cores",     "count",   "sum",          "bucket",
		"info",        "created", "ms",    "us",        "ns",      "milliseconds", "microseconds",
		"nanoseconds", "kb",      "mb",    "kilobytes", "minutes", "percent",      "ktally",
		"container",   "program", "node",  "self",      "pod"
	};

	for (unsigned int i = 0; i < METRICS; i++) {
		cr_assert(is_snake_case(metrics[i].name, strlen(metrics[i].name)), "%s", metrics[i].name);
		for (size_t j = 0; j < sizeof(forbidden) / sizeof(forbidden[0]); j++)
			cr_assert(!has_word(metrics[i].name, forbidden[j]), "'%s' in %s", forbidden[j],
				  metrics[i].name);
	}
}

Test(metric, families_end_in_their_unit_and_only_counters_in_total)
{
	static const char *const suffix[] = { "", "_seconds", "_bytes", "_cores" };
	char name[128], end[32];

	for (unsigned int i = 0; i < METRICS; i++)
		for (unsigned int l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
			int length = metric_family_name(&metrics[i], levels[l], name, sizeof(name));

			cr_assert_eq(length, (int)strlen(name));
			cr_assert(is_snake_case(name, strlen(name)), "%s", name);
			cr_assert_eq(strncmp(name, "ktally_", 7), 0);
			cr_assert_eq(ends_with(name, "_total"), metrics[i].kind == METRIC_COUNTER, "%s",
				     name);
			snprintf(end, sizeof(end), "%s%s", suffix[metrics[i].unit],
				 metrics[i].kind == METRIC_COUNTER ? "_total" : "");
			cr_assert(ends_with(name, end), "%s", name);
		}
}

Test(metric, no_family_occurs_twice_and_none_is_another_with_a_histogram_suffix)
{
	static const char *const suffix[] = { "", "_bucket", "_sum", "_count", "_created" };
	char one[128], two[128], made[160];

	for (unsigned int i = 0; i < METRICS; i++)
		for (unsigned int j = 0; j < METRICS; j++)
			for (size_t s = 0; i != j && (metrics[i].levels & metrics[j].levels) && s < 5; s++) {
				metric_family_name(&metrics[i], LEVEL_NODE, one, sizeof(one));
				metric_family_name(&metrics[j], LEVEL_NODE, two, sizeof(two));
				snprintf(made, sizeof(made), "%s%s", one, suffix[s]);
				cr_assert_str_neq(made, two);
			}
}

Test(metric, a_name_that_does_not_fit_is_refused)
{
	char name[40];

	cr_assert_eq(metric_family_name(&metrics[M_CPU], LEVEL_NODE, name, sizeof(name)), 29);
	cr_assert_str_eq(name, "ktally_node_cpu_seconds_total");
	cr_assert_eq(metric_family_name(&metrics[M_CPU], LEVEL_NODE, name, 30), 29);
	cr_assert_eq(metric_family_name(&metrics[M_CPU], LEVEL_NODE, name, 29), -ENAMETOOLONG);
	cr_assert_eq(metric_family_name(&metrics[M_CPU_LIMIT], LEVEL_CONTAINER, name, sizeof(name)), 32);
	cr_assert_str_eq(name, "ktally_container_cpu_limit_cores");
}

Test(metric, helps_are_sentences_and_kinds_and_units_agree)
{
	for (unsigned int i = 0; i < METRICS; i++) {
		const struct metric *metric = &metrics[i];
		size_t length = strlen(metric->help);

		cr_assert(length > 5 && metric->help[length - 1] == '.', "%s", metric->id);
		cr_assert(isupper((unsigned char)metric->help[0]), "%s", metric->id);
		cr_assert_null(strchr(metric->help, '\n'));
		cr_assert(metric->kind != METRIC_HISTOGRAM || metric->unit == UNIT_SECONDS ||
				  metric->unit == UNIT_BYTES,
			  "%s", metric->id);
		cr_assert(metric->unit != UNIT_CORES || metric->kind == METRIC_GAUGE, "%s", metric->id);
		cr_assert(metric->levels == LEVEL_POD ||
			  !(metric->levels & ~(unsigned int)(LEVEL_CONTAINER | LEVEL_PROGRAM | LEVEL_NODE)));
	}
}

Test(metric, label_names_are_legal_and_not_those_of_the_levels)
{
	static const char *const taken[] = { "namespace", "pod",      "container", "program", "interface",
					     "le",        "quantile", "job",       "instance" };

	for (unsigned int i = 0; i < METRICS; i++) {
		const char *label = metrics[i].label;

		while (*label) {
			size_t length = strcspn(label, ",");

			cr_assert(is_snake_case(label, length), "%s", metrics[i].label);
			for (size_t j = 0; j < sizeof(taken) / sizeof(taken[0]); j++)
				cr_assert(strlen(taken[j]) != length || strncmp(taken[j], label, length),
					  "%s", label);
			label += length + (label[length] == ',');
		}
	}
}

static unsigned int commas(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

Test(metric, every_enumerated_label_value_has_its_text_and_no_two_are_equal)
{
	for (unsigned int i = 0; i < METRICS; i++) {
		const struct metric *metric = &metrics[i];

		if (metric->source == SOURCE_CPU || metric->source == SOURCE_DISK ||
		    metric->source == SOURCE_PEER) {
			cr_assert_null(metric_label_value(metric, 0), "%s is numbered", metric->id);
			continue;
		}
		for (unsigned int j = 0; j < metric->width; j++) {
			const char *text = metric_label_value(metric, j);

			cr_assert_not_null(text, "%s %u", metric->id, j);
			cr_assert_eq(commas(text), commas(metric->label), "%s", text);
			cr_assert_eq(*text == '\0', *metric->label == '\0');
			for (unsigned int k = 0; k < j; k++)
				cr_assert_str_neq(text, metric_label_value(metric, k));
		}
		cr_assert_null(metric_label_value(metric, metric->width), "%s ends", metric->id);
	}
}

Test(metric, label_values_stand_where_their_indices_say)
{
	cr_assert_str_eq(metric_label_value(&metrics[M_PRESSURE], VALUE_INDEX(pressure, IO_FULL)), "io,full");
	cr_assert_str_eq(metric_label_value(&metrics[M_WAIT], VALUE_INDEX(wait_reason, DISK)), "disk");
	cr_assert_str_eq(metric_label_value(&metrics[M_CPU], 0), "");
	cr_assert_eq(metrics[M_PRESSURE].width, 6);
	cr_assert_eq(metrics[M_CPU].width, 1);
}

Test(metric, values_are_contiguous_in_the_order_of_rows)
{
	unsigned int next = 0;

	for (unsigned int i = 0; i < METRICS; i++) {
		cr_assert_eq(metrics[i].value, next, "%s", metrics[i].id);
		cr_assert(i == 0 || metrics[i - 1].source <= metrics[i].source, "%s", metrics[i].id);
		next += metrics[i].width;
	}
	cr_assert_eq(next, VALUES);
}

Test(metric, system_calls_and_errors_have_names)
{
	cr_assert_str_eq(metric_syscall_name(0), "read");
	cr_assert_str_eq(metric_syscall_name(435), "clone3");
	cr_assert_null(metric_syscall_name(400));
	cr_assert_str_eq(metric_syscall_name(SYSCALL_NUMBERS - 1), "other");
	cr_assert_str_eq(metric_syscall_name(0xffffffff), "other");
	cr_assert_str_eq(metric_errno_name(ENOENT), "ENOENT");
	cr_assert_str_eq(metric_errno_name(EAGAIN), "EAGAIN");
	cr_assert_null(metric_errno_name(0));
	cr_assert_null(metric_errno_name(41));
	cr_assert_str_eq(metric_errno_name(ERRNO_NUMBERS - 1), "other");
	cr_assert_str_eq(metric_errno_name(0xffffffff), "other");
}

/* Numbers of 256 bits, lowest limb first. */
struct big {
	uint64_t limb[4];
};

static struct big times(struct big a, uint64_t b)
{
	unsigned __int128 carry = 0;

	for (int i = 0; i < 4; i++) {
		carry += (unsigned __int128)a.limb[i] * b;
		a.limb[i] = (uint64_t)carry;
		carry >>= 64;
	}
	cr_assert(carry == 0, "256 bits are not enough");
	return a;
}

static struct big times_power_of_two(struct big a, int exponent)
{
	for (int i = 0; i < exponent; i++)
		a = times(a, 2);
	return a;
}

static struct big fourth_power(uint64_t b)
{
	return times(times(times(times((struct big){ { 1 } }, b), b), b), b);
}

static int compare(struct big a, struct big b)
{
	for (int i = 3; i >= 0; i--)
		if (a.limb[i] != b.limb[i])
			return a.limb[i] < b.limb[i] ? -1 : 1;
	return 0;
}

Test(metric, histogram_bounds_are_the_floors_of_the_roots)
{
	struct big base = times(times((struct big){ { 1 } }, 1000000000000000000), 1000000000000000000);
	uint64_t bounds_ns[HISTOGRAM_BOUNDS];

	metric_histogram_bounds_ns(bounds_ns);
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		int exponent = HISTOGRAM_MIN_EXPONENT * 4 + i; /* b^4 <= 1e36 * 2^exponent < (b + 1)^4 */
		struct big right = times_power_of_two(base, exponent > 0 ? exponent : 0);
		int left = exponent < 0 ? -exponent : 0;

		cr_assert_leq(compare(times_power_of_two(fourth_power(bounds_ns[i]), left), right), 0,
			      "bound %d", i);
		cr_assert_gt(compare(times_power_of_two(fourth_power(bounds_ns[i] + 1), left), right), 0,
			     "bound %d", i);
	}
	cr_assert_eq(bounds_ns[-HISTOGRAM_MIN_EXPONENT * 4], 1000000000);
	cr_assert_eq(bounds_ns[HISTOGRAM_BOUNDS - 1], 128000000000);
}
