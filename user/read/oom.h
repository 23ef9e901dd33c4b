/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The log of the OOM killer's victims. */
#include "oom_record.h"
#include "read/thread.h"

struct oom {
	uint64_t read; /* entries of the log taken, or lost */
	uint64_t lost; /* written over before they were read: counted for the node alone */
};

/* Counts the victims since the last reading, each for its program, and tells owner->on_victim. The kernel may write meanwhile. */
void oom_pass(struct oom *oom, const struct oom_log *log, const struct thread_owner *owner);
