/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/punctuality.h"
#include "base/time.h"

#define S NS_PER_S
#define MS NS_PER_MS

Test(punctuality, delays_are_behind_the_time_that_was_due)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 0, S, 20 * MS);
	punctuality_note(&ticks, 101 * S, 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 0);
	punctuality_note(&ticks, 102 * S + 20 * MS, 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 20 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 0);
	punctuality_note(&ticks, 103 * S + 21 * MS,
			 0); /* not behind the one before, but behind its own time */
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 21 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	punctuality_note(&ticks, 104 * S - 1, 0); /* a clock that is a bit ahead */
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
}

Test(punctuality, an_overrun_is_one_late_tick_and_the_next_is_due_at_the_next_multiple)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 0, S, 20 * MS);
	punctuality_note(&ticks, 104 * S + 7 * MS, 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 3 * S + 7 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	punctuality_note(&ticks, 105 * S + 3 * MS, 0);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	cr_assert_eq(ticks.due_ns, 106 * S);
}

Test(punctuality, the_worst_is_of_this_minute_or_the_one_before)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 0, 0, S, 20 * MS);
	for (unsigned int second = 1; second < 180; second++) {
		punctuality_note(&ticks, second * S + (second == 30) * 50 * MS, 0);
		cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF),
			     second >= 30 && second < 120 ? 50 * MS : 0, "%u", second);
	}
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	/* minutes without any */
	punctuality_note(&ticks, 180 * S + 40 * MS, 0);
	punctuality_note(&ticks, 360 * S, 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 179 * S);
}

Test(punctuality, other_work_waits_when_it_would_last_into_the_next)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 0, S, 20 * MS);
	cr_assert_not(punctuality_is_near(&ticks, 101 * S));
	cr_assert(punctuality_is_near(&ticks, 101 * S + 1)); /* it is late already */
	punctuality_work(&ticks, 8 * MS);
	cr_assert_not(punctuality_is_near(&ticks, 101 * S - 8 * MS));
	cr_assert(punctuality_is_near(&ticks, 101 * S - 8 * MS + 1));
	/* small ones say nothing about the next, in this minute and the next one; then it is forgotten */
	for (int i = 0; i < 100; i++)
		punctuality_work(&ticks, 1 * MS);
	punctuality_note(&ticks, 101 * S, 0);
	punctuality_note(&ticks, 119 * S, 0);
	cr_assert(punctuality_is_near(&ticks, 120 * S - 8 * MS + 1));
	punctuality_note(&ticks, 120 * S, 0);
	punctuality_work(&ticks, 1 * MS);
	cr_assert(punctuality_is_near(&ticks, 121 * S - 8 * MS + 1));
	punctuality_note(&ticks, 179 * S, 0);
	punctuality_note(&ticks, 180 * S, 0);
	cr_assert_not(punctuality_is_near(&ticks, 181 * S - 1 * MS));
	cr_assert(punctuality_is_near(&ticks, 181 * S - 1 * MS + 1));
}

Test(punctuality, other_work_has_three_quarters_of_the_time_however_long_it_lasts)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 0, S, 20 * MS);
	punctuality_work(&ticks, 7 * S);
	cr_assert_not(punctuality_is_near(&ticks, 100 * S + 750 * MS));
	cr_assert(punctuality_is_near(&ticks, 100 * S + 750 * MS + 1));
}

Test(punctuality, waiting_for_a_cpu_is_told_from_what_the_thread_did)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 7 * S, S, 20 * MS);
	/* asleep until it is due, then without a CPU for 31 ms */
	punctuality_rest(&ticks, 100 * S + 500 * MS, 7 * S + 3 * MS);
	punctuality_note(&ticks, 101 * S + 31 * MS, 7 * S + 34 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_CPU), 31 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_CPU], 1);
	/* 23 ms of its own and 5 without a CPU */
	punctuality_rest(&ticks, 101 * S + 900 * MS, 7 * S + 40 * MS);
	punctuality_note(&ticks, 102 * S + 28 * MS, 7 * S + 45 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 23 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_CPU), 31 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	/* neither of the two is past 20 ms, both together are */
	punctuality_rest(&ticks, 102 * S + 900 * MS, 7 * S + 50 * MS);
	punctuality_note(&ticks, 103 * S + 30 * MS, 7 * S + 67 * MS);
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 1);
	cr_assert_eq(ticks.late[PUNCTUALITY_CPU], 2);
}

Test(punctuality, waiting_counts_from_the_last_rest_before_the_time)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, 0, S, 20 * MS);
	punctuality_rest(&ticks, 100 * S + 900 * MS, 10 * MS);
	/* late already: what it waits before this one is waiting as well */
	punctuality_rest(&ticks, 101 * S + 20 * MS, 30 * MS);
	punctuality_note(&ticks, 101 * S + 50 * MS, 60 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 0);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_CPU), 50 * MS);
	/* waits after it do not excuse the next */
	punctuality_rest(&ticks, 101 * S + 60 * MS, 160 * MS);
	punctuality_note(&ticks, 102 * S + 40 * MS, 160 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks, PUNCTUALITY_SELF), 40 * MS);
}
