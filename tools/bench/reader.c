// SPDX-License-Identifier: Apache-2.0
/* The daemon's own work: a reading of all threads, its memory, and what it uses when nothing happens. */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"
#include "scrape.h"

#define THREADS_PER_PROCESS 250
#define PASSES 31
#define PASSES_QUICK 5
#define WAIT_MS 20000
#define IDLE_MS 10000
#define IDLE_QUICK_MS 1500

/* Shared by all sleeping threads: they wait for `turn` to change. */
struct farm {
	_Atomic uint32_t turn, awake;
	uint32_t threads;
	pid_t processes[64];
};

static void futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void *sleep_and_wake(void *context)
{
	struct farm *farm = context;

	for (;;) {
		uint32_t turn = atomic_load(&farm->turn);

		atomic_fetch_add(&farm->awake, 1);
		while (atomic_load(&farm->turn) == turn)
			futex(&farm->turn, FUTEX_WAIT, turn);
		syscall(SYS_getppid);
	}
	return NULL;
}

static void hold_threads(struct farm *farm, uint32_t count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 32 * 1024);
	for (uint32_t i = 1; i < count; i++)
		if (pthread_create(&thread, &attributes, sleep_and_wake, farm))
			_exit(1);
	sleep_and_wake(farm);
}

/* All threads have gone back to sleep. */
static bool farm_settle(struct farm *farm)
{
	for (unsigned int ms = 0; atomic_load(&farm->awake) < farm->threads; ms++) {
		if (ms == WAIT_MS || bench_stopped)
			return false;
		bench_sleep_ms(1);
	}
	bench_sleep_ms(5); /* the last of them is between its count and its wait */
	return true;
}

/* Every thread runs once. */
static bool farm_wake(struct farm *farm)
{
	atomic_store(&farm->awake, 0);
	atomic_fetch_add(&farm->turn, 1);
	futex(&farm->turn, FUTEX_WAKE, INT_MAX);
	return farm_settle(farm);
}

static void farm_free(struct farm *farm)
{
	for (unsigned int i = 0; farm && i < 64; i++)
		process_end(farm->processes[i], SIGKILL);
	if (farm)
		munmap(farm, sizeof(*farm));
}

static struct farm *farm_new(uint32_t threads)
{
	struct farm *farm = mmap(NULL, sizeof(*farm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				 0);

	if (farm == MAP_FAILED)
		return NULL;
	farm->threads = threads;
	for (uint32_t i = 0; i * THREADS_PER_PROCESS < threads; i++) {
		uint32_t left = threads - i * THREADS_PER_PROCESS;

		farm->processes[i] = process_fork(WORK_CPU);
		if (farm->processes[i] == 0) {
			hold_threads(farm, left < THREADS_PER_PROCESS ? left : THREADS_PER_PROCESS);
			_exit(0);
		}
	}
	if (!farm_settle(farm)) {
		fprintf(stderr, "bench: %u threads cannot be had\n", threads);
		farm_free(farm);
		return NULL;
	}
	return farm;
}

/* ---- */

static double pass_us(struct farm *farm, const struct collector_child *child, unsigned int passes,
		      bool active, bool tick, double *ret_longest)
{
	double values[PASSES];
	unsigned int count = 0;

	for (unsigned int i = 0; i < passes && !bench_stopped; i++) {
		if (active ? !farm_wake(farm) : (bench_sleep_ms(20), false))
			break;
		values[count++] = (double)collector_child_pass_ns(child, tick) / NS_PER_US;
	}
	if (!count)
		return 0;
	*ret_longest = bench_percentile(values, count, 1);
	return bench_median(values, count);
}

static void measure_passes(struct farm *farm, const struct bench_options *options)
{
	static const char *const names[] = { "asleep", "each ran once" };
	unsigned int passes = options->quick ? PASSES_QUICK : PASSES;
	struct collector_child child;

	if (collector_child_start(PROFILE_DEFAULT, NULL, false, &child))
		return;
	for (unsigned int active = 0; active < 2; active++) {
		double longest = 0, tick_longest = 0;
		double pass = pass_us(farm, &child, passes, active, false, &longest);
		double tick = pass_us(farm, &child, passes, active, true, &tick_longest);

		report_row("%u|%s|%.3f|%.3f|%.3f|%.3f", farm->threads, names[active], pass / 1e3,
			   longest / 1e3, tick / 1e3, tick_longest / 1e3);
		if (farm->threads == 10000)
			report_goal(active ? "pass over 10,000 threads that all ran" :
					     "pass over 10,000 sleeping threads",
				    "ms", 2, pass / 1e3);
	}
	collector_child_stop(&child);
}

struct memory {
	uint32_t threads;
	double kernel;
	struct process_memory process;
};

static struct memory measure_memory(uint32_t threads, const struct bench_options *options)
{
	struct memory memory = { .threads = threads };
	struct daemon_child daemon;
	struct scrape scrape;

	if (daemon_start(options->ktally, PROFILE_DEFAULT, NULL, &daemon))
		return memory;
	bench_sleep_ms(options->quick ? 1200 : 2500);
	if (scrape_once(daemon.port, "text/plain", &scrape) == 0) {
		memory.kernel = scrape_value(&scrape, "ktally_self_kernel_memory_bytes") / 1048576;
		memory.process = process_memory(daemon.pid);
	}
	scrape_done(&scrape);
	daemon_stop(&daemon);
	return memory;
}

static void measure_idle(const struct bench_options *options)
{
	unsigned int ms = options->quick ? IDLE_QUICK_MS : IDLE_MS;

	report_heading("The daemon on an idle machine");
	report_columns("profile|CPU time a second, ms|% of a core");
	for (unsigned int profile = PROFILE_LIGHT; profile <= PROFILE_FULL && !bench_stopped; profile++) {
		struct daemon_child daemon;
		uint64_t begin_ns, cpu_ns;
		double share;

		if (options->quick && profile != PROFILE_DEFAULT)
			continue;
		if (daemon_start(options->ktally, profile, NULL, &daemon))
			continue;
		bench_sleep_ms(1500); /* the start is not idle */
		begin_ns = time_monotonic_ns();
		cpu_ns = process_cpu_ns(daemon.pid);
		bench_sleep_ms(ms);
		share = (double)(process_cpu_ns(daemon.pid) - cpu_ns) /
			(double)(time_monotonic_ns() - begin_ns);
		daemon_stop(&daemon);
		if (bench_stopped)
			break;
		report_row("%s|%.3f|%.4f",
			   profile == PROFILE_LIGHT   ? "light" :
			   profile == PROFILE_DEFAULT ? "default" :
							"full",
			   share * 1000, share * 100);
		if (profile == PROFILE_DEFAULT)
			report_goal("idle machine, profile default", "% of a core", 0.1, share * 100);
	}
	report_table();
}

void reader_measure(const struct bench_options *options)
{
	static const uint32_t sizes[] = { 100, 1000, 10000 };
	struct memory memory[3] = { 0 };

	process_pin(WORK_CPU);
	report_heading("Reading all threads");
	report_columns("threads added|they|pass, median ms|longest|whole tick, median ms|longest");
	for (unsigned int i = 0; i < 3 && !bench_stopped; i++) {
		struct farm *farm = options->quick && i == 1 ? NULL : farm_new(sizes[i]);

		if (!farm)
			continue;
		variant_is_alone();
		measure_passes(farm, options);
		memory[i] = measure_memory(sizes[i], options);
		farm_free(farm);
	}
	report_table();
	report_heading("Memory, profile default, MiB");
	report_columns(
		"threads added|resident|of it kernel tables, mapped|its own (Pss)|maps and programs in the "
		"kernel|own + kernel");
	for (unsigned int i = 0; i < 3; i++)
		if (memory[i].kernel > 0)
			report_row("%u|%.1f|%.1f|%.1f|%.1f|%.1f", memory[i].threads,
				   memory[i].process.resident, memory[i].process.mapped,
				   memory[i].process.own, memory[i].kernel,
				   memory[i].process.own + memory[i].kernel);
	report_table();
	if (!bench_stopped && variant_is_alone())
		measure_idle(options);
}
