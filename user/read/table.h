/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The kernel's tables as this process maps them. */
#include <stdint.h>

#include "probe/probe.h"
#include "probe_config.h"
#include "record.h"

struct table {
	struct record *records;
	struct record_base *bases;
	struct record_name *names;
	struct cpu_state *cpus;
	struct group *groups;
	struct group_latency *latencies; /* NULL outside profile full */
	uint64_t *slot_by_pid;
	struct control *control;
	uint64_t *event_drops;
	int free_slots, free_groups, slot_by_pid_far, group_by_cgroup; /* descriptors, the probe's */
	uint32_t slot_count, group_count, cpu_count;
};

/* 0 or negative errno; table_done() takes half-mapped ones too. */
int table_map(struct table *table, const struct probe *probe, uint32_t cpu_count);
void table_done(struct table *table);

/* Puts a slot or group back for the kernel to take. */
int table_push(int stack, uint32_t number);
