/* SPDX-License-Identifier: Apache-2.0 */
/* The last minutes: points, gaps, means, who has a place and who loses it, the rest. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/container.h"
#include "model/history.h"
#include "model/history_table.h"

#define S 1000000000ULL
#define BEGIN (1000003 * S)
#define REALTIME (1700000000 * S)

static struct model *model;
static struct history *history;
static uint64_t now_ns;

#define eq(actual, expected)                                                                            \
	do {                                                                                            \
		double actual_ = (actual), expected_ = (expected);                                      \
		cr_expect(actual_ == expected_, "%s is %.17g, not %.17g", #actual, actual_, expected_); \
	} while (0)

#define unknown(actual) cr_expect(isnan(actual), "%s is known", #actual)

/* Room for so many containers and for many programs. */
static uint64_t budget_for(unsigned int containers)
{
	struct history *probe = NULL;
	uint64_t place, budget;

	cr_assert_eq(history_new(1 << 30, &probe), 0);
	place = place_size(&probe->tables[KIND_CONTAINER].layout);
	history_free(probe);
	budget = 2 * place + containers * place * 100 / 60 + containers + 1;
	return budget;
}

static void tick_after(uint64_t interval_ns)
{
	now_ns += interval_ns;
	series_tick(model, now_ns);
	history_tick(history, model, now_ns, REALTIME + now_ns);
}

static void start(unsigned int containers)
{
	const struct model_limits limits = { .containers = 1000,
					     .programs_per_container = 5,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = 1009 };

	now_ns = BEGIN;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
	cr_assert_eq(history_new(budget_for(containers), &history), 0);
	tick_after(0);
}

static void set_up(void)
{
	start(3);
}

static void tear_down(void)
{
	history_free(history);
	model_free(model);
}

TestSuite(history, .init = set_up, .fini = tear_down, .timeout = 60);

static struct cgroup *add(uint64_t id, const char *name)
{
	struct identity identity = { .runtime = "docker" };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "id of %s", name);
	cr_assert_eq(model_cgroup_add(model, id, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

static struct program *get(struct container *container, const char *name)
{
	struct program *program = model_program_get(model, container, name, false, 1, 1);

	cr_assert_not_null(program);
	return program;
}

static void use(struct container *container, uint64_t cpu_ns)
{
	model_count(model, get(container, "x"), V_CPU, cpu_ns);
}

static const struct history_entity node = { HISTORY_NODE, "", "", "", "" };
static const struct history_entity rest = { HISTORY_REST, "", "", "", "" };

static struct history_entity of(const char *name)
{
	return (struct history_entity){ HISTORY_CONTAINER, "", "", name, "" };
}

static struct history_entity of_program(const char *name, const char *program)
{
	return (struct history_entity){ HISTORY_PROGRAM, "", "", name, program };
}

/* The point `back` before the last. */
static double at(struct history_entity entity, enum series_id id, unsigned int step, unsigned int back)
{
	float points[HISTORY_SECONDS];
	struct history_span span;
	int error = history_read(history, model, &entity, id, step, back + 1, points, &span);

	cr_assert_eq(error, 0, "%s: %d", entity.container, error);
	return points[0];
}

static int error_of(struct history_entity entity, enum series_id id)
{
	struct history_span span;
	float point;

	return history_read(history, model, &entity, id, 1, 1, &point, &span);
}

static uint64_t last_number(unsigned int step)
{
	struct history_span span;
	float point;

	cr_assert_eq(history_read(history, model, &node, SERIES_cpu_cores, step, 1, &point, &span), 0);
	return span.number;
}

static uint64_t evictions(void)
{
	struct history_statistics statistics;

	history_measure(history, &statistics);
	return statistics.evictions;
}

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

Test(history, those_that_use_most_have_a_place_and_others_are_the_rest)
{
	char name[16];
	struct container *container[7];

	for (int i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		container[i] = add(11 + i, name)->container;
		use(container[i], (i + 1) * 1000);
	}
	model_set_file(container[0], V_MEMORY_USAGE, 101);
	model_set_file(container[1], V_MEMORY_USAGE, 1009);
	model_set_file(container[6], V_MEMORY_USAGE, 10007);
	tick_after(S);
	for (int i = 0; i < 7; i++)
		use(container[i], (i + 1) * S / 16);
	tick_after(S);
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		cr_expect_eq(error_of(of(name), SERIES_cpu_cores), -ENOENT, "%s has a place", name);
	}
	for (int i = 4; i < 7; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		eq(at(of(name), SERIES_cpu_cores, 1, 0), (i + 1) / 16.0);
	}
	eq(at(rest, SERIES_cpu_cores, 1, 0), (1 + 2 + 3 + 4) / 16.0);
	eq(at(rest, SERIES_memory_usage_bytes, 1, 0), 1110);
	eq(at(node, SERIES_cpu_cores, 1, 0), 28 / 16.0);
	eq(at(node, SERIES_cpu_cores, 1, 1), (float)28e-6);
	cr_expect_eq(evictions(), 0);
}

static void tick_to_the_choice(void)
{
	do
		tick_after(S);
	while (last_number(1) % 10);
}

Test(history, who_uses_more_takes_the_place_of_the_least_and_that_one_is_rest)
{
	struct container *a = add(11, "a")->container, *b = add(13, "b")->container;
	struct container *c = add(17, "c")->container, *d = add(19, "d")->container;

	use(a, 5), use(b, 7), use(c, 3);
	tick_to_the_choice();
	use(a, 5), use(b, 7), use(c, 3), use(d, 11);
	tick_to_the_choice();
	cr_expect_eq(error_of(of("c"), SERIES_cpu_cores), -ENOENT);
	cr_expect_eq(error_of(of("d"), SERIES_cpu_cores), 0);
	cr_expect_eq(evictions(), 1);
	use(c, S), use(d, 2 * S);
	tick_after(S);
	eq(at(rest, SERIES_cpu_cores, 1, 0), 1);
	eq(at(of("d"), SERIES_cpu_cores, 1, 0), 2);
}

Test(history, memory_disk_and_network_count_as_much_as_cpu_time)
{
	struct container *a = add(11, "a")->container, *b = add(13, "b")->container;
	struct container *c = add(17, "c")->container, *d = add(19, "d")->container;

	model_set_file(model->node, V_MEMORY_USAGE, 1000);
	use(d, 1000);
	for (int i = 0; i < 3; i++)
		use(add(101 + i, "busy")->container, 2000);
	model_set_file(a, V_MEMORY_USAGE, 500);
	model_count(model, get(b, "x"), V_DISK_READ, 3);
	model_count(model, get(c, "x"), V_NETWORK_TRANSMIT_LAST, 3);
	tick_to_the_choice();
	cr_expect_eq(error_of(of("b"), SERIES_cpu_cores), 0);
	cr_expect_eq(error_of(of("c"), SERIES_cpu_cores), 0);
	cr_expect_eq(error_of(of("busy"), SERIES_cpu_cores), 0);
	cr_expect_eq(error_of(of("d"), SERIES_cpu_cores), -ENOENT);
	cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), -ENOENT);
}

Test(history, who_is_looked_at_keeps_the_place_whatever_others_do)
{
	struct container *a = add(11, "a")->container;
	char name[16];

	history_want(history, model, a, get(a, "x"), now_ns);
	cr_expect_eq(a->viewed_until_ns, now_ns + HISTORY_WANTED_NS);
	cr_expect_eq(model->viewed_until_ns, now_ns + HISTORY_WANTED_NS);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "c%d", i % 7);
		use(add(100 + i, name)->container, (i + 1) * S);
		if (i % 10 == 0)
			history_want(history, model, a, get(a, "x"), now_ns);
		tick_after(S);
		cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), 0);
		cr_expect_eq(error_of(of_program("a", "x"), SERIES_cpu_cores), 0);
	}
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "c%d", i % 7);
		use(add(200 + i, name)->container, (i + 1) * S);
		tick_after(S);
	}
	cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), -ENOENT);
}

Test(history, who_is_looked_at_gets_a_place_at_once_but_not_that_of_another_who_is)
{
	struct container *container[4];
	char name[16];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		container[i] = add(11 + i, name)->container;
		history_want(history, model, container[i], NULL, now_ns);
	}
	for (int i = 0; i < 3; i++)
		cr_expect_not_null(container[i]->place);
	cr_expect_null(container[3]->place);
	now_ns += HISTORY_WANTED_NS;
	history_want(history, model, container[3], NULL, now_ns);
	cr_expect_not_null(container[3]->place);
	cr_expect_eq(evictions(), 1);
}

/* Ends the container and forgets it. */
static void end(struct cgroup *cgroup)
{
	model_cgroup_remove(model, cgroup, now_ns);
	model_expire(model, now_ns + S);
	cr_assert_null(model_cgroup_find(model, 11));
}

Test(history, a_container_that_ended_keeps_its_history_until_the_place_is_needed)
{
	struct cgroup *cgroup = add(11, "a");
	char name[16];

	use(cgroup->container, 1);
	tick_after(S);
	use(cgroup->container, S / 2);
	tick_after(S);
	end(cgroup);
	cr_assert_null(container_find(model, "", "", "a"));
	tick_after(S);
	eq(at(of("a"), SERIES_cpu_cores, 1, 1), 0.5);
	unknown(at(of("a"), SERIES_cpu_cores, 1, 0));
	eq(at(of_program("a", "x"), SERIES_cpu_cores, 1, 1), 0.5);
	for (int i = 0; i < 10; i++)
		tick_after(S);
	eq(at(of("a"), SERIES_cpu_cores, 10, 0), (float)0.5); /* its one second of these ten */
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		use(add(101 + i, name)->container, S);
	}
	tick_to_the_choice();
	cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), -ENOENT);
	cr_expect_eq(evictions(), 1);
}

Test(history, a_container_that_comes_again_goes_on_in_its_place)
{
	struct cgroup *cgroup = add(11, "a");

	use(cgroup->container, 1);
	tick_after(S);
	use(cgroup->container, S / 2);
	tick_after(S);
	end(cgroup);
	use(add(13, "a")->container, S);
	tick_to_the_choice();
	use(container_find(model, "", "", "a"), S / 4);
	tick_after(S);
	cr_assert_eq(last_number(1), 11);
	eq(at(of("a"), SERIES_cpu_cores, 1, 0), 0.25);
	eq(at(of("a"), SERIES_cpu_cores, 1, 9), 0.5);
	unknown(at(of("a"), SERIES_cpu_cores, 1, 5));
}

Test(history, history_goes_along_when_a_container_gets_its_names)
{
	struct cgroup *a = add(11, "a"), *b = add(13, "b");
	struct details details = {
		.id = "", .name = "named", .namespace = "", .pod = "", .pod_uid = "", .image = ""
	};

	use(a->container, 1), use(b->container, 1);
	tick_after(S);
	use(a->container, S / 2), use(b->container, S / 4);
	tick_after(S);
	cr_assert_eq(model_cgroup_describe(model, a, "", &details, now_ns, 1), 0);
	tick_after(S);
	cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), -ENOENT);
	eq(at(of("named"), SERIES_cpu_cores, 1, 1), 0.5);
	eq(at(of("named"), SERIES_cpu_cores, 1, 0), 0);
	/* and another becomes one with it: its own history ends */
	cr_assert_eq(model_cgroup_describe(model, b, "", &details, now_ns, 1), 0);
	use(b->container, S);
	tick_after(S);
	eq(at(of("named"), SERIES_cpu_cores, 1, 0), 1);
	eq(at(of("named"), SERIES_cpu_cores, 1, 2), 0.5);
	eq(at(of("b"), SERIES_cpu_cores, 1, 2), 0.25);
	unknown(at(of("b"), SERIES_cpu_cores, 1, 0));
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

Test(history, without_memory_for_it_nothing_is_kept_and_nothing_breaks)
{
	struct container *a = add(11, "a")->container;
	struct history_statistics statistics;

	history_free(history);
	cr_assert_eq(history_new(0, &history), 0);
	use(a, S);
	tick_after(S);
	history_want(history, model, a, get(a, "x"), now_ns);
	cr_expect_eq(error_of(node, SERIES_cpu_cores), -ENOENT);
	cr_expect_eq(error_of(of("a"), SERIES_cpu_cores), -ENOENT);
	history_measure(history, &statistics);
	cr_expect_eq(statistics.bytes, 0);
	cr_expect_eq(statistics.places, 0);
}

Test(history, memory_stays_in_the_budget_whoever_comes)
{
	uint64_t budget = budget_for(3);
	struct history_statistics statistics;
	char name[16];

	for (int i = 0; i < HISTORY_SECONDS + 20; i++) {
		for (int j = 0; j < 13; j++) {
			struct container *container;

			snprintf(name, sizeof(name), "c%d", (i / 20 + j) % 97);
			container = container_get(model, "", "", name, 1);
			snprintf(name, sizeof(name), "p%d", j % 4);
			model_count(model, get(container, name), V_CPU, 1009 + i * 13 + j);
		}
		tick_after(S);
	}
	history_measure(history, &statistics);
	cr_expect_leq(statistics.bytes, budget);
	cr_expect_geq(statistics.bytes, budget / 8);
	cr_expect_eq(statistics.places, 2 + 3 + history->tables[KIND_PROGRAM].capacity);
	cr_expect_geq(statistics.evictions, 3);
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
