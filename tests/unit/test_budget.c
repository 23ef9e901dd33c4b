/* SPDX-License-Identifier: Apache-2.0 */
/* The bound on all series: what is past it is counted as `other` from its birth, sums stay whole, and nothing goes back. */
#include <stdio.h>

#include "equal.h"
#include "model/budget.h"
#include "model/disk_device.h"
#include "model/pod.h"
#include "model_world.h"

#define GRACE 1009
#define NOW 100003

static void start(uint64_t series)
{
	const struct model_limits limits = { .containers = 1000,
					     .programs_per_container = 100,
					     .processes = 100,
					     .label_length = 64,
					     .grace_ns = GRACE,
					     .series = series,
					     .costs = { .container = 70,
							.instance = 1,
							.program = 30,
							.pod = 1,
							.interface = 8,
							.device = 53 } };

	model_begin(&limits);
}

static void set_up(void)
{
	start(0);
}

TestSuite(budget, .init = set_up, .fini = model_end, .timeout = 20);

/* The host, `other`, a pod and a disk `other`: 100 + 100 + 9 + 53. */
#define LEAST 262

static struct cgroup *add(uint64_t id)
{
	struct identity identity = { .runtime = "docker" };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "container-%u", (unsigned int)id);
	cr_assert_eq(model_cgroup_add(model, id, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

static struct program *get(struct container *container, unsigned int number, bool is_kernel, uint64_t now_ns)
{
	char name[32];
	struct program *program;

	snprintf(name, sizeof(name), "program-%u", number);
	program = model_program_get(model, container, name, is_kernel, now_ns, 1);
	cr_assert_not_null(program);
	return program;
}

static uint64_t sum_of_programs(const struct container *container)
{
	uint64_t sum = container->other ? container->other->value[V_CPU] : 0;

	for (const struct program *program = container->programs; program; program = program->hh.next)
		sum += program->value[V_CPU];
	return sum;
}

static uint64_t sum_of_containers(void)
{
	uint64_t sum = 0;

	for (const struct container *c = model->containers; c; c = c->hh.next) {
		cr_expect_eq(sum_of_programs(c), c->value[V_CPU]);
		sum += c->value[V_CPU];
	}
	return sum;
}

Test(budget, without_a_limit_there_is_always_room)
{
	for (uint64_t id = 11; id < 111; id++)
		model_count(model, get(add(id)->container, 1, false, NOW), V_CPU, id);
	eq(HASH_COUNT(model->containers), 101);
	eq(model->program_count, 100);
	eq(model->folded_containers, 0);
	eq(budget_taken(model), LEAST + 100 * (100 + 1 + 30));
}

Test(budget, past_the_limit_containers_and_programs_are_other_and_sums_stay)
{
	uint64_t all = 0;

	start(1000);
	eq(budget_taken(model), LEAST);
	for (uint64_t id = 11; id < 11 + 23; id++) {
		struct container *container = add(id)->container;

		for (unsigned int i = 0; i < 7; i++) {
			model_count(model, get(container, i, false, NOW), V_CPU, 1000 * id + i);
			model_program_hold(get(container, i, false, NOW));
			all += 1000 * id + i;
			cr_expect_leq(budget_taken(model), 1000);
		}
	}
	/* 2 times 101 and 7 programs of 30 each; then 101 and its `other` alone, and what is left is less than a program */
	eq(HASH_COUNT(model->containers), 1 + 2 + 1 + 1);
	eq(model->program_count, 7 + 7 + 0);
	eq(budget_taken(model), LEAST + 3 * 101 + 14 * 30);
	eq(model->folded_containers, 20);
	eq(model->other->instance_count, 20);
	cr_expect_geq(model->folded_programs, 21 * 7);
	eq(sum_of_containers(), all);
	eq(model->node->value[V_CPU], all);
}

Test(budget, names_of_kernel_threads_are_bounded_too)
{
	start(LEAST + 5 * 30);
	for (unsigned int i = 0; i < 41; i++)
		model_count(model, get(model->host, i, true, NOW), V_CPU, 101 + i);
	eq(model->program_count, 5);
	eq(model->host->kernel_programs, 5);
	eq(sum_of_programs(model->host), 41 * 101 + 40 * 41 / 2);
	eq(model->folded_programs, 36);
}

Test(budget, what_was_counted_as_other_stays_there_when_there_is_room_again)
{
	struct program *first, *second;
	struct cgroup *cgroup;

	start(LEAST + 101 + 30);
	cgroup = add(11);
	first = get(cgroup->container, 1, false, NOW);
	second = get(cgroup->container, 2, false, NOW);
	cr_assert_eq(second, cgroup->container->other);
	model_count(model, second, V_CPU, 13);
	model_count(model, first, V_CPU, 17);
	/* the first has had no thread for the grace time: its counts go to `other`, and the second has a row from now on */
	second = get(cgroup->container, 2, false, NOW + GRACE);
	cr_assert_neq(second, cgroup->container->other);
	eq(second->value[V_CPU], 0);
	eq(cgroup->container->other->value[V_CPU], 13 + 17);
	eq(model->program_count, 1);
	eq(model->evicted_programs, 1);
}

Test(budget, a_container_that_ended_makes_room)
{
	struct cgroup *cgroup;

	start(LEAST + 101 + 2 * 30);
	cgroup = add(11);
	get(cgroup->container, 1, false, NOW);
	get(cgroup->container, 2, false, NOW);
	cr_expect_eq(add(13)->container, model->other);
	model_cgroup_remove(model, cgroup, NOW);
	model_expire(model, NOW + GRACE);
	eq(model->program_count, 0);
	cr_expect_neq(add(17)->container, model->other);
	eq(model->folded_containers, 1);
}

Test(budget, a_lower_limit_ends_nothing_and_folds_what_is_new)
{
	struct container *container = add(11)->container;

	model_count(model, get(container, 1, false, NOW), V_CPU, 19);
	model_program_hold(get(container, 1, false, NOW));
	model->limits.series = 100;
	model_count(model, get(container, 1, false, NOW), V_CPU, 23);
	model_count(model, get(container, 2, false, NOW), V_CPU, 29);
	cr_expect_eq(add(13)->container, model->other);
	eq(get(container, 1, false, NOW)->value[V_CPU], 19 + 23);
	eq(container->other->value[V_CPU], 29);
	eq(container->value[V_CPU], 19 + 23 + 29);
}

Test(budget, interfaces_pods_and_disks_count_too)
{
	struct container *a = add(11)->container, *b = add(13)->container;
	struct interface *interface;
	struct pod *pod;

	model->limits.series = budget_taken(model) + 9 + 8 + 53;
	pod = pod_get(model, a);
	cr_expect_str_eq(pod->container, "container-11");
	interface = pod_get_interface(model, pod, "eth0", 1);
	cr_expect_str_eq(interface->name, "eth0");
	cr_expect_str_eq(disk_device_get(model, "sda", 1)->name, "sda");
	eq(budget_taken(model), model->limits.series);
	/* all of it is taken */
	cr_expect_str_eq(pod_get_interface(model, pod, "eth1", 1)->name, "other");
	cr_expect_str_eq(pod_get(model, b)->container, "other");
	cr_expect_str_eq(disk_device_get(model, "sdb", 1)->name, "other");
	eq(model->folded_pods, 1);
	eq(model->folded_devices, 1);
	/* what is there goes on */
	cr_expect_eq(pod_get_interface(model, pod, "eth0", 1), interface);
	cr_expect_str_eq(disk_device_get(model, "sda", 1)->name, "sda");
}
