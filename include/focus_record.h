/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * What is counted for the containers that somebody looks at: their system calls one by one. Maps that the daemon maps; it zeroes a place
 * before it gives it to a container, the kernel only adds. groups[].focus says which place a cgroup counts for.
 */
#include "record.h"

#define FOCUS_PLACES 4
#define FOCUS_BUCKETS (HISTOGRAM_BUCKETS / 2 + 1) /* two of the shared ones each: bounds at 2^(i/2) seconds */

/* group.focus: the kernel finds out by focus_list what is undecided. */
#define FOCUS_UNDECIDED 0
#define FOCUS_NONE 1
#define FOCUS_FIRST 2 /* and the number of the place */

struct focus_counts {
	__u64 calls
		[SYSCALL_NUMBERS]; /* by number, as cpu_state.calls_by_number; exit and exit_group when they begin */
	__u64 errors[SYSCALL_NUMBERS];
	__u64 errors_by_number[ERRNO_NUMBERS];
	__u64 untimed; /* calls whose beginning was not seen, or whose cell another took */
	__u32 latency[SYSCALL_NUMBERS * FOCUS_BUCKETS]; /* of a number FOCUS_BUCKETS one after the other */
};

/* Cgroups that tell what those below them, which the daemon does not know yet, belong to: the nearest one above counts. */
#define FOCUS_CGROUPS 32
#define FOCUS_LEVELS 12 /* that are looked at upwards */

struct focus_list {
	__u64 cgroup_id[FOCUS_CGROUPS]; /* with CGROUP_V1; 0: the end */
	__u32 focus[FOCUS_CGROUPS];     /* as group.focus */
};

/* pid % FOCUS_CELLS -> pid << FOCUS_TIME_BITS | time of the entry into the call it is in, in ns, cut: one store, so that it is whole. */
#define FOCUS_CELLS 8192
#define FOCUS_TIME_BITS 42 /* 73 minutes */
#define FOCUS_TIME_MASK ((1ULL << FOCUS_TIME_BITS) - 1)
