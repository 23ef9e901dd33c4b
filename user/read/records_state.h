/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The state of records.c (the passes), slot.c, records_lost.c and records_measure.c. Private to them. */
#include "read/connections.h"
#include "read/disks.h"
#include "read/focus.h"
#include "read/groups.h"
#include "read/oom.h"
#include "read/records.h"
#include "read/table.h"
#include "read/totals.h"

struct records {
	struct probe *probe;
	struct model *model;
	struct table table;
	struct groups *groups;
	struct disks *disks;
	struct focus_reader *focus;
	struct connections *connections;
	struct oom oom;
	struct thread *threads; /* [slot_count], touched only where used */
	uint64_t *drained;      /* [cpu_count], entries of retired_slot[] taken */
	uint32_t high;          /* slots from here on were never used */
	uint64_t live;          /* threads with a slot */
	bool surveys;           /* profile light: the survey is the reading */
	uint64_t renamings;     /* model->renamings at the last pass */
	struct totals sums;     /* of all differences ever taken */
	struct records_statistics statistics;
};
