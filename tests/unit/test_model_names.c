/* SPDX-License-Identifier: Apache-2.0 */
/* Names that come late: what was counted under an id goes on under them, and nothing ever goes back. */
#include <stdio.h>
#include <string.h>

#include "equal.h"
#include "model/container.h"
#include "model_world.h"

#define GRACE 1009
#define NOW 100003
#define ID_A "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define ID_B "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"

static void set_up(void)
{
	const struct model_limits limits = { .containers = 5,
					     .programs_per_container = 3,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = GRACE };

	model_begin(&limits);
}

TestSuite(model_names, .init = set_up, .fini = model_end, .timeout = 20);

static struct cgroup *add(uint64_t number, const char *id)
{
	struct identity identity = { .runtime = "containerd", .kind = IDENTITY_CONTAINER };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%.12s", id);
	snprintf(identity.id, sizeof(identity.id), "%s", id);
	cr_assert_eq(model_cgroup_add(model, number, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

static struct details of(const char *id, const char *namespace, const char *pod, const char *name)
{
	return (struct details){ .id = id,
				 .namespace = namespace,
				 .pod = pod,
				 .name = name,
				 .pod_uid = "7d5e3f0a-1c2b-4d5e-8f90-a1b2c3d4e5f6",
				 .image = "registry.example/web:1" };
}

static void tell(struct cgroup *cgroup, const char *namespace, const char *pod, const char *name)
{
	struct details details = of(cgroup->identity->id, namespace, pod, name);

	cr_assert_eq(model_cgroup_describe(model, cgroup, "cri-o", &details, NOW, NOW), 0);
}

/* A thread of the program: something that holds it. */
static struct program *run(struct cgroup *cgroup, const char *name)
{
	struct program *program = model_program_get(model, cgroup->container, name, false, NOW, 1);

	cr_assert_not_null(program);
	model_program_hold(program);
	model_count(model, program, V_THREADS, 1);
	return program;
}

static void end(struct program *program)
{
	model_count(model, program, V_THREADS, (uint64_t)-1);
	model_program_release(program, NOW);
}

static const struct program *shown(const struct container *container, const char *name)
{
	const struct program *program;

	HASH_FIND_STR(container->programs, name, program);
	cr_assert_not_null(program, "no program %s", name);
	return program;
}

Test(model_names, an_id_becomes_a_name_and_its_counts_stay)
{
	struct cgroup *cgroup = add(11, ID_A);
	struct container *before = cgroup->container;
	struct program *program = run(cgroup, "web");

	model_count(model, program, V_CPU, 23);
	tell(cgroup, "shop", "web-0", "nginx");
	cr_assert_eq(cgroup->container, before);
	cr_assert_eq(container_find(model, "shop", "web-0", "nginx"), before);
	cr_assert_null(container_find(model, "", "", "ca978112ca1b"));
	cr_assert_str_eq(before->name, "nginx");
	model_count(model, program, V_CPU, 29);
	eq(before->value[V_CPU], 52);
	cr_assert_str_eq(cgroup->identity->runtime, "cri-o");
	cr_assert_str_eq(cgroup->identity->pod_uid, "7d5e3f0a-1c2b-4d5e-8f90-a1b2c3d4e5f6");
	cr_assert_str_eq(cgroup->details->image, "registry.example/web:1");
	end(program);
}

Test(model_names, a_restarted_container_goes_on_where_its_names_stood)
{
	struct cgroup *first = add(11, ID_A), *second;
	struct program *old = run(first, "web"), *young, *other;
	struct container *container;

	tell(first, "shop", "web-0", "nginx");
	model_count(model, old, V_CPU, 101);
	end(old);
	model_cgroup_remove(model, first, NOW);
	second = add(13, ID_B);
	young = run(second, "web");
	other = run(second, "sh");
	model_count(model, young, V_CPU, 7);
	model_count(model, other, V_SYSCALLS, 5);
	tell(second, "shop", "web-0", "nginx");
	container = second->container;
	cr_assert_eq(container, first->container);
	eq(container->value[V_CPU], 108);
	eq(container->dead_since_ns, 0);
	/* who held the programs goes on holding them */
	model_count(model, young, V_CPU, 3);
	model_count(model, other, V_SYSCALLS, 11);
	eq(container->value[V_CPU], 111);
	eq(shown(container, "web")->value[V_CPU], 111);
	eq(shown(container, "web")->value[V_THREADS], 1);
	eq(shown(container, "sh")->value[V_SYSCALLS], 16);
	eq(model->node->value[V_CPU], 111);
	end(young);
	end(other);
	eq(shown(container, "web")->value[V_THREADS], 0);
	cr_assert_null(container->aliases);
	cr_assert_null(container_find(model, "", "", "3e23e8160039"));
}

Test(model_names, two_merges_in_a_row_lose_nothing)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);
	struct program *a = run(first, "web"), *b = run(second, "web");

	model_count(model, a, V_CPU, 2);
	model_count(model, b, V_CPU, 3);
	tell(second, "", "", "blue");
	tell(first, "", "", "blue");
	model_count(model, a, V_CPU, 5);
	model_count(model, b, V_CPU, 7);
	eq(first->container->value[V_CPU], 17);
	eq(shown(first->container, "web")->value[V_CPU], 17);
	eq(shown(first->container, "web")->references, 2);
	end(a);
	end(b);
	eq(shown(first->container, "web")->value[V_THREADS], 0);
}

Test(model_names, both_hierarchies_of_a_container_get_the_names)
{
	struct cgroup *v1 = add(11, ID_A), *v2 = add(13, ID_A);
	struct program *program = run(v1, "web");

	model_count(model, program, V_CPU, 19);
	tell(v1, "shop", "web-0", "nginx");
	tell(v2, "shop", "web-0", "nginx");
	cr_assert_eq(v1->container, v2->container);
	eq(v1->container->value[V_CPU], 19);
	eq(v1->container->alive, 2);
	end(program);
}

Test(model_names, a_renamed_container_leaves_its_old_counts_with_an_older_instance)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);
	struct program *program = run(first, "web");

	tell(first, "", "", "blue");
	model_count(model, program, V_CPU, 31);
	end(program);
	model_cgroup_remove(model, first, NOW);
	tell(second, "", "", "blue");
	tell(second, "", "", "green");
	eq(container_find(model, "", "", "blue")->value[V_CPU], 31);
	eq(container_find(model, "", "", "green")->value[V_CPU], 0);
	cr_assert_neq(container_find(model, "", "", "blue")->dead_since_ns, 0);
}

Test(model_names, a_sandbox_has_no_name_and_is_not_the_host)
{
	struct details details = of(ID_A, "shop", "web-0", "");
	struct cgroup *cgroup = add(11, ID_A);

	details.is_sandbox = true;
	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, NOW, NOW), 0);
	cr_assert_str_eq(cgroup->container->name, "");
	cr_assert_str_eq(cgroup->container->pod, "web-0");
	cr_assert_str_eq(cgroup->identity->runtime, "containerd", "not told, so it stays");
	details.pod = details.namespace = "";
	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, NOW, NOW), 0);
	cr_assert_neq(cgroup->container, model->host);
	cr_assert_str_eq(cgroup->container->name, "ca978112ca1b");
}

Test(model_names, a_container_without_a_name_keeps_its_id_in_its_pod)
{
	struct cgroup *cgroup = add(11, ID_A);

	tell(cgroup, "shop", "web-0", "");
	cr_assert_str_eq(cgroup->container->name, "ca978112ca1b");
	cr_assert_str_eq(cgroup->container->namespace, "shop");
}

Test(model_names, programs_past_the_limit_are_folded_at_a_merge)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);
	struct program *programs[6];
	uint64_t sum = 0;

	for (int i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		programs[i] = run(i < 3 ? first : second, name);
		model_count(model, programs[i], V_CPU, 11);
	}
	tell(first, "", "", "blue");
	tell(second, "", "", "blue");
	eq(HASH_COUNT(first->container->programs), 3);
	eq(model->folded_programs, 3);
	for (int i = 0; i < 6; i++) {
		model_count(model, programs[i], V_CPU, 2);
		end(programs[i]);
	}
	for (const struct program *p = first->container->programs; p; p = p->hh.next)
		sum += p->value[V_CPU];
	eq(sum, 39);
	eq(first->container->other->value[V_CPU], 39);
	eq(first->container->value[V_CPU], 78);
}

Test(model_names, values_of_files_and_histograms_go_along)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);
	struct container *container;

	model_set_file(first->container, V_MEMORY_RSS, 4099);
	model_set_file(first->container, V_CPU_PERIODS, 17);
	first->container->runqueue.bucket[5] = 3;
	tell(first, "", "", "blue");
	model_set_file(second->container, V_MEMORY_RSS, 8209);
	model_set_file(second->container, V_CPU_PERIODS, 23);
	second->container->runqueue.bucket[5] = 4;
	tell(second, "", "", "blue");
	container = first->container;
	eq(container->value[V_MEMORY_RSS], 8209);
	eq(container->value[V_CPU_PERIODS], 40);
	cr_assert(container->has_file[V_MEMORY_RSS - PROGRAM_VALUES]);
	cr_assert_not(container->has_file[V_MEMORY_CACHE - PROGRAM_VALUES]);
	eq(container->runqueue.bucket[5], 7);
}

Test(model_names, what_was_merged_ends_in_its_time)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);
	struct program *program = run(second, "web");

	end(run(first, "web"));
	tell(first, "", "", "blue");
	tell(second, "", "", "blue");
	model_cgroup_remove(model, first, NOW);
	model_cgroup_remove(model, second, NOW + 5);
	model_expire(model, NOW + 5 + GRACE);
	cr_assert_not_null(container_find(model, "", "", "blue"), "a thread still holds it");
	end(program);
	model_expire(model, NOW + 5 + GRACE);
	cr_assert_null(container_find(model, "", "", "blue"));
	eq(HASH_COUNT(model->cgroups), 0);
}

Test(model_names, a_container_called_unknown_may_be_renamed_and_merged)
{
	struct cgroup *lost = NULL, *named = add(11, ID_A), *other = add(13, ID_B);

	cr_assert_eq(model_cgroup_add(model, 17, NULL, NULL, 1, &lost), 0);
	tell(named, "", "", "unknown"); /* shares the row of those without a path */
	model_cgroup_remove(model, lost, NOW);
	model_expire(model, NOW + GRACE);
	tell(other, "", "", "web");
	tell(named, "", "", "web");
	cr_assert_null(model->unknown, "it was merged away");
	cr_assert_eq(model_cgroup_add(model, 19, NULL, NULL, 1, &lost), 0);
	cr_assert_str_eq(lost->container->name, "unknown");
}

Test(model_names, who_began_past_the_limit_gets_its_row_when_there_is_one)
{
	struct cgroup *first = add(11, ID_A), *late;
	struct container *container = first->container;

	tell(first, "shop", "web-0", "nginx");
	for (uint64_t i = 0; i < 10; i++) { /* five are the limit */
		char id[65];

		snprintf(id, sizeof(id), "%064llu", (unsigned long long)i + 1);
		id[0] = (char)('0' + i);
		add(100 + i, id);
	}
	late = add(13, ID_B);
	cr_assert_eq(late->container, model->other);
	tell(late, "shop", "web-0", "nginx");
	cr_assert_eq(late->container, container);
	cr_assert_eq(model->other, container_find(model, "", "", "other"));
	tell(late, "shop", "new", "nginx");
	cr_assert_eq(late->container, model->other, "no room for new names");
}

Test(model_names, a_late_name_for_what_has_ended_ends_too)
{
	struct cgroup *first = add(11, ID_A), *second = add(13, ID_B);

	tell(first, "", "", "blue");
	tell(second, "", "", "blue");
	model_cgroup_remove(model, second, NOW);
	tell(second, "", "", "green");
	cr_assert_not_null(container_find(model, "", "", "green"));
	model_expire(model, NOW + GRACE);
	model_expire(model, NOW + GRACE);
	cr_assert_null(container_find(model, "", "", "green"));
	cr_assert_not_null(container_find(model, "", "", "blue"));
}

Test(model_names, cgroups_without_end_in_one_container_are_not_kept)
{
	for (uint64_t i = 0; i < 2003; i++)
		model_cgroup_remove(model, add(1000 + i, ID_A), NOW);
	model_expire(model, NOW + 1);
	cr_assert_leq(HASH_COUNT(model->cgroups), 512);
	eq(model->evicted_cgroups + HASH_COUNT(model->cgroups), 2003);
	model_expire(model, NOW + GRACE);
	eq(HASH_COUNT(model->cgroups), 0);
}
