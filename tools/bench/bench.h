/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The overhead harness: what its files share. Everything is measured on this machine in this run; nothing is a constant. */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "options/options.h"

enum { WORK_CPU = 1, READER_CPU = 0, ROUNDS_MAX = 64, AGAINST_MAX = 4 };

struct bench_options {
	bool quick;
	unsigned int rounds;
	const char *only;     /* name of a workload, "reader" or "programs"; NULL: all */
	const char *markdown; /* file to write, or NULL */
	const char *date;     /* given by the caller */
	const char *ktally, *noop;
	const char *against[AGAINST_MAX]; /* other builds of ktally */
};

extern volatile sig_atomic_t bench_stopped; /* SIGINT or SIGTERM came */

double bench_median(const double *values, unsigned int count);
double bench_percentile(double *values, unsigned int count, double share); /* sorts them */
/* Median of value / base, or of the values when `base` is NULL, over those rounds that have both (0: not measured); 0 when none has. */
double bench_ratio(const double *values, const double *base, unsigned int rounds);
void bench_sleep_ms(unsigned int ms); /* ends early when stopped */

/* ---- process.c: children, all ended with the harness; none inherits descriptors but those given ---- */

void process_pin(int cpu);
/* Of the work and its children: nothing else comes between, and a wakeup does not preempt, so that a token passed on is one switch
 * whatever the variant. Children on READER_CPU are not. */
void process_set_realtime(bool realtime);
pid_t process_fork(int cpu); /* 0 in the child */
/* Starts a command on a CPU. Its standard output and error go to *ret_output, or nowhere when NULL. */
pid_t process_spawn(char *const argv[], int cpu, int *ret_output);
void process_end(pid_t pid, int signal);
void process_end_all(void);
uint64_t process_cpu_ns(pid_t pid); /* of all its threads */
struct process_memory {
	double resident, own, mapped; /* MiB: VmRSS; Pss of its own; Pss of BPF maps, which the kernel owns */
};
struct process_memory process_memory(pid_t pid);
bool process_has_command(const char *name, char *ret_path, size_t size);

/* ---- product.c: ktally itself, as a daemon of its own or as a child that holds the collector ---- */

struct daemon_child {
	pid_t pid;
	uint16_t port;
	int log;
};
/* `option`: one more for `ktally run`, or NULL. */
int daemon_start(const char *ktally, enum profile profile, const char *option,
		 struct daemon_child *ret_daemon);
void daemon_stop(struct daemon_child *daemon);

struct program_cost {
	char name[24];
	uint64_t runs, ns, jited_bytes;
};
struct collector_child {
	pid_t pid;
	int fd;
};
/* `without`: one program that is detached at once, or NULL. It ticks once a second only when told so. */
int collector_child_start(enum profile profile, const char *without, bool ticks,
			  struct collector_child *ret_child);
void collector_child_stop(struct collector_child *child);
uint64_t collector_child_pass_ns(const struct collector_child *child, bool tick);
unsigned int collector_child_costs(const struct collector_child *child, struct program_cost *costs,
				   unsigned int max);

/* ---- variant.c ---- */

enum variant {
	VARIANT_NONE,
	VARIANT_NONE_AGAIN,
	VARIANT_EMPTY_EXIT,
	VARIANT_EMPTY_SWITCH,
	VARIANT_EMPTY,         /* both: the hooks of profile default */
	VARIANT_EMPTY_SOCKETS, /* and those of sockets */
	VARIANT_EMPTY_ENTER,   /* and sys_enter: the hooks of profile full */
	VARIANT_LIGHT,
	VARIANT_DEFAULT,
	VARIANT_DEFAULT_SWITCH, /* profile default without sys_exit */
	VARIANT_FULL,
	VARIANT_AGAINST, /* profile default of other builds */
	VARIANT_AGAINST_LAST = VARIANT_AGAINST + AGAINST_MAX - 1,
	VARIANT_BPFTRACE,
	VARIANT_PERF,
	VARIANTS,
};
int variant_open(const struct bench_options *options);
void variant_close(void);
const char *variant_name(enum variant variant);
const char *variant_skipped(enum variant variant); /* why, "" when not asked for, NULL when it runs */
enum variant variant_empty(
	enum variant variant); /* the empty programs to compare with; VARIANT_NONE: nothing */
void variant_shuffle(enum variant order[VARIANTS]); /* all of them, in a new order */
int variant_on(enum variant variant);
void variant_off(enum variant variant);
unsigned int variant_empty_costs(struct program_cost *costs, unsigned int max);
/* Waits for BPF programs of somebody else to go; false when they stay. */
bool variant_is_alone(void);

/* ---- workload.c ---- */

struct workload {
	const char *name, *title, *unit;
	bool (*start)(const struct bench_options *options);
	void (*run)(long count);
	void (*stop)(void);
	unsigned int per_run; /* units in each of `count` */
};
extern const struct workload workloads[];
extern const unsigned int workload_count;
double workload_time(const struct workload *workload, long count); /* ns per unit */

/* ---- results: overhead.c, servers.c, reader.c, scrape.c, peers.c, programs.c; written by report.c ---- */

void overhead_measure(const struct bench_options *options);
void programs_measure(const struct bench_options *options);
void reader_measure(const struct bench_options *options);
/* node_exporter and cAdvisor where they are to be had; `own_cpu_us` a series is what ktally took. */
void peers_measure(const struct bench_options *options, unsigned int containers, unsigned int processes,
		   double own_cpu_us);
/* redis and nginx under load, where they are to be had. */
void servers_measure(const struct bench_options *options);
void scrape_measure(const struct bench_options *options);

void report_heading(const char *title);
void report_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_columns(const char *names); /* begins a table; "a|b|c" */
void report_row(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_table(void); /* ends it and prints it */
/* One goal of docs: `value` against `limit`; kept for the first table of the file. */
void report_goal(const char *what, const char *unit, double limit, double value);
void report_machine(void);
int report_write(const struct bench_options *options);
