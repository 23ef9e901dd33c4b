// SPDX-License-Identifier: Apache-2.0
/* Where the time goes: the kernel's own run time statistics of every BPF program (BPF_ENABLE_STATS), less what an empty program on
 * the same hook shows, for the statistics themselves cost more than the programs. A pass of its own: nothing else is timed. */
#include <bpf/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "bench.h"

#define COSTS_MAX 32
#define EMPTY 5 /* programs of empty.bpf.c, in its order */
#define PASS_NS (200 * NS_PER_MS)
#define PASS_QUICK_NS (60 * NS_PER_MS)
#define RUNS_MIN 200
#define REPEATS 5

static const char *const measured[] = { "getppid", "zero", "pread",  "pwrite", "send", "tcp",
					"udp",     "pipe", "switch", "ring",   "fork", "exec" };

/* ns a run between two readings, by name; 0 when it hardly ran. */
static double cost_ns(const struct program_cost *before, const struct program_cost *after, unsigned int index)
{
	uint64_t runs = after[index].runs - before[index].runs;

	return runs < RUNS_MIN ? 0 : (double)(after[index].ns - before[index].ns) / (double)runs;
}

static void run_for(const struct workload *workload, uint64_t ns)
{
	uint64_t end_ns = time_monotonic_ns() + ns;

	while (time_monotonic_ns() < end_ns && !bench_stopped)
		workload->run(5);
}

static double empty_ns(const double *empty, const char *name)
{
	static const char *const names[EMPTY] = { "sys_exit", "sys_enter", "sched_switch", "sock_send_length",
						  "sock_recv_length" };

	for (unsigned int i = 0; i < EMPTY; i++)
		if (strncmp(names[i], name, BPF_OBJ_NAME_LEN - 1) == 0)
			return empty[i];
	return 0;
}

static void measure(const struct workload *workload, enum profile profile, bool quick)
{
	uint64_t pass_ns = quick ? PASS_QUICK_NS : PASS_NS;
	unsigned int repeats = quick ? 1 : REPEATS;
	struct program_cost before[COSTS_MAX], after[COSTS_MAX];
	double empty[REPEATS][EMPTY] = { 0 }, costs[REPEATS][COSTS_MAX] = { 0 };
	unsigned int count = 0;

	for (unsigned int r = 0; r < repeats && !bench_stopped; r++) {
		struct collector_child child;

		variant_is_alone();
		if (variant_on(VARIANT_EMPTY_ENTER))
			return;
		variant_empty_costs(before, COSTS_MAX);
		run_for(workload, pass_ns);
		variant_empty_costs(after, COSTS_MAX);
		variant_off(VARIANT_EMPTY_ENTER);
		for (unsigned int i = 0; i < EMPTY; i++)
			empty[r][i] = cost_ns(before, after, i);
		if (collector_child_start(profile, NULL, true, &child))
			return;
		count = collector_child_costs(&child, before, COSTS_MAX);
		run_for(workload, pass_ns);
		collector_child_costs(&child, after, COSTS_MAX);
		collector_child_stop(&child);
		for (unsigned int i = 0; i < count; i++)
			costs[r][i] = cost_ns(before, after, i);
	}
	for (unsigned int i = 0; i < count && !bench_stopped; i++) {
		double values[REPEATS], bases[REPEATS], ns, base;

		for (unsigned int r = 0; r < repeats; r++) {
			values[r] = costs[r][i];
			bases[r] = empty_ns(empty[r], after[i].name);
		}
		ns = bench_median(values, repeats);
		base = bench_median(bases, repeats);
		if (ns <= 0)
			continue;
		report_row("%s|%s|%s|%.1f|%.1f|%llu", workload->name,
			   profile == PROFILE_FULL ? "full" : "default", after[i].name, ns, ns - base,
			   (unsigned long long)after[i].jited_bytes);
	}
}

void programs_measure(const struct bench_options *options)
{
	_cleanup_(cleanup_close) int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);

	report_heading("Time in each BPF program");
	if (statistics < 0) {
		report_text("Skipped: the kernel gives no run time statistics.");
		return;
	}
	process_pin(WORK_CPU);
	process_set_realtime(true);
	report_columns("workload|profile|program|ns a run|less an empty one|bytes of code");
	for (unsigned int i = 0; i < sizeof(measured) / sizeof(measured[0]) && !bench_stopped; i++)
		for (unsigned int j = 0; j < workload_count; j++) {
			if (strcmp(measured[i], workloads[j].name) != 0)
				continue;
			if (options->quick && measured[i] != measured[0] &&
			    strcmp(measured[i], "switch") != 0)
				continue;
			if (workloads[j].start(options)) {
				measure(&workloads[j], PROFILE_DEFAULT, options->quick);
				if (i == 0)
					measure(&workloads[j], PROFILE_FULL, options->quick);
			}
			workloads[j].stop();
		}
	report_table();
	process_set_realtime(false);
}
