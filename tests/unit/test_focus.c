/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds a place, for how long, and what latencies say. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/focus.h"

#define S 1000000000ULL

static struct focus focus;
static struct focus_counts counts;

static void teardown(void)
{
	focus_done(&focus);
}

TestSuite(focus, .fini = teardown, .timeout = 30);

static enum focus_state ask(const char *container, uint64_t now_ns, const struct focus_place **ret_place)
{
	return focus_ask(&focus, "space", "pod", container, now_ns, ret_place);
}

Test(focus, a_place_is_held_by_questions_and_found_by_its_names)
{
	const struct focus_place *first, *again, *second;

	cr_assert_eq(ask("one", S, &first), FOCUS_STARTING);
	cr_assert_eq(ask("one", 2 * S, &again), FOCUS_STARTING);
	cr_assert_eq(first, again);
	cr_assert_eq(focus_ask(&focus, "", "pod", "one", S, &second), FOCUS_STARTING);
	cr_assert_neq(first, second, "other names");
	cr_assert_not(focus_is_due(first, 12 * S));
	cr_assert(focus_is_due(first, 12 * S + 1), "10 s after the last question");
	cr_assert_not(focus_is_due(first, S), "the clock of another CPU may be behind");
}

Test(focus, it_is_on_with_its_first_numbers)
{
	const struct focus_place *place;

	ask("one", S, &place);
	focus.place[0].is_counting = true;
	cr_assert_eq(ask("one", S, &place), FOCUS_STARTING);
	counts.calls[7] = 10;
	focus_take(&focus.place[0], &counts, 100 * S);
	cr_assert_eq(ask("one", S, &place), FOCUS_ON);
	cr_assert(isnan(focus_calls_per_second(place, 7)), "one reading is no rate");
	counts.calls[7] = 25;
	focus_take(&focus.place[0], &counts, 102 * S);
	cr_assert(focus_calls_per_second(place, 7) == 7.5);
	cr_assert(focus_calls_per_second(place, 8) == 0);
}

Test(focus, more_than_there_are_places_is_busy_until_one_is_free)
{
	const struct focus_place *place;
	char name[] = "a";

	for (int i = 0; i < FOCUS_PLACES; i++, name[0]++)
		cr_assert_eq(ask(name, S, &place), FOCUS_STARTING);
	cr_assert_eq(ask("late", S, &place), FOCUS_BUSY);
	cr_assert_null(place);
	cr_assert_eq(focus.refused, 1);
	cr_assert_eq(ask("b", S, &place), FOCUS_STARTING, "those that are there go on");
	focus_release(&focus.place[2], 5 * S);
	cr_assert_eq(ask("late", 5 * S, &place), FOCUS_BUSY, "a hook may still be running");
	cr_assert_eq(ask("late", 6 * S, &place), FOCUS_STARTING);
	cr_assert_eq(place, &focus.place[2]);
	cr_assert_not(place->is_counting);
	cr_assert_null(place->counts);
}

Test(focus, without_bpf_it_is_off)
{
	const struct focus_place *place;

	focus.reason = "BPF is off";
	cr_assert_eq(ask("one", S, &place), FOCUS_OFF);
	cr_assert_eq(focus.refused, 0);
	cr_assert_str_eq(focus_state_name(FOCUS_OFF), "off");
	cr_assert_str_eq(focus_state_name(FOCUS_STARTING), "starting");
	cr_assert_str_eq(focus_state_name(FOCUS_ON), "on");
	cr_assert_str_eq(focus_state_name(FOCUS_BUSY), "busy");
}

static void check_latency(const struct focus_place *place, double quantile, double low, double high)
{
	double value = focus_latency(place, 3, quantile);

	cr_assert(value > low && value <= high, "%g: %g", quantile, value);
}

Test(focus, latencies_lie_in_the_bucket_of_their_rank)
{
	const struct focus_place *place;
	const double ms = 1.0 / 1024;

	ask("one", S, &place);
	cr_assert(FOCUS_BUCKETS == 56, "half as fine as the shared ones");
	counts.latency[3 * FOCUS_BUCKETS + 20] = 50; /* up to 2^-10 s */
	counts.latency[3 * FOCUS_BUCKETS + 22] = 45; /* up to 2^-9 s */
	counts.latency[3 * FOCUS_BUCKETS + 40] = 5;  /* up to 1 s */
	focus_take(&focus.place[0], &counts, S);
	check_latency(place, 0.25, ms * 0.70, ms);
	check_latency(place, 0.5, ms * 0.99, ms);
	check_latency(place, 0.9, ms * 1.41, ms * 2);
	check_latency(place, 0.99, 0.70, 1);
	cr_assert(isnan(focus_latency(place, 4, 0.5)));
	counts.latency[4 * FOCUS_BUCKETS] = 1;
	counts.latency[5 * FOCUS_BUCKETS + FOCUS_BUCKETS - 1] = 1;
	focus_take(&focus.place[0], &counts, 2 * S);
	cr_assert(focus_latency(place, 4, 0.5) > 0 && focus_latency(place, 4, 0.5) < 1e-6);
	cr_assert(focus_latency(place, 5, 0.5) == 128, "past the last bound it is the bound");
}
