/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/* Read-only data of every BPF object, set by the daemon between open and load. */
#include "record.h"
#include "record_connection.h"

/* What a system call is, by its number: table call_kind[] */
enum call_class {
	CALL_BY_DESCRIPTOR =
		DIMENSION_WIDTH(class), /* class by what the descriptor in the first argument is */
};

enum call_wait {
	CALL_WAIT_BY_DESCRIPTOR = DIMENSION_WIDTH(wait_reason), /* the same for the wait reason */
};

/* How a call moves bytes: transfers.def. */
enum call_transfer {
	TRANSFER_NONE,
	TRANSFER_READ,
	TRANSFER_WRITE,
	TRANSFER_SEND,
	TRANSFER_RECEIVE,
	TRANSFER_RECEIVE_MESSAGE, /* the last of those that are looked at in passing */
	TRANSFER_OPEN,
	TRANSFER_CLOSE,
	TRANSFER_RECEIVE_MANY,
	TRANSFER_SEND_MANY,
	TRANSFER_SENDFILE,
	TRANSFER_SPLICE,
	TRANSFER_EVENTS,
	TRANSFER_CONNECT,
};

/* What the tracepoint io_uring_complete tells. */
enum uring_arguments {
	URING_NONE,    /* not there */
	URING_RESULT,  /* the result only */
	URING_REQUEST, /* request and result */
	URING_ENTRY,   /* request and completion entry */
};

struct call_kind {
	__u8 class;    /* VALUE_INDEX(class, x) or CALL_BY_DESCRIPTOR */
	__u8 wait;     /* VALUE_INDEX(wait_reason, x) or CALL_WAIT_BY_DESCRIPTOR */
	__u8 transfer; /* enum call_transfer */
	__u8 zero;
};

struct probe_config {
	__u32 cpus;               /* possible CPUs: slots below are catch-all records */
	__u32 cgroup_controller;  /* index in css_set.subsys[] of the v1 `cpu` controller */
	__u32 cgroup_v1;          /* the `cpu` controller is on a v1 hierarchy: its cgroup comes first */
	__u32 cgroup_hierarchy;   /* hierarchy id of the v1 `cpu` hierarchy, for mkdir and rmdir */
	__u32 io_controller;      /* index of `io` (blkio) in css_set.subsys[]; 0 when the kernel has none */
	__u32 memory_controller;  /* of `memory`; 0 when the kernel has none */
	__u32 io_v1;              /* blkio is on a v1 hierarchy: the kernel charges writeback to the root */
	__u32 has_rdonly_cast;    /* bpf_rdonly_cast() exists: 6.2 */
	__u32 has_current_btf;    /* bpf_get_current_task_btf() exists: 5.11 */
	__u32 has_socket_hooks;   /* sock_send_length and sock_recv_length count sockets: 6.3 */
	__u32 uring;              /* enum uring_arguments */
	__u32 waits;              /* keep the time off the CPU by reason */
	__u32 has_socket_storage; /* bpf_sk_storage_get() in tracing programs: 5.11 */
	__u32 is_preemptible;     /* programs of tracepoints can be preempted, and are skipped then: 7.0 */
	__u32 connections_per_cgroup; /* entries of connections[] */
	__u32 survey_copies; /* profile light: the survey copies the counters that sched_switch copies elsewhere */
	__u64 started_ns; /* CLOCK_BOOTTIME: threads that began later are births */
	struct call_kind call[SYSCALL_NUMBERS];
	/* bounds[i] = floor(1e9 * 2^(MIN + i/4)); first[] is the lowest bound a cell of (octave, 3 mantissa bits) can hold */
	__u64 histogram_bound_ns[128];
	__u8 histogram_first[512];
};

/*
 * Map `control_map`: what the reader asks of its own programs. It changes no map by bpf() in its daily work: during
 * such a call the kernel skips tracepoint programs on that CPU (bpf_disable_instrumentation()), which on preemptible kernels
 * lets a preempted call cost others their counts.
 */
#define GIVEN_SLOTS 256
#define GIVEN_GROUPS 16
#define GIVEN_DISKS 16
#define GIVEN_CONNECTIONS 64

/* Containers that have more than this part of all groups get no more of them, told by their cgroups; those past CROWDS are not told. */
#define GROUP_SHARE 4
#define CROWDS 8

struct control {
	/* survey: its number, and whether it makes records for tasks without one or only marks those that are there */
	__u32 survey_number;
	__u32 survey_makes;
	/* give: slots, groups and entries of disks[] to be taken again; cgroups that are to have no group any more */
	__u32 slot_count;
	__u32 group_count, group_cgroup_count;
	__u32 disk_count;
	/* cgroups of those who have their share of groups, with CGROUP_V1; 0: the end */
	__u64 crowd[CROWDS];
	/* survey_sockets: only those that listen, before the hooks; what comes to them then has an owner at once */
	__u32 survey_listeners;
	__u32 slot[GIVEN_SLOTS];
	__u32 group[GIVEN_GROUPS];
	__u64 group_cgroup[GIVEN_GROUPS];
	__u32 disk[GIVEN_DISKS];
	__u64 disk_owner[GIVEN_DISKS];
	/* entries of connections[], and keys of others that are to be found no more */
	__u32 connection_count, connection_key_count;
	__u32 connection[GIVEN_CONNECTIONS];
	struct connection_row_key connection_key[GIVEN_CONNECTIONS];
};
