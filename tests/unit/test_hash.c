/* SPDX-License-Identifier: Apache-2.0 */
/* Tables without memory: what cannot be added is refused or summed, nothing is lost, and the process goes on. */
#include <stdio.h>
#include <stdlib.h>

static unsigned int blocks_left;

#define uthash_malloc(size) (blocks_left ? blocks_left--, malloc(size) : NULL)

#define enter enter_program
#define is_full is_full_of_programs
#include "model/program.c"
#undef enter
#undef is_full
#include "model/container.c"
#include "equal.h"
#include "model_world.h"

#define NOW 100003
#define ENOUGH 1000000

static void set_up(void)
{
	const struct model_limits limits = { .containers = 100,
					     .programs_per_container = 10000,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = 1009 };

	blocks_left = ENOUGH;
	model_begin(&limits);
}

TestSuite(hash, .init = set_up, .fini = model_end, .timeout = 20);

static struct program *get(struct container *container, const char *name)
{
	return model_program_get(model, container, name, false, NOW, 1);
}

Test(hash, a_program_without_memory_for_a_table_is_refused_and_later_there)
{
	blocks_left = 0;
	cr_expect_null(get(model->host, "x"));
	blocks_left = 1; /* the table, but not its buckets */
	cr_expect_null(get(model->host, "x"));
	eq(HASH_COUNT(model->host->programs), 0);
	eq(model->program_count, 0);
	blocks_left = 2;
	cr_expect_not_null(get(model->host, "x"));
	eq(HASH_COUNT(model->host->programs), 1);
	eq(model->program_count, 1);
}

Test(hash, a_table_that_cannot_grow_keeps_what_it_has)
{
	unsigned int there = 0, refused = 0;
	char name[16];

	cr_assert_not_null(get(model->host, "first"));
	blocks_left = 0;
	for (unsigned int i = 0; i < 997; i++) {
		struct program *program;

		snprintf(name, sizeof(name), "%u", i);
		program = get(model->host, name);
		if (program)
			model_count(model, program, V_CPU, 13);
		there += program != NULL;
		refused += program == NULL;
	}
	cr_expect_gt(refused, 0);
	eq(HASH_COUNT(model->host->programs), 1 + there);
	eq(model->program_count, 1 + there);
	blocks_left = ENOUGH;
	for (unsigned int i = 0; i < 997; i++) {
		snprintf(name, sizeof(name), "%u", i);
		model_count(model, get(model->host, name), V_CPU, 17);
	}
	eq(HASH_COUNT(model->host->programs), 1 + 997);
	eq(model->host->value[V_CPU], 997 * 17 + there * 13);
}

Test(hash, programs_that_cannot_move_are_summed)
{
	struct container *from = container_get(model, "", "", "from", 1),
			 *to = container_get(model, "", "", "to", 1);

	model_count(model, get(from, "x"), V_CPU, 23);
	model_count(model, get(from, "y"), V_CPU, 29);
	model_program_hold(get(from, "y"));
	model_count(model, get(from, "z"), V_CPU, 31);
	blocks_left = 0;
	container_merge(model, from, to);
	eq(HASH_COUNT(to->programs), 0);
	eq(model->program_count, 0);
	cr_assert_not_null(to->other);
	cr_expect_str_eq(to->other->name, "other");
	eq(to->other->value[V_CPU], 23 + 29 + 31);
	eq(to->value[V_CPU], 23 + 29 + 31);
}

Test(hash, a_container_is_refused_or_renamed)
{
	struct container *container = container_get(model, "", "", "a", 1);

	cr_assert_not_null(container);
	blocks_left = 0;
	for (unsigned int i = 0; i < 97; i++)
		cr_assert_eq(container_rename(model, container, "n", "p", i % 2 ? "even" : "odd"), 0);
	cr_expect_eq(container_find(model, "n", "p", "odd"), container);
	cr_expect_null(container_find(model, "n", "p", "even"));
	cr_expect_null(container_find(model, "", "", "a"));
	eq(HASH_COUNT(model->containers), 2);
}

Test(hash, a_process_is_refused_and_counted)
{
	struct program *program = get(model->host, "x");

	blocks_left = 0;
	cr_expect_null(model_process_get(model, 11, 13, program));
	eq(model->folded_processes, 1);
	eq(program->references, 0);
	eq(program->value[V_PROCESSES], 0);
	blocks_left = ENOUGH;
	cr_expect_not_null(model_process_get(model, 11, 13, program));
	eq(program->value[V_PROCESSES], 1);
}
