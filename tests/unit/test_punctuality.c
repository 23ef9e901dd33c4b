/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/punctuality.h"
#include "base/time.h"

#define S NS_PER_S
#define MS NS_PER_MS

Test(punctuality, delays_are_behind_the_time_that_was_due)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, S, 20 * MS);
	punctuality_note(&ticks, 101 * S);
	cr_assert_eq(punctuality_worst_ns(&ticks), 0);
	punctuality_note(&ticks, 102 * S + 20 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks), 20 * MS);
	cr_assert_eq(ticks.late, 0);
	punctuality_note(&ticks, 103 * S + 21 * MS); /* not behind the one before, but behind its own time */
	cr_assert_eq(punctuality_worst_ns(&ticks), 21 * MS);
	cr_assert_eq(ticks.late, 1);
	punctuality_note(&ticks, 104 * S - 1); /* a clock that is a bit ahead */
	cr_assert_eq(ticks.late, 1);
}

Test(punctuality, an_overrun_is_one_late_tick_and_the_next_is_due_at_the_next_multiple)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, S, 20 * MS);
	punctuality_note(&ticks, 104 * S + 7 * MS);
	cr_assert_eq(punctuality_worst_ns(&ticks), 3 * S + 7 * MS);
	cr_assert_eq(ticks.late, 1);
	punctuality_note(&ticks, 105 * S + 3 * MS);
	cr_assert_eq(ticks.late, 1);
	cr_assert_eq(ticks.due_ns, 106 * S);
}

Test(punctuality, the_worst_is_of_this_minute_or_the_one_before)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 0, S, 20 * MS);
	for (unsigned int second = 1; second < 180; second++) {
		punctuality_note(&ticks, second * S + (second == 30) * 50 * MS);
		cr_assert_eq(punctuality_worst_ns(&ticks), second >= 30 && second < 120 ? 50 * MS : 0, "%u",
			     second);
	}
	cr_assert_eq(ticks.late, 1);
	/* minutes without any */
	punctuality_note(&ticks, 180 * S + 40 * MS);
	punctuality_note(&ticks, 360 * S);
	cr_assert_eq(punctuality_worst_ns(&ticks), 179 * S);
}

Test(punctuality, other_work_waits_when_it_would_last_into_the_next)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, S, 20 * MS);
	cr_assert_not(punctuality_is_near(&ticks, 101 * S));
	cr_assert(punctuality_is_near(&ticks, 101 * S + 1)); /* it is late already */
	punctuality_work(&ticks, 8 * MS);
	cr_assert_not(punctuality_is_near(&ticks, 101 * S - 8 * MS));
	cr_assert(punctuality_is_near(&ticks, 101 * S - 8 * MS + 1));
	/* small ones say nothing about the next, in this minute and the next one; then it is forgotten */
	for (int i = 0; i < 100; i++)
		punctuality_work(&ticks, 1 * MS);
	punctuality_note(&ticks, 101 * S);
	punctuality_note(&ticks, 119 * S);
	cr_assert(punctuality_is_near(&ticks, 120 * S - 8 * MS + 1));
	punctuality_note(&ticks, 120 * S);
	punctuality_work(&ticks, 1 * MS);
	cr_assert(punctuality_is_near(&ticks, 121 * S - 8 * MS + 1));
	punctuality_note(&ticks, 179 * S);
	punctuality_note(&ticks, 180 * S);
	cr_assert_not(punctuality_is_near(&ticks, 181 * S - 1 * MS));
	cr_assert(punctuality_is_near(&ticks, 181 * S - 1 * MS + 1));
}

Test(punctuality, other_work_has_three_quarters_of_the_time_however_long_it_lasts)
{
	struct punctuality ticks;

	punctuality_init(&ticks, 100 * S, S, 20 * MS);
	punctuality_work(&ticks, 7 * S);
	cr_assert_not(punctuality_is_near(&ticks, 100 * S + 750 * MS));
	cr_assert(punctuality_is_near(&ticks, 100 * S + 750 * MS + 1));
}
