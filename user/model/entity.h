/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The things that model.h keeps tables of: processes, programs, containers and their cgroups. */
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "model/details.h"
#include "model/identity.h"
#include "model/instance.h"
#include "model/metric.h"
#include "model/window.h"

#define SCHEDULED_VALUES (V_RUNQUEUE_WAITS + 1) /* the first of all values: CPU time, run queue */

struct histogram {
	uint64_t bucket[HISTOGRAM_BUCKETS]; /* not cumulative; their bounds: metric_scale() of the unit */
	uint64_t count;
	uint64_t sum; /* ns or bytes */
};

#define RANKED_VALUES 3 /* what history chose it by, as it stood then: see history_table.c */

struct program {
	UT_hash_handle hh; /* in container->programs, by name */
	struct container *container;
	char name[NAME_SIZE];
	bool is_kernel;
	struct program
		*alias; /* counts go to this one since its container was merged into another; else NULL */
	struct program *next_alias; /* in container->aliases, not in its programs */
	uint32_t references;        /* threads and processes attributed to it */
	uint64_t idle_since_ns;     /* when references fell to 0 */
	uint64_t created_ns;        /* CLOCK_REALTIME */
	struct window *window;      /* [SERIES_PROGRAM_RATES] */
	struct place *place;        /* in history; NULL without */
	uint64_t ranked[RANKED_VALUES];
	uint64_t value[PROGRAM_VALUES];
};

/* Whose network devices a container sees; not known before its first process was looked at. */
enum container_network { CONTAINER_NETWORK_UNKNOWN, CONTAINER_NETWORK_OWN, CONTAINER_NETWORK_HOST };

struct container {
	UT_hash_handle hh; /* in model->containers, by key */
	char *key;         /* namespace, pod, name, each with its NUL */
	uint32_t key_size;
	const char *namespace, *pod, *name; /* inside key */
	struct program *programs;
	uint32_t kernel_programs; /* of `programs`: those of kernel threads, which no bound counts */
	struct program *other;    /* takes what is past the limit; NULL until needed */
	struct program *aliases;  /* by next_alias: those merged into others that are still referred to */
	struct cgroup *instances; /* list by next_instance; those alive and those in their grace time */
	uint32_t instance_count;
	uint32_t alive;         /* instances whose cgroup exists */
	uint32_t groups;        /* of the kernel's that they have, see read/crowd.h */
	bool has_old_gauges;    /* an instance came, went or was read since they were summed */
	uint64_t dead_since_ns; /* CLOCK_MONOTONIC; 0 while alive */
	uint64_t created_ns;    /* CLOCK_REALTIME */
	enum container_network network;
	struct window *
		window; /* [SERIES_RATES]; what its programs count too is the sum of theirs, but of the node */
	struct wait_window *waits;
	struct place *place; /* in history; NULL without */
	uint64_t ranked[RANKED_VALUES];
	uint64_t viewed_until_ns; /* CLOCK_MONOTONIC; until then its files are read every second */
	struct file_growth
		*file_growth; /* of the node alone: a container's instances have it. NULL: not read yet */
	uint64_t value[CONTAINER_VALUES];
	bool has_file[CONTAINER_VALUES -
		      PROGRAM_VALUES]; /* which values of source FILE are known: absent is not 0 */
	struct histogram runqueue;
	struct histogram *disk;         /* [DIMENSION_WIDTH(operation)] once it used a disk; else NULL */
	struct histogram *tcp;          /* [TCP_HISTOGRAMS]; NULL before its first connection */
	struct histogram *latency;      /* [DIMENSION_WIDTH(class)], profile full; else NULL */
	struct connection *connections; /* model/connection.h, by key */
};

/* One instance: a cgroup that is a container, or below one. */
struct cgroup {
	UT_hash_handle hh; /* in model->cgroups, by id */
	uint64_t id;       /* with CGROUP_V1 */
	char *path;        /* below the root of its hierarchy; "" when not known yet */
	struct container *container;
	struct cgroup *next_instance, **instance_link; /* in container->instances */
	struct identity *identity;                     /* owned; NULL for a cgroup below a container's own */
	struct details *details;                       /* owned; NULL until a runtime told them */
	bool removed;
	struct cgroup *next_removed; /* in the model's list */
	uint64_t removed_ns;
	uint64_t untold_start_ns;  /* CLOCK_REALTIME; 0: the journal has its start, or never will */
	uint32_t references;       /* thread records */
	uint32_t group;            /* kernel group slot, 0 none */
	struct network *network;   /* the namespace it uses; NULL: the host's, or not known */
	struct instance *instance; /* owned; NULL for a cgroup whose files are not read */
	uint64_t scheduled
		[SCHEDULED_VALUES]; /* of its threads: all since ktally began, and what those had then that lived */
	uint64_t activity;          /* grows when a thread of it ran: the file reader skips the quiet */
	bool is_running; /* it did since the last pass of groups, or is new to them: in the model's list */
	struct cgroup *next_running;
};

struct process_key {
	uint32_t tgid;
	uint32_t zero;
	uint64_t start_ns;
};

struct process {
	UT_hash_handle hh; /* in model->processes, by key */
	struct process_key key;
	struct program *program;
	uint32_t threads; /* live records */
	uint64_t execs;   /* of the thread that told its program: execs that it and its ancestors made */
	bool exited;
	uint32_t resident_reading;     /* number of the reading that told resident_bytes last */
	uint64_t resident_bytes;       /* anonymous, shared and of files; some seconds old */
	struct small_window *window;   /* [SERIES_PROCESS_RATES]; NULL while it does nothing */
	struct process *next_active;   /* those with a window: in the model's list */
	uint64_t cpu_ns;               /* since ktally sees it */
	struct process *next_starting; /* born since the last pass: in the model's list */
	uint32_t forget_in;            /* passes until it is forgotten, once it has no threads */
	bool is_ending;                /* in the model's list of those that may have none, by the next */
	struct process *next_ending;
};
