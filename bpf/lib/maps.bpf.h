/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/*
 * Every map, shared by all objects (user/probe makes them one by name). Layouts are in include/record.h.
 * Sizes of 1 are set by the daemon before load.
 */
#include "disk_record.h"
#include "events.h"
#include "focus_record.h"
#include "oom_record.h"
#include "probe_config.h"
#include "record.h"
#include "record_tcp.h"

#define MAP_ARRAY(name_, value_, flags_)          \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(map_flags, flags_);        \
		__uint(max_entries, 1);           \
		__type(key, __u32);               \
		__type(value, value_);            \
	} name_ SEC(".maps")

/* slot -> record of a thread; never deleted, the reader clears a dead one */
MAP_ARRAY(records, struct record, BPF_F_MMAPABLE);
/* slot -> what the task's counters stood at when the record began, and when its process did */
MAP_ARRAY(bases, struct record_base, BPF_F_MMAPABLE);
/* slot -> executable */
MAP_ARRAY(names, struct record_name, BPF_F_MMAPABLE);
/* CPU -> its state and totals */
MAP_ARRAY(cpus, struct cpu_state, BPF_F_MMAPABLE);
/* group -> what is kept per cgroup; the reader clears one when its cgroup is gone */
MAP_ARRAY(groups, struct group, BPF_F_MMAPABLE);
/* group -> sampled latencies; one entry only outside profile full */
MAP_ARRAY(latencies, struct group_latency, BPF_F_MMAPABLE);
/* what block requests did per cgroup and per device; the reader clears one when its cgroup is gone */
MAP_ARRAY(disks, struct disk, BPF_F_MMAPABLE);
/* victims of the OOM killer, one entry; a ring that the kernel writes over */
MAP_ARRAY(oom_log, struct oom_log, BPF_F_MMAPABLE);
/* group -> TCP connections of its cgroup */
MAP_ARRAY(group_tcps, struct group_tcp, BPF_F_MMAPABLE);
/* place -> system calls of a container that is looked at; the reader zeroes one before it is used */
MAP_ARRAY(focuses, struct focus_counts, BPF_F_MMAPABLE);
/* one entry: what cgroups unknown to the reader belong to; written by the reader */
MAP_ARRAY(focus_lists, struct focus_list, BPF_F_MMAPABLE);
/* TCP connections of one cgroup, direction, peer and port; the reader clears one that nobody used for a while */
MAP_ARRAY(connections, struct connection_row, BPF_F_MMAPABLE);
/* event type -> reservations of `events` that failed; never deleted */
MAP_ARRAY(event_drops, __u64, BPF_F_MMAPABLE);

/* the reader's orders to the survey */
MAP_ARRAY(control_map, struct control, BPF_F_MMAPABLE);

/* pid % SLOT_CELLS -> pid << 32 | slot; cleared by the thread's last switch */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOT_CELLS);
	__type(key, __u32);
	__type(value, __u64);
} slot_by_pid SEC(".maps");

/* pid % FOCUS_CELLS -> entry into the call that a thread is in, while its container is looked at */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FOCUS_CELLS);
	__type(key, __u32);
	__type(value, __u64);
} focus_cells SEC(".maps");

/* pid -> slot, for pids whose cell is taken; deleted by the thread's last switch */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} slot_by_pid_far SEC(".maps");

/* cgroup id -> group; deleted by the reader when the cgroup is gone */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} group_by_cgroup SEC(".maps");

/* owner -> entry of disks[]; deleted by the reader when the cgroup is gone */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} disk_by_owner SEC(".maps");

/* address of a request -> when and for whom it was issued; deleted when it completes */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DISK_REQUESTS);
	__type(key, __u64);
	__type(value, struct disk_request);
} disk_requests SEC(".maps");

/* key -> entry of connections[]; deleted by the reader when nobody used it for a while */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct connection_row_key);
	__type(value, __u32);
} connection_by_key SEC(".maps");

/* Free slots, groups and entries of disks[] and connections[]: popped here, pushed back by the reader. Stacks, so that a quiet machine stays on few pages. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_disks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_connections SEC(".maps");

/* Rare notices (include/events.def), consumed by the reader. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 * 1024);
} events SEC(".maps");

/* Set by the daemon before load. */
const volatile struct probe_config cfg;
