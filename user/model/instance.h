/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The kernel's own numbers of one cgroup, for outputs that show instances and not names. Other than the values of a container
 * they end with the cgroup, and begin where the kernel began. Absent is not 0.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/file_growth.h"

enum instance_value {
#define INSTANCE(id, unit) INSTANCE_##id,
#include "model/instance.def"
#undef INSTANCE
	INSTANCE_VALUES
};

#define INSTANCE_UNLIMITED UINT64_MAX
#define INSTANCE_DISKS 256

enum disk_value {
	DISK_READ_BYTES,
	DISK_WRITTEN_BYTES,
	DISK_READS,
	DISK_WRITES,
	DISK_COST_USAGE, /* ns; the four of the blk-iocost controller, v2 */
	DISK_COST_WAIT,
	DISK_COST_DEBT,
	DISK_COST_DELAY,
	DISK_VALUES
};

struct instance_disk {
	uint32_t major, minor;
	char name[32]; /* "sda"; "" when the kernel has none for it */
	uint64_t value[DISK_VALUES];
	bool has[DISK_VALUES];
};

/* What the journal compares the next reading with. */
struct instance_watch {
	uint64_t throttled, periods, memory_failures, threads_refused; /* totals at the last reading */
	bool is_read;                                                  /* there was one */
	bool is_throttled;
	uint64_t throttled_ns, memory_ns, threads_ns; /* of the last reading in which they grew; 0: none */
};

struct instance {
	uint64_t value[INSTANCE_VALUES];
	bool has[INSTANCE_VALUES];
	bool is_complete; /* the last reading read all files, not only those that /metrics needs */
	struct file_growth growth;
	struct instance_watch watch;
	struct instance_disk *disks;
	uint32_t disk_count;
	uint32_t disks_left_out; /* in the last reading, for the bound */
};

/* Nothing is known any more. */
void instance_clear(struct instance *instance);
void instance_set(struct instance *instance, enum instance_value index, uint64_t value);
/* The disk, added when it is new; NULL past INSTANCE_DISKS (counted) or out of memory. */
struct instance_disk *instance_disk_get(struct instance *instance, uint32_t major, uint32_t minor);
/* NULL is allowed. */
void instance_free(struct instance *instance);
