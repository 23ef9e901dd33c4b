/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/* Records of the ring buffer `events`. Every one starts with struct event_header. */
#ifndef __bpf__
#include <linux/types.h>
#endif
#include "oom_record.h"

enum event_type {
#define EVENT(id, name, type, help) EVENT_##id,
#include "events.def"
#undef EVENT
	EVENTS
};

struct event_header {
	__u32 type; /* enum event_type */
	__u32 size; /* of the whole record in bytes */
	__u32 cpu;
	__u32 padding;
	__u64 time_ns; /* CLOCK_MONOTONIC */
};

#define EVENT_PATH_SIZE 4096

struct event_cgroup {
	struct event_header header;
	__u64 cgroup_id; /* see CGROUP_V1 in record.h */
	__u32 path_size; /* bytes of path, with the NUL */
	__u32 padding;
	char path[]; /* below the root of its hierarchy */
};

struct event_oom_kill {
	struct event_header header;
	struct oom_victim victim;
};

/* Map event_drops: failed reservations per type. */
