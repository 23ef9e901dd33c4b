/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The reader's side of one record: what it read last, and whom it counts for. */
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "oom_record.h"
#include "record.h"

struct thread {
	bool live;
	bool is_kernel;
	bool orphaned; /* not in the pid table at the last sweep */
	uint32_t seq;  /* of the record when it was last read */
	uint32_t name_seq;
	uint64_t unseen_since_ns; /* profile light: of the first survey that did not meet it */
	uint64_t calls;
	uint64_t switches;
	uint64_t wait_value; /* of the running reason as it stood in the record */
	struct cgroup *cgroup;
	struct program *program; /* NULL for a catch-all */
	struct process *process; /* NULL for a catch-all, or past the limit of processes */
	uint64_t
		last[THREAD_VALUES]; /* as counted: adjusted times, waits with what was added provisionally */
};

/* What a pass needs to give a thread its owner. */
struct thread_owner {
	struct model *model;
	uint64_t now_ns; /* CLOCK_MONOTONIC */
	uint64_t realtime_ns;
	/* The cgroup of an id that the model does not know yet; NULL when out of memory. `pid` helps to find its path. */
	struct cgroup *(*find_cgroup)(void *context, uint64_t cgroup_id, uint32_t pid);
	/* Each victim of the OOM killer once, after it was counted; `program` (of its container) is NULL for one that is nobody's. NULL:
	 * nobody wants to know. */
	void (*on_victim)(void *context, const struct oom_victim *victim, const struct program *program);
	void *context;
};

/* First sight of a record: the base is taken as already counted, owner and gauges are set. -ENOMEM leaves it for the next pass. */
int thread_begin(struct thread *thread, const struct record *record, const struct record_base *base,
		 const char *name, const struct thread_owner *owner);
/* The program it runs has another name; `execs` is value[V_EXECS] of its record by then. */
void thread_rename(struct thread *thread, const char *name, uint64_t execs, const struct thread_owner *owner);
/* Its cgroup counts to another container now: thread_rename() takes it there. */
bool thread_has_moved(const struct thread *thread);
/* Adds what grew since the last reading to the model; `record` is a consistent copy. */
void thread_count(struct thread *thread, const struct record *record, const struct thread_owner *owner);
/* Nothing changed but the clock: goes on with a wait. */
void thread_wait_on(struct thread *thread, const struct record *record, const struct thread_owner *owner);
/* Payload counted so far, the sum of BYTES_BEGIN to BYTES_END. */
uint64_t thread_bytes(const struct thread *thread);
/* After its last thread_count(): ends gauges, tells the process's end. */
void thread_end(struct thread *thread, const struct record *record, const struct thread_owner *owner);

/*
 * User and system time as the kernel shows them in procfs: tick samples scaled to the exact run time, never going back
 * (kernel/sched/cputime.c, cputime_adjust(), 6.18). *user_ns and *system_ns hold the samples on entry; `last_*` the values
 * shown before. Their sum is `run_ns`.
 */
void thread_adjust_times(uint64_t run_ns, uint64_t last_user_ns, uint64_t last_system_ns, uint64_t *user_ns,
			 uint64_t *system_ns);
