/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One slot of the tables. Private to records.c and what belongs to it. */
#include "read/records_state.h"

/* Its record, whatever became of it since the last reading. */
void slot_read(struct records *records, uint32_t slot, const struct thread_owner *owner);
/* The catch-all of a CPU belongs to nobody: its counts are the node's alone. */
void slot_count_catch_all(struct records *records, uint32_t slot, const struct thread_owner *owner);
/* Its thread has another name, or its cgroup is of another container, from now on. */
void slot_rename(struct records *records, uint32_t slot, const struct record *record,
		 const struct thread_owner *owner);
