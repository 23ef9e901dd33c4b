/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Begins and ends the counting of model->focus in the kernel, and reads what was counted. The hooks are attached while at least one container is
 * looked at. What the kernel must know is written into memory it shares with us: no bpf() call changes a map while hooks count.
 */
#include "model/model.h"
#include "read/table.h"

struct focus_reader;

/* 0 or negative errno. Both must live longer. */
int focus_reader_new(struct table *table, struct model *model, struct focus_reader **ret_reader);
/* NULL is allowed. */
void focus_reader_free(struct focus_reader *reader);

/* Between ticks and after each notice of a cgroup: begins what was asked for, ends what nobody asks for any more, and tells the kernel
 * of cgroups that are new or went to another container. Costs nothing while nobody looks. */
void focus_reader_turn(struct focus_reader *reader, uint64_t now_ns, uint64_t realtime_ns);
/* Once a tick: brings the numbers into the model. */
void focus_reader_tick(struct focus_reader *reader, uint64_t realtime_ns);
