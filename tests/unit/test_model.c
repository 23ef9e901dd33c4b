/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of programs, containers and the node: what the bounds fold, what ends and what goes on. */
#include <stdio.h>
#include <string.h>

#include "equal.h"
#include "model_world.h"

#define GRACE 1009
#define NOW 100003

static void start(uint32_t containers, uint32_t programs, uint32_t processes, uint32_t label_length)
{
	const struct model_limits limits = { .containers = containers,
					     .programs_per_container = programs,
					     .processes = processes,
					     .label_length = label_length,
					     .grace_ns = GRACE };

	model_begin(&limits);
}

static void set_up(void)
{
	start(100, 5, 100, 128);
}

TestSuite(model, .init = set_up, .fini = model_end, .timeout = 20);

static struct cgroup *add(uint64_t id, const char *name)
{
	struct identity identity = { .runtime = "docker" };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	cr_assert_eq(model_cgroup_add(model, id, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

static struct program *get(struct container *container, const char *name, uint64_t now_ns)
{
	struct program *program = model_program_get(model, container, name, false, now_ns, 1);

	cr_assert_not_null(program);
	return program;
}

static uint64_t sum_of_programs(const struct container *container, unsigned int index)
{
	uint64_t sum = container->other ? container->other->value[index] : 0;

	for (const struct program *program = container->programs; program; program = program->hh.next)
		sum += program->value[index];
	return sum;
}

Test(model, a_difference_goes_to_program_container_and_node)
{
	struct container *a = add(11, "a")->container, *b = add(13, "b")->container;

	model_count(model, get(a, "x", NOW), V_CPU, 23);
	model_count(model, get(a, "y", NOW), V_CPU, 29);
	model_count(model, get(b, "x", NOW), V_CPU, 31);
	model_count(model, NULL, V_CPU, 37);
	eq(get(a, "x", NOW)->value[V_CPU], 23);
	eq(a->value[V_CPU], 23 + 29);
	eq(b->value[V_CPU], 31);
	eq(model->node->value[V_CPU], 23 + 29 + 31 + 37);
	eq(model->host->value[V_CPU], 0);
}

Test(model, past_the_limit_programs_are_folded_and_the_sums_stay)
{
	struct container *container = add(11, "a")->container;
	char name[16];

	for (int i = 0; i < 23; i++) {
		snprintf(name, sizeof(name), "program-%d", i);
		model_count(model, get(container, name, NOW), V_CPU, 100 + i);
		model_program_hold(get(container, name, NOW));
	}
	eq(HASH_COUNT(container->programs), 5);
	cr_expect_str_eq(container->other->name, "other");
	eq(container->other->value[V_CPU], 18 * 100 + (5 + 22) * 18 / 2);
	eq(sum_of_programs(container, V_CPU), container->value[V_CPU]);
	eq(model->node->value[V_CPU], 23 * 100 + 22 * 23 / 2);
	cr_expect_geq(model->folded_programs, 18);
}

Test(model, a_program_that_is_called_other_shares_the_row)
{
	struct container *container = add(11, "a")->container;

	model_count(model, get(container, "other", NOW), V_CPU, 7);
	eq(HASH_COUNT(container->programs), 0);
	eq(container->other->value[V_CPU], 7);
	cr_expect_eq(get(container, "other", NOW), container->other);
}

Test(model, a_program_without_threads_is_recycled_after_its_grace_time)
{
	struct container *container = add(11, "a")->container;
	char name[16];

	for (int i = 0; i < 5; i++) {
		struct program *program;

		snprintf(name, sizeof(name), "program-%d", i);
		program = get(container, name, NOW);
		model_program_hold(program);
		model_count(model, program, V_CPU, 101);
		if (i == 2 || i == 3)
			model_program_release(program, NOW + i);
	}
	model_count(model, get(container, "new", NOW + 2 + GRACE - 1), V_CPU, 1);
	eq(container->other->value[V_CPU], 1);
	eq(model->evicted_programs, 0);
	model_count(model, get(container, "new", NOW + 2 + GRACE), V_CPU, 1);
	eq(model->evicted_programs, 1);
	eq(container->other->value[V_CPU], 1 + 101); /* the oldest went there */
	eq(get(container, "new", NOW)->value[V_CPU], 1);
	eq(get(container, "program-3", NOW)->value[V_CPU], 101);
	eq(HASH_COUNT(container->programs), 5);
	eq(sum_of_programs(container, V_CPU), container->value[V_CPU]);
}

Test(model, a_program_held_again_is_not_recycled)
{
	struct container *container = add(11, "a")->container;
	struct program *program = get(container, "x", NOW);

	start(100, 1, 100, 128);
	container = add(11, "a")->container;
	program = get(container, "x", NOW);
	model_program_hold(program);
	model_program_release(program, NOW);
	model_program_hold(program);
	cr_expect_eq(get(container, "y", NOW + 2 * GRACE), container->other);
	eq(program->references, 1);
}

Test(model, a_name_that_is_too_long_is_one_program)
{
	struct container *container = add(11, "a")->container;
	char name[100];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(get(container, name, NOW), get(container, name, NOW));
	eq(strlen(get(container, name, NOW)->name), NAME_SIZE - 1);
	eq(HASH_COUNT(container->programs), 1);
}

/* ---- processes ---------------------------------------------------------------------------------------------------- */

Test(model, a_process_is_one_by_pid_and_start)
{
	struct container *container = add(11, "a")->container;
	struct program *program = get(container, "x", NOW);
	struct process *process = model_process_get(model, 101, 5, program);

	cr_expect_eq(model_process_get(model, 101, 5, program), process);
	cr_expect_neq(model_process_get(model, 101, 6, program), process);
	cr_expect_neq(model_process_get(model, 103, 5, program), process);
	eq(container->value[V_PROCESSES], 3);
	eq(model->node->value[V_PROCESSES], 3);
	eq(program->references, 3);
}

Test(model, the_end_of_a_process_is_counted_once)
{
	struct container *container = add(11, "a")->container;
	struct process *process = model_process_get(model, 101, 5, get(container, "x", NOW));

	for (int i = 0; i < 3; i++)
		model_process_exit(model, process, VALUE_INDEX(exit_status, FAILURE));
	eq(container->value[V_EXITS + VALUE_INDEX(exit_status, FAILURE)], 1);
	eq(container->value[V_EXITS + VALUE_INDEX(exit_status, SUCCESS)], 0);
	eq(container->value[V_PROCESSES], 0);
	for (int i = 0; i < 5; i++)
		model_expire(model, NOW);
	eq(HASH_COUNT(model->processes), 0);
	eq(container->value[V_PROCESSES], 0);
	eq(get(container, "x", NOW)->references, 0);
}

Test(model, a_process_without_threads_is_forgotten_after_two_passes)
{
	struct container *container = add(11, "a")->container;
	struct process *process = model_process_get(model, 101, 5, get(container, "x", NOW));

	process->threads++;
	for (int i = 0; i < 5; i++)
		model_expire(model, NOW);
	eq(HASH_COUNT(model->processes), 1);
	model_process_leave(model, process);
	model_expire(model, NOW);
	model_expire(model, NOW);
	eq(HASH_COUNT(model->processes), 1);
	eq(container->value[V_PROCESSES], 1);
	model_expire(model, NOW);
	eq(HASH_COUNT(model->processes), 0);
	eq(container->value[V_PROCESSES], 0); /* its end was never told */
	eq(container->value[V_EXITS + VALUE_INDEX(exit_status, SUCCESS)], 0);
}

Test(model, a_start_counts_for_the_program_at_the_reading)
{
	struct container *container = add(11, "a")->container;
	struct process *process = model_process_get(model, 101, 5, get(container, "shell", NOW));

	model_process_start(model, process);
	eq(container->value[V_STARTS], 0);
	model_process_set_program(model, process, get(container, "tool", NOW), NOW);
	model_book_starts(model);
	model_book_starts(model);
	eq(get(container, "shell", NOW)->value[V_STARTS], 0);
	eq(get(container, "tool", NOW)->value[V_STARTS], 1);
	eq(container->value[V_STARTS], 1);
	eq(model->node->value[V_STARTS], 1);
}

Test(model, gauges_follow_a_process_to_its_new_program)
{
	struct container *a = add(11, "a")->container, *b = add(13, "b")->container;
	struct process *process = model_process_get(model, 101, 5, get(a, "x", NOW));

	model_process_set_program(model, process, get(b, "y", NOW), NOW);
	model_process_set_program(model, process, get(b, "y", NOW), NOW);
	eq(a->value[V_PROCESSES], 0);
	eq(get(a, "x", NOW)->value[V_PROCESSES], 0);
	eq(b->value[V_PROCESSES], 1);
	eq(model->node->value[V_PROCESSES], 1);
	eq(get(a, "x", NOW)->references, 0);
	eq(get(b, "y", NOW)->references, 1);
	model_process_exit(model, process, VALUE_INDEX(exit_status, SIGNAL));
	eq(b->value[V_PROCESSES], 0);
	eq(model->node->value[V_PROCESSES], 0);
}

Test(model, past_the_limit_processes_are_refused_and_counted)
{
	struct program *program;

	start(100, 5, 7, 128);
	program = get(add(11, "a")->container, "x", NOW);
	for (uint32_t i = 0; i < 7; i++)
		cr_expect_not_null(model_process_get(model, 101 + i, 5, program));
	cr_expect_null(model_process_get(model, 211, 5, program));
	cr_expect_not_null(model_process_get(model, 101, 5, program));
	eq(model->folded_processes, 1);
}

/* ---- containers --------------------------------------------------------------------------------------------------- */

Test(model, a_container_of_the_same_names_goes_on_after_a_restart)
{
	struct cgroup *first = add(11, "web"), *second;
	struct container *container = first->container;

	model_count(model, get(container, "nginx", NOW), V_CPU, 503);
	model_cgroup_remove(model, first, NOW);
	eq(container->alive, 0);
	eq(container->dead_since_ns, NOW);
	second = add(13, "web");
	cr_expect_eq(second->container, container);
	eq(container->alive, 1);
	eq(container->dead_since_ns, 0);
	model_count(model, get(container, "nginx", NOW), V_CPU, 101);
	eq(container->value[V_CPU], 604);
	model_expire(model, NOW + GRACE);
	cr_expect_null(model_cgroup_find(model, 11));
	cr_expect_eq(model_cgroup_find(model, 13), second);
	eq(container->value[V_CPU], 604);
	eq(model->evicted_containers, 0);
}

Test(model, a_dead_container_is_kept_for_its_grace_time)
{
	struct cgroup *cgroup = add(11, "web");

	model_cgroup_remove(model, cgroup, NOW);
	model_cgroup_remove(model, cgroup, NOW + 500); /* told twice */
	model_expire(model, NOW + GRACE - 1);
	eq(HASH_COUNT(model->containers), 2); /* and the host */
	model_expire(model, NOW + GRACE);
	eq(HASH_COUNT(model->containers), 1);
	eq(HASH_COUNT(model->cgroups), 0);
	eq(model->evicted_containers, 1);
}

Test(model, a_dead_container_with_a_thread_is_kept)
{
	struct cgroup *cgroup = add(11, "web");
	struct program *program = get(cgroup->container, "x", NOW);

	model_program_hold(program);
	cgroup->references++;
	model_cgroup_remove(model, cgroup, NOW);
	model_expire(model, NOW + 2 * GRACE);
	eq(HASH_COUNT(model->containers), 2);
	cgroup->references--;
	model_program_release(program, NOW + 2 * GRACE);
	model_expire(model, NOW + 2 * GRACE);
	eq(HASH_COUNT(model->containers), 1);
}

Test(model, two_instances_are_alive_until_both_are_gone)
{
	struct cgroup *first = add(11, "web"), *second = add(13, "web");

	eq(first->container->alive, 2);
	model_cgroup_remove(model, first, NOW);
	eq(second->container->dead_since_ns, 0);
	model_cgroup_remove(model, second, NOW + 1);
	eq(second->container->dead_since_ns, NOW + 1);
}

Test(model, a_cgroup_without_a_path_counts_as_unknown_until_it_has_a_name)
{
	const struct identity identity = { .name = "web", .runtime = "docker" };
	struct cgroup *cgroup = NULL;
	struct container *unknown;

	cr_assert_eq(model_cgroup_add(model, 11, NULL, NULL, 1, &cgroup), 0);
	unknown = cgroup->container;
	cr_expect_eq(unknown, model->unknown);
	cr_expect_str_eq(unknown->name, "unknown");
	model_count(model, get(unknown, "x", NOW), V_CPU, 13);
	cr_assert_eq(model_cgroup_name(model, cgroup, "/docker/web", &identity, NOW, 1), 0);
	cr_expect_str_eq(cgroup->container->name, "web");
	cr_expect_str_eq(cgroup->path, "/docker/web");
	eq(model->renamings, 1);
	eq(unknown->alive, 0);
	model_count(model, get(cgroup->container, "x", NOW), V_CPU, 17);
	eq(unknown->value[V_CPU], 13);
	eq(cgroup->container->value[V_CPU], 17);
	eq(model->node->value[V_CPU], 30);
}

Test(model, the_same_name_again_moves_nothing)
{
	const struct identity identity = { .name = "web", .runtime = "docker" };
	struct cgroup *cgroup = add(11, "web");

	cr_assert_eq(model_cgroup_name(model, cgroup, "/y", &identity, NOW, 1), 0);
	eq(model->renamings, 0);
	eq(cgroup->container->alive, 1);
}

Test(model, what_was_unknown_is_kept_for_its_grace_time)
{
	const struct identity identity = { .name = "web", .runtime = "docker" };
	struct cgroup *cgroup = NULL;

	cr_assert_eq(model_cgroup_add(model, 11, NULL, NULL, 1, &cgroup), 0);
	model_count(model, get(model->unknown, "x", NOW), V_CPU, 13);
	cr_assert_eq(model_cgroup_name(model, cgroup, "/docker/web", &identity, NOW, 1), 0);
	model_expire(model, NOW);
	cr_assert_not_null(model->unknown); /* else its counts were never scraped */
	model_expire(model, NOW + GRACE);
	cr_expect_null(model->unknown);
}

Test(model, past_the_limit_containers_are_one)
{
	start(5, 5, 100, 128);
	for (int i = 0; i < 13; i++) {
		char name[16];
		struct cgroup *cgroup;

		snprintf(name, sizeof(name), "c%d", i);
		cgroup = add(101 + i, name);
		model_count(model, get(cgroup->container, "x", NOW), V_CPU, 7);
		cr_expect_eq(cgroup->container == model->other, i >= 4); /* the host is the fifth */
	}
	eq(model->folded_containers, 9);
	eq(model->other->value[V_CPU], 9 * 7);
	eq(model->other->alive, 9);
	eq(model->node->value[V_CPU], 13 * 7);
	cr_expect_str_eq(model->other->name, "other");
}

Test(model, a_label_is_cut_between_characters)
{
	static const struct {
		const char *name, *cut;
	} rows[] = {
		{ "1234567", "1234567" },
		{ "12345678", "1234567" },
		{ "12345\xc3\xa9", "12345\xc3\xa9" },       /* two bytes, just fits */
		{ "123456\xc3\xa9", "123456" },             /* the second byte is past the limit */
		{ "12345\xe2\x82\xac", "12345" },           /* three bytes */
		{ "1234\xe2\x82\xac", "1234\xe2\x82\xac" }, /* */
		{ "1234\xf0\x9f\x92\xa9", "1234" },         /* four */
		{ "123\xf0\x9f\x92\xa9zz", "123\xf0\x9f\x92\xa9" },
	};

	start(100, 5, 100, 7);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		cr_expect_str_eq(add(101 + i, rows[i].name)->container->name, rows[i].cut);
}

Test(model, names_that_differ_past_the_limit_are_one_container)
{
	start(100, 5, 100, 7);
	cr_expect_eq(add(11, "12345678")->container, add(13, "12345679")->container);
	eq(HASH_COUNT(model->containers), 2);
}

Test(model, values_of_files_are_set_and_cleared)
{
	struct container *container = add(11, "a")->container;

	cr_expect_not(container->has_file[V_MEMORY_RSS - PROGRAM_VALUES]);
	model_set_file(container, V_MEMORY_RSS, 0);
	cr_expect(container->has_file[V_MEMORY_RSS - PROGRAM_VALUES]);
	model_set_file(container, V_MEMORY_RSS, 4099);
	eq(container->value[V_MEMORY_RSS], 4099);
	model_clear_file(container, V_MEMORY_RSS);
	cr_expect_not(container->has_file[V_MEMORY_RSS - PROGRAM_VALUES]);
	eq(container->value[V_MEMORY_RSS], 0);
}

Test(model, cgroups_that_are_there_are_counted_by_kind)
{
	struct identity unit = { .name = "a.service", .id = "/a.service", .kind = IDENTITY_UNIT };
	struct cgroup *first = add(11, "a"), *nameless = NULL;

	add(13, "b");
	cr_assert_eq(model_cgroup_add(model, 17, NULL, NULL, 1, &nameless), 0);
	eq(model->kinds[IDENTITY_CONTAINER], 2);
	eq(model->kinds[IDENTITY_UNIT], 0);
	cr_assert_eq(model_cgroup_name(model, nameless, "/a.service", &unit, NOW, 1), 0);
	eq(model->kinds[IDENTITY_UNIT], 1);
	cr_assert_eq(model_cgroup_name(model, first, "/a.service", &unit, NOW, 1), 0);
	eq(model->kinds[IDENTITY_CONTAINER], 1);
	eq(model->kinds[IDENTITY_UNIT], 2);
	model_cgroup_remove(model, first, NOW);
	model_cgroup_remove(model, first, NOW);
	eq(model->kinds[IDENTITY_UNIT], 1);
	/* named when it is gone already */
	cr_assert_eq(model_cgroup_add(model, 19, NULL, NULL, 1, &first), 0);
	model_cgroup_remove(model, first, NOW);
	cr_assert_eq(model_cgroup_name(model, first, "/a.service", &unit, NOW, 1), 0);
	eq(model->kinds[IDENTITY_UNIT], 1);
	model_expire(model, NOW + GRACE);
	eq(model->kinds[IDENTITY_UNIT], 1);
	eq(model->kinds[IDENTITY_CONTAINER], 1);
}
