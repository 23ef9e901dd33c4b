/* SPDX-License-Identifier: Apache-2.0 */
/* The last minutes: points, gaps, means, the heat map, and that sums of points are what was counted. */
#include <errno.h>

#include "history_world.h"

TestSuite(history, .init = set_up, .fini = tear_down, .timeout = 60);

Test(history, a_point_of_a_second_is_what_the_tick_says)
{
	struct container *a = add(11, "a")->container;
	struct history_span span;
	float points[4];

	use(a, S / 2);
	tick_after(S); /* gives it a place at its end */
	use(a, S / 4);
	tick_after(S);
	tick_after(S);
	eq(at(of("a"), SERIES_cpu_cores, 1, 1), 0.25);
	eq(at(of("a"), SERIES_cpu_cores, 1, 0), 0);
	unknown(at(of("a"), SERIES_cpu_cores, 1, 2));
	eq(at(of_program("a", "x"), SERIES_cpu_cores, 1, 1), 0.25);
	eq(at(node, SERIES_cpu_cores, 1, 2), 0.5);
	eq(at(rest, SERIES_cpu_cores, 1, 2), 0.5);
	eq(at(rest, SERIES_cpu_cores, 1, 1), 0);
	cr_assert_eq(history_read(history, model, &node, SERIES_cpu_cores, 1, 4, points, &span), 0);
	unknown(points[0]);
	eq(points[1], 0.5);
	eq(points[2], 0.25);
	eq(points[3], 0);
	cr_expect_eq(span.number, 3);
	cr_expect_eq(span.realtime_ns, REALTIME + now_ns);
}

Test(history, a_second_without_a_tick_is_a_gap_and_a_late_tick_has_its_mean)
{
	struct container *a = add(11, "a")->container;

	use(a, 1);
	tick_after(S);
	use(a, 3 * S);
	tick_after(3 * S + S / 5);
	use(a, S);
	tick_after(4 * S / 5);
	eq(at(of("a"), SERIES_cpu_cores, 1, 0), 1.25);
	eq(at(of("a"), SERIES_cpu_cores, 1, 1), (float)(3 / 3.2));
	unknown(at(of("a"), SERIES_cpu_cores, 1, 2));
	unknown(at(of("a"), SERIES_cpu_cores, 1, 3));
	unknown(at(node, SERIES_cpu_cores, 1, 3));
	eq(at(node, SERIES_cpu_cores, 1, 4), 1e-9f);
}

Test(history, a_point_of_ten_seconds_is_the_growth_over_the_time)
{
	struct container *a = add(11, "a")->container;

	use(a, 1);
	model_set_file(a, V_MEMORY_USAGE, 4099);
	tick_after(S);
	for (int i = 2; i <= 10; i++) {
		unknown(at(of("a"), SERIES_cpu_cores, 10, 0));
		use(a, i * S / 100);
		model_set_file(a, V_MEMORY_USAGE, 4000 + i);
		tick_after(S);
	}
	cr_expect_eq(last_number(10), 1);
	eq(at(of("a"), SERIES_cpu_cores, 10, 0), (float)(0.54 / 9)); /* it has its place since the 2nd */
	eq(at(of("a"), SERIES_memory_usage_bytes, 10, 0), 4010);
	use(a, 5 * S);
	tick_after(2 * S);
	eq(at(of("a"), SERIES_cpu_cores, 10, 0), (float)(0.54 / 9));
	tick_after(7 * S); /* the last second of the second ten has no tick: in the 19th, and in the 22nd */
	cr_expect_eq(last_number(10), 1);
	use(a, 30 * S);
	tick_after(3 * S);
	cr_expect_eq(last_number(10), 2);
	eq(at(of("a"), SERIES_cpu_cores, 10, 0), (float)(5 / 9.0));
	use(a, 7 * S);
	tick_after(28 * S); /* to the 50th: one ten without any tick */
	cr_expect_eq(last_number(10), 5);
	eq(at(of("a"), SERIES_cpu_cores, 10, 2), 10);
	unknown(at(of("a"), SERIES_cpu_cores, 10, 1));
	eq(at(of("a"), SERIES_cpu_cores, 10, 0), 0.25);
	eq(at(node, SERIES_cpu_cores, 10, 0), 0.25);
}

Test(history, ticks_shorter_than_a_second_are_one_point)
{
	struct container *a = add(11, "a")->container;

	use(a, 1);
	tick_after(S);
	for (int i = 1; i <= 8; i++) {
		use(a, i * S / 100);
		tick_after(S / 4);
	}
	cr_expect_eq(last_number(1), 3);
	/* to the nearest second: 1.25 belongs to the first, 1.5 to 2.25 to the second */
	eq(at(of("a"), SERIES_cpu_cores, 1, 1), (float)0.14);
	eq(at(of("a"), SERIES_cpu_cores, 1, 0), (float)(0.21 / 0.75));
}

Test(history, the_ring_wraps_and_keeps_the_last)
{
	struct container *a = add(11, "a")->container;

	use(a, 1);
	for (int i = 1; i <= 2 * HISTORY_SECONDS + 7; i++) {
		tick_after(S);
		use(a, i * 1000);
	}
	tick_after(S);
	for (int i = 0; i < HISTORY_SECONDS; i++)
		eq(at(of("a"), SERIES_cpu_cores, 1, i), (float)((2 * HISTORY_SECONDS + 7 - i) * 1000 / 1e9));
	cr_expect_eq(last_number(1), 2 * HISTORY_SECONDS + 8);
	cr_expect_eq(last_number(10), (2 * HISTORY_SECONDS + 8) / 10);
	tick_after(10 * HISTORY_TENS * S + 3 * S); /* longer than all that is kept */
	eq(at(of("a"), SERIES_cpu_cores, 1, 0), 0);
	for (int i = 1; i < HISTORY_SECONDS; i++)
		unknown(at(of("a"), SERIES_cpu_cores, 1, i));
	for (int i = 0; i < HISTORY_TENS; i++)
		unknown(at(of("a"), SERIES_cpu_cores, 10, i));
}

Test(history, waits_are_a_row_of_the_heat_map_and_quantiles_of_both_steps)
{
	struct container *a = add(11, "a")->container;
	const struct history_entity entity = of("a");
	uint32_t counts[3][HISTORY_HEAT_BUCKETS];
	double bounds[HISTORY_HEAT_BUCKETS - 1], fine[WAIT_BUCKETS - 1];
	struct history_span span;

	use(a, 1);
	tick_after(S);
	window_touch_waits(&a->waits, model->tick)[0] = 3;
	window_touch_waits(&a->waits, model->tick)[1] = 5;
	window_touch_waits(&a->waits, model->tick)[4] = 7;
	window_touch_waits(&a->waits, model->tick)[5] = 11;
	window_touch_waits(&a->waits, model->tick)[WAIT_BUCKETS - 1] = 13;
	window_touch_waits(&model->node->waits, model->tick)[5] = 14;
	tick_after(S);
	tick_after(S);
	cr_assert_eq(history_heat(history, model, &entity, 1, 3, counts[0], &span), 0);
	cr_expect_eq(span.number, 3);
	cr_expect_eq(counts[0][0], UINT32_MAX); /* before it had its place */
	cr_expect_eq(counts[1][0], 3);
	cr_expect_eq(counts[1][1], 12);
	cr_expect_eq(counts[1][2], 11);
	cr_expect_eq(counts[1][HISTORY_HEAT_BUCKETS - 1], 13);
	cr_expect_eq(counts[2][0], 0);
	cr_assert_eq(history_heat(history, model, &rest, 1, 2, counts[0], &span), 0);
	cr_expect_eq(counts[0][2], 3);
	eq(at(of("a"), SERIES_cpu_waiting_p99_seconds, 1, 1), 128);
	unknown(at(of("a"), SERIES_cpu_waiting_p99_seconds, 1, 0));
	/* of the ten seconds together: 61 and 39 in two of them */
	window_touch_waits(&a->waits, model->tick)[5] = 61;
	tick_to_the_choice();
	cr_expect_eq(last_number(1), 10);
	eq(at(of("a"), SERIES_cpu_waiting_p50_seconds, 10, 0),
	   (float)exp2(RUNQUEUE_MIN_EXPONENT + (4 + (50 - 15) / 72.0) / 4));
	cr_assert_eq(history_heat(history, model, &entity, 10, 1, counts[0], &span), 0);
	cr_expect_eq(counts[0][2], 72);
	history_heat_bounds_seconds(bounds);
	series_wait_bounds_seconds(fine);
	for (int i = 0; i < HISTORY_HEAT_BUCKETS - 1; i++)
		eq(bounds[i], fine[4 * i]);
}

Test(history, what_is_not_kept_is_refused)
{
	const struct history_entity program = of_program("a", "x");
	struct history_span span;
	uint32_t counts[HISTORY_HEAT_BUCKETS];
	float point;

	tick_after(S);
	cr_expect_eq(error_of(node, SERIES_file_opens_per_second), -EINVAL);
	cr_expect_eq(error_of(node, SERIES_cpu_throttled_ratio), -EINVAL);
	cr_expect_eq(error_of(of_program("a", "x"), SERIES_memory_usage_bytes), -EINVAL);
	cr_expect_eq(error_of(of("nobody"), SERIES_cpu_cores), -ENOENT);
	cr_expect_eq(error_of(node, SERIES_COUNT), -EINVAL);
	cr_expect_eq(history_read(history, model, &node, SERIES_cpu_cores, 2, 1, &point, &span), -EINVAL);
	add(11, "a");
	history_want(history, model, container_find(model, "", "", "a"),
		     get(container_find(model, "", "", "a"), "x"), now_ns);
	cr_expect_eq(history_heat(history, model, &program, 1, 1, counts, &span), -EINVAL);
}

/* Whatever happens, what the points say adds up to what was counted while the place was had. */
Test(history, sums_of_points_are_what_was_counted)
{
	struct container *container[7];
	uint64_t before[7], seed = 20261122;
	char name[16];

	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		container[i] = add(11 + i, name)->container;
		if (i < 3)
			history_want(history, model, container[i], NULL, now_ns);
	}
	tick_after(S);
	for (int i = 0; i < 7; i++)
		before[i] = container[i]->value[V_SYSCALLS];
	for (int second = 0; second < 311; second++) {
		for (int i = 0; i < 41; i++) {
			struct container *of_it;

			seed = seed * 6364136223846793005 + 1442695040888963407;
			of_it = container[(seed >> 33) % 7];
			snprintf(name, sizeof(name), "p%d", (int)((seed >> 40) % 9));
			model_count(model, get(of_it, name), V_SYSCALLS, (seed >> 45) % 1009);
		}
		if (second % 20 == 0)
			for (int i = 0; i < 3; i++)
				history_want(history, model, container[i], NULL, now_ns);
		tick_after(S);
	}
	for (int i = 0; i < 3; i++) {
		double sum = 0;

		snprintf(name, sizeof(name), "c%d", i);
		for (int back = 0; back < 311; back++)
			sum += at(of(name), SERIES_syscalls_per_second, 1, back);
		eq(sum, container[i]->value[V_SYSCALLS] - before[i]);
		cr_expect_geq(sum, 800000); /* some 1,800 counts of 504 on average */
	}
	for (int ten = 0; ten < 31; ten++) {
		double sum = 0, of_rest = 0;

		for (int i = 0; i < 10; i++) {
			/* 312 seconds are over: the last 2 are in no finished ten */
			sum += at(of("c0"), SERIES_syscalls_per_second, 1, 2 + ten * 10 + i);
			of_rest += at(rest, SERIES_syscalls_per_second, 1, 2 + ten * 10 + i);
		}
		eq(at(of("c0"), SERIES_syscalls_per_second, 10, ten), (float)(sum / 10));
		eq(at(rest, SERIES_syscalls_per_second, 10, ten), (float)(of_rest / 10));
	}
}
