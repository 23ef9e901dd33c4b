/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The books: the sum of all differences taken from the records, held against the totals that each CPU counts on its own. */
#include "read/records.h"
#include "read/table.h"

struct totals {
	uint64_t calls, switches, births, deaths, bytes;
	uint64_t slotless_starts,
		slotless_exits[DIMENSION_WIDTH(exit_status)]; /* already given to the node */
};

/* What the CPUs counted until now. */
struct totals totals_read(const struct table *table);

/* What a record has more than the thread last read of it. */
void totals_add_record(struct totals *sums, const struct record *record, const struct thread *thread);

/*
 * 0 where before <= sum <= after, else the distance. The kernel counts in the record first and in the total after it, so a
 * sum may be a few ahead of totals read at the same moment: they are read again until they have caught up.
 */
void totals_compare(const struct totals *before, const struct totals *sums, const struct table *table,
		    uint64_t ret_difference[ACCOUNTS]);
