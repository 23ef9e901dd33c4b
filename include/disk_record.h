/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * disks[i], beside the tables of record.h: what block requests did for one cgroup, or on one disk. Any CPU may add, atomically.
 * Entry 0 takes disks that find no entry, and counts what could not be given to a cgroup.
 */
#include "record.h"

#define DISK_DEVICE \
	(1ULL << 62) /* in `owner`: a device number, major << 20 | minor; no inode is that large */
#define DISK_MIN_EXPONENT \
	(-17) /* 7.6 us: bucket 0 takes all up to it, the last all past 2^HISTOGRAM_MAX_EXPONENT s */
#define DISK_BUCKETS ((HISTOGRAM_MAX_EXPONENT - DISK_MIN_EXPONENT) * 4 + 2)
#define DISK_NAME_SIZE 32

enum disk_state { DISK_FREE, DISK_LIVE };

struct disk_operation {
	__u64 bytes;
	__u64 sum_ns;
	__u32 bucket[DISK_BUCKETS]; /* the reader widens them: 2^32 need minutes */
};

struct disk {
	__u64 owner; /* cgroup id, see CGROUP_V1, or DISK_DEVICE */
	__u32 state; /* enum disk_state */
	__u32 padding;
	__u64 gendisk;             /* whose name this is: numbers are used again */
	char name[DISK_NAME_SIZE]; /* of a device */
	__u64 issued,
		completed; /* the difference is the depth of the queue; both grow at once for what was never seen issued */
	__u64 unowned; /* entry 0: requests of no cgroup that is known */
	__u64 untracked; /* entry 0: requests that were not timed from their issue, for too many were under way */
	__u64 folded; /* entry 0: requests that found no entry for their cgroup */
	__u64 lost;   /* entry 0: requests whose completion the kernel did not show */
	struct disk_operation operation[DIMENSION_WIDTH(operation)];
} __attribute__((aligned(64)));

/* disk_requests: what was issued and has not completed, by the address of the request. */
#define DISK_REQUESTS 8192

struct disk_request {
	__u64 made_ns; /* CLOCK_MONOTONIC of its making: tells a request from the next in the same memory; 0 where nobody keeps it */
	__u64 issued_ns; /* CLOCK_MONOTONIC */
	__u64 owner;     /* 0: none */
	__u32 disk;      /* entry of the owner in disks[], 0: none */
	__u32 device;    /* of the device */
};
