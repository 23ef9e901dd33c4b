/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The records of all threads, mapped: differences go to the model, dead slots back to the kernel. Nothing here makes a system
 * call per thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "model/model.h"
#include "probe/probe.h"
#include "read/disks.h"
#include "read/focus.h"
#include "read/thread.h"

enum accounting {
	ACCOUNT_SYSCALLS,
	ACCOUNT_SWITCHES,
	ACCOUNT_BIRTHS,
	ACCOUNT_DEATHS,
	ACCOUNT_BYTES,
	ACCOUNTS
};

struct records_statistics {
	uint64_t live;     /* slots in use */
	uint64_t capacity; /* slots that threads can have */
	uint64_t groups, group_capacity;
	uint64_t difference[ACCOUNTS];
	uint64_t unattributed_calls, unattributed_switches, unattributed_cpu_ns, unattributed_births;
	uint64_t unattributed_bytes, unattributed_messages, unattributed_uring; /* see struct cpu_state */
	uint64_t unattributed_connections;         /* TCP connections of no cgroup */
	uint64_t connections, connection_capacity; /* rows in use */
	struct disks_statistics disks;
	uint64_t unattributed_victims; /* of the OOM killer: written over before they were read */
	uint64_t no_group;             /* records without a group, because none was free */
	uint64_t crowded;              /* and because their container has its share */
	uint64_t stale_slots;          /* mended by the kernel side */
	uint64_t orphans;              /* mended here */
	uint64_t poked;                /* CPUs brought up to date without a switch */
};

struct records;

/* Maps the tables of a loaded probe and fills the free stacks; to be called before probe_attach(). */
int records_new(struct probe *probe, const struct feature *feature, struct model *model,
		struct records **ret_records);
void records_free(struct records *records);
CLEANUP_FREE(records)

/* Before and after probe_attach(): every task gets its record; those that ended in between are cleared away. */
int records_survey(struct records *records, bool make);
/* The same for sockets: before, those that `listen`; after, all of them. */
int records_survey_sockets(struct records *records, bool listen);
void records_settle(struct records *records, const struct thread_owner *owner);

/* One reading of everything. `owner->model` is the model given at the start. */
void records_pass(struct records *records, const struct thread_owner *owner);
/* Takes only what died since, from the per-CPU lists: between passes, so that slots do not run out. */
void records_drain(struct records *records, const struct thread_owner *owner);
/* Every 10 s or so: finds records whose thread the pid table does not know any more. */
void records_sweep(struct records *records, const struct thread_owner *owner);

/* The threads of a process that are alive, as they were last counted. `waits_for`: VALUE_INDEX(wait_reason, x) as it is now, or -1. */
typedef void records_thread_visit(void *context, uint32_t tid, const struct thread *thread, int waits_for);
void records_each_thread(const struct records *records, uint32_t tgid, records_thread_visit *visit,
			 void *context);

/* Who looks at single containers, by the same tables. */
struct focus_reader *records_focus(const struct records *records);
const struct records_statistics *records_statistics(const struct records *records);
/* Notices of a type (enum event_type) that found the ring buffer full. */
uint64_t records_dropped(const struct records *records, unsigned int type);
