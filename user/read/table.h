/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The kernel's tables as this process maps them. */
#include <stdint.h>

#include "disk_record.h"
#include "focus_record.h"
#include "oom_record.h"
#include "probe/probe.h"
#include "probe_config.h"
#include "record.h"
#include "record_tcp.h"

struct table {
	struct record *records;
	struct record_base *bases;
	struct record_name *names;
	struct cpu_state *cpus;
	struct group *groups;
	struct disk *disks;
	struct oom_log *oom_log;
	struct group_tcp *group_tcps;
	struct connection_row *connections;
	struct group_latency *latencies; /* NULL outside profile full */
	struct focus_counts *focuses;    /* [FOCUS_PLACES] */
	struct focus_list *focus_lists;
	uint64_t *focus_cells; /* [FOCUS_CELLS] */
	uint64_t *slot_by_pid;
	struct control *control;
	uint64_t *event_drops;
	struct probe *probe;
	int free_slots, free_groups, free_disks, free_connections, slot_by_pid_far,
		group_by_cgroup; /* descriptors, the probe's */
	uint32_t slot_count, group_count, disk_count, connection_count, cpu_count;
};

/* 0 or negative errno; table_done() takes half-mapped ones too. */
int table_map(struct table *table, struct probe *probe, uint32_t cpu_count);
void table_done(struct table *table);

/* Fills a stack with the numbers from `first` to `last`, so that `first` is taken first. Before any hook is attached. */
int table_fill(int stack, uint32_t first, uint32_t last);

/* Lists a slot, a group, or an entry of disks[] and whose it was, to be given back; the list is handed over when it is full and by table_give(). */
void table_give_slot(struct table *table, uint32_t slot);
void table_give_group(struct table *table, uint32_t group);
/* Lists a cgroup that is to have no group any more: before its group is given back. */
void table_forget_group(struct table *table, uint64_t cgroup_id);
void table_give_disk(struct table *table, uint32_t disk, uint64_t owner);
void table_give_connection(struct table *table, uint32_t number);
/* Lists a key of connections[] to be deleted; its entry is given back apart, when nobody can be about to use it any more. */
void table_forget_connection(struct table *table, const struct connection_row_key *key);
void table_give(struct table *table);
