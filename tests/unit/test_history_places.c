/* SPDX-License-Identifier: Apache-2.0 */
/* Whose last minutes are kept: who has a place and who loses it, within the memory that there is. */
#include <errno.h>

#include "history_world.h"

TestSuite(history_places, .init = set_up, .fini = tear_down, .timeout = 60);

Test(history_places, those_that_use_most_have_a_place_and_others_are_the_rest)
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

Test(history_places, who_uses_more_takes_the_place_of_the_least_and_that_one_is_rest)
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

Test(history_places, memory_disk_and_network_count_as_much_as_cpu_time)
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

Test(history_places, who_is_looked_at_keeps_the_place_whatever_others_do)
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

Test(history_places, who_is_looked_at_gets_a_place_at_once_but_not_that_of_another_who_is)
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

Test(history_places, a_container_that_ended_keeps_its_history_until_the_place_is_needed)
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

Test(history_places, a_container_that_comes_again_goes_on_in_its_place)
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

Test(history_places, history_goes_along_when_a_container_gets_its_names)
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

Test(history_places, without_memory_for_it_nothing_is_kept_and_nothing_breaks)
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

Test(history_places, memory_stays_in_the_budget_whoever_comes)
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
