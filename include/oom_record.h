/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * oom_log[0], beside the tables of record.h: victims of the OOM killer. The kernel chooses one at a time (under oom_lock), so
 * that `written`, stored last, needs no atomic add. What was written over before it was read counts for the node alone.
 */
#include "record.h"

#define OOM_VICTIMS 256 /* power of two */

struct oom_victim {
	__u32 pid;
	__u32 tgid;
	__u64 cgroup_id;   /* see CGROUP_V1; 0 when not known */
	__u64 limit_bytes; /* nearest memory limit at or above the cgroup; 0 when there is none */
	char name[NAME_SIZE];
};

struct oom_log {
	__u64 written;
	struct oom_victim victim[OOM_VICTIMS];
};
