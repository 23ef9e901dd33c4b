// SPDX-License-Identifier: Apache-2.0
/* The rounds: in each, all variants in a new order, so that what the machine does meanwhile meets all of them alike. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define BATCHES 9
#define BATCHES_QUICK 5
#define BATCH_NS 6e6
#define BATCH_QUICK_NS 2e6
#define TRIES 3
#define ROUNDS 9
#define ROUNDS_QUICK 2

struct result {
	const struct workload *workload;
	unsigned int rounds, disturbed;
	double ns[VARIANTS][ROUNDS_MAX]; /* 0: not measured */
};

/* How many a batch needs to last long enough for the clock. */
static long choose_count(const struct workload *workload, double batch_ns)
{
	long count = 1;

	for (;;) {
		double ns = workload_time(workload, count) * (double)count * workload->per_run;

		if (ns >= batch_ns / 4 || count > 1L << 30 || bench_stopped)
			return (long)((double)count * batch_ns / (ns > 1 ? ns : 1)) + 1;
		count *= 2;
	}
}

static double measure_once(const struct workload *workload, enum variant variant, long count,
			   unsigned int batches)
{
	double times[BATCHES], median;

	if (variant_on(variant))
		return 0;
	workload_time(workload, count / 5 + 1);
	for (unsigned int i = 0; i < batches; i++)
		times[i] = workload_time(workload, count);
	variant_off(variant);
	median = bench_median(times, batches);
	return bench_stopped ? 0 : median;
}

static void measure(const struct bench_options *options, struct result *result)
{
	unsigned int batches = options->quick ? BATCHES_QUICK : BATCHES;
	long count = choose_count(result->workload, options->quick ? BATCH_QUICK_NS : BATCH_NS);
	enum variant order[VARIANTS];

	while (result->rounds < options->rounds && !bench_stopped) {
		unsigned int round = result->rounds++;

		variant_shuffle(order);
		for (unsigned int i = 0; i < VARIANTS && !bench_stopped; i++) {
			double *ns = &result->ns[order[i]][round];

			if (variant_skipped(order[i]))
				continue;
			for (unsigned int tries = 0; tries < TRIES; tries++) {
				bool alone = variant_is_alone();

				*ns = measure_once(result->workload, order[i], count, batches);
				if (alone && variant_is_alone())
					break;
				result->disturbed++;
			}
		}
	}
}

static double ratio(const struct result *result, enum variant variant, enum variant base)
{
	return bench_ratio(result->ns[variant], result->ns[base], result->rounds);
}

static double median_ns(const struct result *result, enum variant variant)
{
	return bench_ratio(result->ns[variant], NULL, result->rounds);
}

static void report(const struct result *result)
{
	const char *unit = result->workload->unit;
	char columns[128];

	report_heading(result->workload->title);
	snprintf(columns, sizeof(columns), "variant|ns a %s|+ns|x none|x the empty programs", unit);
	report_columns(columns);
	for (unsigned int i = 0; i < VARIANTS; i++) {
		double ns = median_ns(result, i);
		char against[32] = "";

		if (ns <= 0)
			continue;
		if (variant_empty(i) != VARIANT_NONE)
			snprintf(against, sizeof(against), "%.3f", ratio(result, i, variant_empty(i)));
		report_row("%s|%.1f|%+.1f|%.3f|%s", variant_name(i), ns, ns - median_ns(result, VARIANT_NONE),
			   ratio(result, i, VARIANT_NONE), against);
	}
	report_table();
	report_text("Rounds: %u. Measurements repeated because other BPF programs came or went: %u.",
		    result->rounds, result->disturbed);
}

static void report_goals(const struct result *result)
{
	const char *name = result->workload->name;

	if (strcmp(name, "getppid") == 0) {
		report_goal("system call, profile default", "x empty sys_exit", 1.05,
			    ratio(result, VARIANT_DEFAULT, VARIANT_EMPTY));
		report_goal("system call, profile full", "x empty sys_exit", 1.35,
			    ratio(result, VARIANT_FULL, VARIANT_EMPTY));
		report_goal("the same, against empty programs on its hooks", "x empty sys_enter and sys_exit",
			    1.35, ratio(result, VARIANT_FULL, VARIANT_EMPTY_ENTER));
	}
	if (strcmp(name, "switch") == 0) {
		report_goal("context switch with its two system calls, profile default", "x none", 1.08,
			    ratio(result, VARIANT_DEFAULT, VARIANT_NONE));
		report_goal("context switch, sched_switch of profile default alone", "x none", 1.08,
			    ratio(result, VARIANT_DEFAULT_SWITCH, VARIANT_NONE));
	}
}

void overhead_measure(const struct bench_options *options)
{
	struct bench_options settings = *options;

	if (!settings.rounds)
		settings.rounds = options->quick ? ROUNDS_QUICK : ROUNDS;
	process_pin(WORK_CPU);
	process_set_realtime(true);
	for (unsigned int i = 0; i < workload_count && !bench_stopped; i++) {
		struct result result = { .workload = &workloads[i] };

		if (options->only && strcmp(options->only, workloads[i].name) != 0)
			continue;
		if (workloads[i].start(&settings))
			measure(&settings, &result);
		workloads[i].stop();
		if (bench_stopped)
			break;
		report(&result);
		report_goals(&result);
	}
	process_set_realtime(false);
}
