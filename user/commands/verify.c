/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ktally verify`: does known work and compares what ktally counted with it. Each work is done by a process and program of its
 * own, which is read before and after, so that its start and end do not count.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "base/time.h"
#include "collect/collector.h"
#include "commands/verify.h"
#include "commands/verify_work.h"

enum expectation {
	EXPECT_AMOUNT, /* exactly the amount of work */
	EXPECT_CPU,    /* the process's own CPU time, within 0.1 % and a tick of the scheduler */
	EXPECT_WAIT,   /* the wall time of its waits but for a CPU, within 5 % */
};

static const struct row {
	const char *text;
	enum verify_work work;
	uint64_t amount;
	unsigned int value;
	enum expectation expectation;
} rows[] = {
	{ "system calls", WORK_CALLS, 10007, V_SYSCALLS + VALUE_INDEX(class, PROCESS), EXPECT_AMOUNT },
	{ "system call errors", WORK_ERRORS, 1009, V_SYSCALL_ERRORS + VALUE_INDEX(class, FILE),
	  EXPECT_AMOUNT },
	{ "processes ended well", WORK_FORKS, 211, V_EXITS + VALUE_INDEX(exit_status, SUCCESS),
	  EXPECT_AMOUNT },
	{ "processes failed", WORK_FAILURES, 53, V_EXITS + VALUE_INDEX(exit_status, FAILURE), EXPECT_AMOUNT },
	{ "processes killed", WORK_SIGNALS, 31, V_EXITS + VALUE_INDEX(exit_status, SIGNAL), EXPECT_AMOUNT },
	{ "process starts", WORK_FORKS, 101, V_STARTS, EXPECT_AMOUNT },
	{ "execs", WORK_EXECS, 23, V_EXECS, EXPECT_AMOUNT },
	{ "minor page faults", WORK_FAULTS, 2003, V_FAULTS + VALUE_INDEX(fault_type, MINOR), EXPECT_AMOUNT },
	{ "bytes written to a file", WORK_FILE, 1000003, V_FILE_WRITTEN, EXPECT_AMOUNT },
	{ "bytes sent to a socket", WORK_SOCKET, 1000003, V_NETWORK_TRANSMIT + VALUE_INDEX(protocol, UNIX),
	  EXPECT_AMOUNT },
	{ "bytes received", WORK_SOCKET, 1000003, V_NETWORK_RECEIVE + VALUE_INDEX(protocol, UNIX),
	  EXPECT_AMOUNT },
	{ "CPU time", WORK_SPIN, 307, V_CPU, EXPECT_CPU },
	{ "wait: sleep", WORK_SLEEP, 37, V_WAIT + VALUE_INDEX(wait_reason, SLEEP), EXPECT_WAIT },
	{ "wait: poll", WORK_POLL, 37, V_WAIT + VALUE_INDEX(wait_reason, POLL), EXPECT_WAIT },
	{ "wait: lock", WORK_FUTEX, 37, V_WAIT + VALUE_INDEX(wait_reason, LOCK), EXPECT_WAIT },
	{ "wait: pipe", WORK_PIPE, 37, V_WAIT + VALUE_INDEX(wait_reason, PIPE), EXPECT_WAIT },
};

#define TICK_NS (10 * NS_PER_MS) /* the longest tick of a scheduler, HZ=100 */

/* Sum over all containers of a value of the program with this name. */
static uint64_t program_value(const struct model *model, const char *name, unsigned int value)
{
	uint64_t sum = 0;

	for (const struct container *container = model->containers; container; container = container->hh.next)
		for (const struct program *program = container->programs; program; program = program->hh.next)
			if (strcmp(program->name, name) == 0)
				sum += program->value[value];
	return sum;
}

/* One work and what was counted for it. */
static int measure(struct collector *collector, const struct row *row, uint64_t *ret_counted,
		   struct verify_report *ret_report)
{
	struct verify_worker *worker = NULL;
	char program[40], counted_as[NAME_SIZE];
	uint64_t before;
	int error;

	snprintf(program, sizeof(program), "verify-%u", (unsigned int)(row - rows));
	snprintf(counted_as, sizeof(counted_as), "memfd:%s", program);
	error = verify_work_begin(row->work, row->amount, program, &worker);
	if (error)
		return error;
	collector_tick(collector);
	before = program_value(collector_model(collector), counted_as, row->value);
	error = verify_work_do(worker, ret_report);
	collector_tick(collector);
	*ret_counted = program_value(collector_model(collector), counted_as, row->value) - before;
	verify_work_end(worker);
	return error;
}

static void print_value(const struct row *row, uint64_t value)
{
	if (row->expectation == EXPECT_AMOUNT)
		printf("%15llu", (unsigned long long)value);
	else
		printf("%13.6f s", value / 1e9);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Prints the line; true when the number is right. */
static bool compare(const struct row *row, uint64_t counted, const struct verify_report *report)
{
	uint64_t expected = row->amount, tolerance = 0;
	bool right;

	if (row->expectation == EXPECT_CPU) {
		expected = report->cpu_ns;
		tolerance = expected / 1000 + TICK_NS;
	} else if (row->expectation == EXPECT_WAIT) {
		expected = report->waited_ns;
		tolerance = expected / 20;
	}
	right = distance(counted, expected) <= tolerance;
	printf("%-6s %-22s", right ? "ok" : "WRONG", row->text);
	print_value(row, counted);
	print_value(row, expected);
	printf("   %s\n",
	       tolerance ? (row->expectation == EXPECT_CPU ? "within 0.1 % and a tick" : "within 5 %") :
			   "exact");
	return right;
}

static int verify_rows(struct collector *collector)
{
	int wrong = 0;

	printf("%-6s %-22s%15s%15s\n", "", "", "counted", "true");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verify_report report = { 0 };
		uint64_t counted;
		int error = measure(collector, &rows[i], &counted, &report);

		if (error) {
			printf("%-6s %-22s the work could not be done: %s\n", "WRONG", rows[i].text,
			       strerror(-error));
			wrong++;
			continue;
		}
		wrong += !compare(&rows[i], counted, &report);
		fflush(stdout);
	}
	return wrong;
}

static int verify_books(struct collector *collector)
{
	static const char *const names[ACCOUNTS] = {
		[ACCOUNT_SYSCALLS] = "books: system calls", [ACCOUNT_SWITCHES] = "books: switches",
		[ACCOUNT_BIRTHS] = "books: births",         [ACCOUNT_DEATHS] = "books: deaths",
		[ACCOUNT_BYTES] = "books: bytes",
	};
	const struct records_statistics *statistics = collector_statistics(collector);
	int wrong = 0;

	for (unsigned int i = 0; i < ACCOUNTS; i++) {
		bool right = statistics->difference[i] == 0;

		printf("%-6s %-22s%15llu%15d   exact\n", right ? "ok" : "WRONG", names[i],
		       (unsigned long long)statistics->difference[i], 0);
		wrong += !right;
	}
	return wrong;
}

static int silence(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static int verify(const struct options *options)
{
	struct collector *collector = NULL;
	char message[512];
	int wrong;

	if (collector_new(options, NULL, &collector, message, sizeof(message))) {
		fprintf(stderr, "ktally: %s\n", message);
		return 2;
	}
	if (!collector_has_bpf(collector)) {
		fprintf(stderr, "ktally: nothing to verify: BPF is off: %s\n", collector_reason(collector));
		collector_free(collector);
		return 2;
	}
	collector_tick(collector);
	wrong = verify_rows(collector);
	wrong += verify_books(collector);
	if (wrong)
		printf("%d wrong\n", wrong);
	else
		printf("all numbers are right\n");
	collector_free(collector);
	return wrong ? 1 : 0;
}

int verify_main(int argc, char **argv)
{
	char message[OPTIONS_MESSAGE_SIZE];
	enum options_action action;
	struct options options;
	int status;

	if (argc > 1 && strcmp(argv[1], "--work") == 0)
		return verify_work_main(argc - 2, argv + 2);
	if (options_parse(&options, argc, argv, &action, message, sizeof(message))) {
		fprintf(stderr, "ktally: %s\n", message);
		return EXIT_FAILURE;
	}
	if (action != OPTIONS_RUN) {
		printf("usage: ktally verify [OPTION...]\n\nDoes known work and compares what was counted with the truth, line by line."
		       "\nTakes the options of `ktally run`. Ends with 0 when all is right, 1 when not, 2 without BPF.\n");
		return EXIT_SUCCESS;
	}
	/* each work is a program of its own: none may be folded */
	options.limits_programs_per_container = 1000;
	signal(SIGPIPE, SIG_IGN); /* a worker that ended early is told by its pipe */
	libbpf_set_print(silence);
	status = verify(&options);
	options_done(&options);
	return status;
}
