/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * The memory that the kernel writes and the daemon reads by mmap.
 *
 * records[slot]   one per thread. Slots [0, possible CPUs) are one catch-all per CPU, for what has no slot of its own.
 * bases[slot]     what the thread's task counters stood at when the record began, and when its process did
 * names[slot]     executable of the thread
 * cpus[cpu]       current slot, independent totals, per-CPU tables
 * groups[group]   one per cgroup, for what is not counted per thread, and group_tcps[]; group 0 takes what finds no group
 *
 * Only the CPU that runs a thread writes its record, with plain adds. `state` is stored last at birth and at death. A DEAD
 * record is written by nobody in the kernel: the reader takes the last difference, clears it and gives the slot back.
 * No pointers, no libc: __u32 and __u64 only.
 */
#ifndef __bpf__
#include <linux/types.h>
#endif
#include "metrics.h"

enum record_state { RECORD_FREE, RECORD_LIVE, RECORD_DEAD };

enum record_flags {
	RECORD_BORN = 1,       /* the thread began after ktally did */
	RECORD_LEADER = 2,     /* pid == tgid at birth: with BORN, the start of a process */
	RECORD_GROUP_DEAD = 4, /* set at death: no thread of the process is left */
	RECORD_MOVED =
		8, /* set at death: the thread lives on in another slot (other cgroup, other program) */
	RECORD_KERNEL = 16,   /* kernel thread */
	RECORD_SEEDED = 32,   /* made by a survey of all tasks, not met on a CPU */
	RECORD_VANISHED = 64, /* set at death: the task was gone without notice */
	RECORD_LATE =
		128, /* the thread had run before: its birth is not this record's, or was counted without a slot */
};

#define WAIT_NONE 0 /* record.wait_reason: not waiting; else 1 + VALUE_INDEX(wait_reason, x) */

struct record {
	/* first cache line: all that an idle thread's reading needs */
	__u32 state; /* enum record_state */
	__u32 seq; /* odd while sched_switch writes the rest; grows with all that is written besides a system call */
	__u64 task; /* address of task_struct: the thread's identity, also across the pid exchange of exec */
	__u64 cset; /* task->cgroups at birth of the record */
	__u64 switches;
	__u64 calls;
	__u64 departed_ns; /* CLOCK_MONOTONIC of the last switch away, while wait_reason is set */
	__u64 arrived_ns;  /* of the switch back, 0 while still away */
	__u16 wait_reason;
	__u16 flags;
	__u32 group;
	/* second cache line: who it is */
	__u32 pid;
	__u32 tgid;
	__u64 cgroup_id; /* see CGROUP_V1 */
	__u64 enter_ns;  /* profile full: entry of the sampled system call, 0 when this one is not sampled */
	__u64 regs; /* address of its saved user registers, once a system call told it: who it is, without a helper call */
	__s32 exit_code;  /* as in wait status; with RECORD_GROUP_DEAD */
	__u32 seen;       /* number of the last survey that met the thread */
	__u32 named_exec; /* value[V_EXECS] when the name was taken, cut */
	/* value[RECORD_VALUES + i] of the model: a thread needs minutes for 2^32 of these, and is read every second */
	__u32 narrow[NARROW_VALUES];
	__u64 value[RECORD_VALUES];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct record) <= 512 && __builtin_offsetof(struct record, value) == 128,
	       "eight lines");

struct record_base {
	__u64 start_ns; /* CLOCK_BOOTTIME of the start of the process: with tgid its identity */
	__u64 value[TASK_VALUES];
};

#define NAME_SIZE 64

struct record_name {
	__u32 seq; /* odd while being written; grows by 2 with every name */
	__u32 padding;
	char name[NAME_SIZE];
};

/* Cgroup ids of two hierarchies may be equal: those of the v1 `cpu` hierarchy carry this bit. */
#define CGROUP_V1 (1ULL << 63)

/* slot_by_pid[pid % SLOT_CELLS] = pid << 32 | slot; a pid whose cell is taken is in the hash slot_by_pid_far. */
#define SLOT_CELLS 65536
#define SLOT_TAKEN 1ULL /* a cell that was used: pid 0 is nobody's */

#define SYSCALL_NUMBERS 512 /* table by number; the last cell takes what is beyond and other ABIs */
#define ERRNO_NUMBERS 160   /* the last cell takes what is beyond */
#define RETIRED_SLOTS 4096  /* per CPU; power of two */

struct cpu_state {
	__u32 slot; /* of the thread now on this CPU */
	__u32 idle; /* that thread is the idle task */
	/* independent totals: counted after the record, without looking at it */
	__u64 calls;
	__u64 switches;
	__u64 births;
	__u64 deaths;
	__u64 bytes; /* payload of files and sockets */
	/* what could not be attributed, or had to be mended */
	__u64 no_slot;                                      /* threads born that found no free slot */
	__u64 slotless_starts;                              /* processes among them */
	__u64 slotless_exits[DIMENSION_WIDTH(exit_status)]; /* processes whose last thread had no slot */
	__u64 no_group, crowded; /* groups refused: none was free; the container has its share */
	__u64 stale_slot;        /* the current slot was not the current thread's */
	__u64 stale_calls;       /* system calls that met a stale slot and no record of their own */
	__u64 unknown_bytes;     /* moved by a call whose descriptor says nothing any more */
	__u64 unknown_messages; /* of sendmmsg and recvmmsg, and completions of AIO, that could not be read */
	__u64 unknown_uring;    /* completions of io_uring that may have moved bytes, and do not tell where */
	__u64 sample_state;     /* of the random distances between sampled system calls */
	__u64 sample_in;        /* system calls until the next sample */
	__u64 retired;          /* slots ever written to retired_slot[] */
	__u64 base_task;        /* address of the slotless thread now running */
	__u64 base[TASK_VALUES]; /* its task counters when it came */
	__u32 retired_slot[RETIRED_SLOTS];
	__u64 calls_by_number[SYSCALL_NUMBERS];
	__u64 errors_by_number[ERRNO_NUMBERS];
} __attribute__((aligned(64)));

/*
 * Histogram buckets have the bounds of Prometheus native histograms of schema 2, 2^(i/4) seconds, upper bound inclusive.
 * Bucket 0 takes all up to 2^HISTOGRAM_MIN_EXPONENT s, the last all beyond 2^HISTOGRAM_MAX_EXPONENT s.
 */
#define HISTOGRAM_SCHEMA 2
#define HISTOGRAM_MIN_EXPONENT (-20) /* 0.95 us */
#define HISTOGRAM_MAX_EXPONENT 7     /* 128 s */
#define HISTOGRAM_OCTAVES (HISTOGRAM_MAX_EXPONENT - HISTOGRAM_MIN_EXPONENT)
#define HISTOGRAM_BOUNDS (HISTOGRAM_OCTAVES * 4 + 1)
#define HISTOGRAM_BUCKETS (HISTOGRAM_BOUNDS + 1)
#define RUNQUEUE_MIN_EXPONENT (-15) /* 30.5 us: below, run_delay reads 0 for waits that preempt at once */

enum group_state { GROUP_FREE, GROUP_LIVE };

struct group {
	__u64 cgroup_id;
	__u32 state;
	__u32 focus;                       /* focus_record.h */
	__u64 runqueue[HISTOGRAM_BUCKETS]; /* only buckets from RUNQUEUE_MIN_EXPONENT up; atomic adds */
} __attribute__((aligned(64)));

/* Profile full: one per group, atomic adds of the sampled system calls: one in 2^SAMPLE_SHIFT on average. */
#define SAMPLE_SHIFT 3

struct group_latency {
	struct {
		__u64 bucket[HISTOGRAM_BUCKETS];
		__u64 sum_ns;
	} class[DIMENSION_WIDTH(class)];
};
