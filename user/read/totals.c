/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>

#include "read/totals.h"

#define CATCH_UP_TRIES 1000

struct totals totals_read(const struct table *table)
{
	struct totals totals = { 0 };

	for (uint32_t i = 0; i < table->cpu_count; i++) {
		totals.calls += __atomic_load_n(&table->cpus[i].calls, __ATOMIC_ACQUIRE);
		totals.switches += __atomic_load_n(&table->cpus[i].switches, __ATOMIC_ACQUIRE);
		totals.births += __atomic_load_n(&table->cpus[i].births, __ATOMIC_ACQUIRE);
		totals.deaths += __atomic_load_n(&table->cpus[i].deaths, __ATOMIC_ACQUIRE);
		totals.bytes += __atomic_load_n(&table->cpus[i].bytes, __ATOMIC_ACQUIRE);
	}
	return totals;
}

void totals_add_record(struct totals *sums, const struct record *record, const struct thread *thread)
{
	sums->calls += record->calls - thread->calls;
	sums->switches += record->switches - thread->switches;
	for (unsigned int i = BYTES_BEGIN; i < BYTES_END; i++)
		sums->bytes += record->value[i] - thread->last[i];
}

static bool has_caught_up(const struct totals *after, const struct totals *sums)
{
	return after->calls >= sums->calls && after->switches >= sums->switches &&
	       after->births >= sums->births && after->deaths >= sums->deaths && after->bytes >= sums->bytes;
}

static uint64_t distance(uint64_t before, uint64_t sum, uint64_t after)
{
	if (sum < before)
		return before - sum;
	return sum > after ? sum - after : 0;
}

void totals_compare(const struct totals *before, const struct totals *sums, const struct table *table,
		    uint64_t ret_difference[ACCOUNTS])
{
	struct totals after = totals_read(table);

	for (int i = 0; i < CATCH_UP_TRIES && !has_caught_up(&after, sums); i++) {
		sched_yield();
		after = totals_read(table);
	}
	ret_difference[ACCOUNT_SYSCALLS] = distance(before->calls, sums->calls, after.calls);
	ret_difference[ACCOUNT_SWITCHES] = distance(before->switches, sums->switches, after.switches);
	ret_difference[ACCOUNT_BIRTHS] = distance(before->births, sums->births, after.births);
	ret_difference[ACCOUNT_DEATHS] = distance(before->deaths, sums->deaths, after.deaths);
	ret_difference[ACCOUNT_BYTES] = distance(before->bytes, sums->bytes, after.bytes);
}
