/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Work of exactly known size, done by a process of its own for `ktally verify`. */
#include <stdint.h>

/* What the working process measured itself. */
struct verify_report {
	uint64_t cpu_ns;    /* CLOCK_PROCESS_CPUTIME_ID since the work began */
	uint64_t waited_ns; /* wall time of the waits, less that for a CPU */
};

enum verify_work {
	WORK_CALLS,  /* `amount` calls of getppid */
	WORK_ERRORS, /* `amount` failing calls of close */
	WORK_FORKS,  /* `amount` children that end with 0 */
	WORK_FAILURES,
	WORK_SIGNALS,
	WORK_EXECS, /* `amount` executions of this binary, one after the other in one process */
	WORK_THREADS,
	WORK_FAULTS, /* `amount` pages touched for the first time */
	WORK_SPIN,   /* `amount` ms of CPU time */
	WORK_SLEEP,  /* `amount` sleeps of 10 ms */
	WORK_POLL,
	WORK_FUTEX,
	WORK_PIPE,
	WORK_FILE,   /* `amount` bytes written to a regular file */
	WORK_SOCKET, /* `amount` bytes sent through a unix socket, and received */
	WORK_NOTHING,
};

struct verify_worker;

/*
 * Makes a process whose program is called `program` (at most 40 bytes): a copy of this binary in memory. It has done the work
 * once in nothing and waits. 0 or negative errno.
 */
int verify_work_begin(enum verify_work work, uint64_t amount, const char *program,
		      struct verify_worker **ret_worker);
/* Has it done, and waits until it is. The process lives on. 0; -ECHILD when it did not end well. */
int verify_work_do(struct verify_worker *worker, struct verify_report *ret_report);
/* Ends the process. */
void verify_work_end(struct verify_worker *worker);

/* The other side: `ktally verify --work WORK AMOUNT`. Returns the exit status. */
int verify_work_main(int argc, char **argv);
