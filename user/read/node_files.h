/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Procfs of the whole machine, into the node's values of source FILE. Gauges are set or cleared, counters begin at 0 with the
 * first reading, as all of the node's do. */
#include <stdint.h>

#include "base/paths.h"
#include "model/model.h"

struct node_files;

enum node_files_flags {
	/* Also what BPF counts otherwise: V_CPU, V_CPU_USER, V_CPU_SYSTEM (interrupts included), V_PROCESSES, V_THREADS. */
	NODE_FILES_USAGE = 1,
};

/* `paths` is only needed during the call. No file is read yet. 0, or negative errno when there is no procfs. */
int node_files_open(const struct paths *paths, struct node_files **ret_files);
void node_files_free(struct node_files *files);

/* Reads meminfo and the pressure files; stat, loadavg and the list of processes only with NODE_FILES_USAGE. What is absent or
 * malformed clears its gauges and leaves its counters. */
void node_files_read(struct node_files *files, struct container *node, unsigned int flags);

/* The kernel's own totals since boot, from <procfs>/stat. */
struct node_stat {
	uint64_t user_ns;   /* user and nice, guests included */
	uint64_t system_ns; /* system, irq and softirq */
	uint64_t idle_ns;   /* idle and iowait */
	uint64_t context_switches;
	uint64_t forks;  /* threads and processes */
	uint64_t boot_s; /* since the epoch */
};

/* 0, -EINVAL when a line is missing or malformed, or negative errno. Lists all interrupts: not for every tick. */
int node_files_stat(const struct paths *paths, struct node_stat *ret_stat);
