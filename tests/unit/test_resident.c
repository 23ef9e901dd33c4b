/* SPDX-License-Identifier: Apache-2.0 */
/* Resident memory of processes from procfs, a part in each turn, and what becomes of it in the model. */
#include "base/time.h"
#include "equal.h"
#include "read/resident.h"
#include "tree.h"

#define TURN (250 * NS_PER_MS)
#define INTERVAL (10 * NS_PER_S)
#define PAGE 4096

static struct tree tree;
static struct paths paths;
static struct model *model;
static struct resident *resident;
static struct container *container;
static uint64_t now_ns;

static void set_up(void)
{
	const struct model_limits limits = {
		.containers = 10, .programs_per_container = 10, .processes = 1000, .label_length = 128
	};
	const struct identity identity = { .name = "box", .runtime = "docker" };
	struct resident_settings settings = { .paths = &paths, .turn_ns = TURN, .interval_ns = INTERVAL };
	struct cgroup *cgroup;

	tree_init(&tree);
	paths.procfs = tree.root;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
	cr_assert_eq(model_cgroup_add(model, 11, "/box", &identity, 1, &cgroup), 0);
	container = cgroup->container;
	settings.model = model;
	cr_assert_eq(resident_new(&settings, &resident), 0);
	now_ns = 1009;
}

static void tear_down(void)
{
	resident_free(resident);
	model_free(model);
	tree_done(&tree);
}

TestSuite(resident, .init = set_up, .fini = tear_down, .timeout = 20);

static struct program *program(const char *name, bool is_kernel)
{
	return model_program_get(model, container, name, is_kernel, now_ns, 1);
}

static void set_pages(uint32_t tgid, unsigned int pages)
{
	char name[64];

	snprintf(name, sizeof(name), "%u/statm", tgid);
	tree_file(&tree, name, "4099 %u 7 1 0 2003 0\n", pages);
}

static struct process *add(uint32_t tgid, const char *name, unsigned int pages)
{
	struct process *process = model_process_get(model, tgid, tgid, program(name, false));

	cr_assert_not_null(process);
	process->threads++;
	set_pages(tgid, pages);
	return process;
}

static void turn(unsigned int count)
{
	while (count-- > 0) {
		resident_turn(resident, now_ns);
		now_ns += TURN;
	}
}

Test(resident, processes_are_summed_to_programs_containers_and_the_node)
{
	const struct process *first = add(101, "web", 1009);

	add(103, "web", 503);
	add(107, "db", 2003);
	turn(1);
	eq(first->resident_bytes, 1009 * PAGE);
	eq(program("web", false)->value[V_MEMORY_RESIDENT], (1009 + 503) * PAGE);
	eq(program("db", false)->value[V_MEMORY_RESIDENT], 2003 * PAGE);
	eq(container->value[V_MEMORY_RESIDENT], (1009 + 503 + 2003) * PAGE);
	eq(model->node->value[V_MEMORY_RESIDENT], (1009 + 503 + 2003) * PAGE);
}

Test(resident, it_is_read_again_after_the_interval_and_every_second_while_somebody_looks)
{
	const struct process *process = add(101, "web", 1009);

	turn(1);
	set_pages(101, 11);
	turn(39);
	eq(process->resident_bytes, 1009 * PAGE);
	turn(1);
	eq(process->resident_bytes, 11 * PAGE);
	set_pages(101, 13);
	resident_want(resident, now_ns);
	turn(4);
	eq(process->resident_bytes, 13 * PAGE);
	set_pages(101, 17);
	turn(4);
	eq(process->resident_bytes, 17 * PAGE);
}

Test(resident, many_processes_take_many_turns)
{
	for (uint32_t i = 0; i < 200; i++)
		add(1000 + i, "web", 1);
	turn(1);
	eq(container->value[V_MEMORY_RESIDENT], 64 * PAGE);
	turn(2);
	eq(container->value[V_MEMORY_RESIDENT], 192 * PAGE);
	turn(1);
	eq(container->value[V_MEMORY_RESIDENT], 200 * PAGE);
}

Test(resident, another_program_takes_it_along_and_the_end_gives_it_back)
{
	struct process *first = add(101, "web", 1009), *second = add(103, "web", 503);

	turn(1);
	model_process_set_program(model, first, program("db", false), now_ns);
	eq(program("web", false)->value[V_MEMORY_RESIDENT], 503 * PAGE);
	eq(program("db", false)->value[V_MEMORY_RESIDENT], 1009 * PAGE);
	model_process_exit(model, first, 0);
	eq(program("db", false)->value[V_MEMORY_RESIDENT], 0);
	model_process_set_resident(model, first, 7);
	eq(program("db", false)->value[V_MEMORY_RESIDENT], 0);
	model_process_leave(model, second);
	for (int i = 0; i < 3; i++)
		model_expire(model, now_ns);
	eq(HASH_COUNT(model->processes), 1);
	eq(container->value[V_MEMORY_RESIDENT], 0);
	eq(model->node->value[V_MEMORY_RESIDENT], 0);
}

Test(resident, kernel_threads_and_what_is_gone_have_none)
{
	struct process *gone = add(101, "web", 1009), *odd = add(103, "web", 503), *thread;

	thread = model_process_get(model, 2, 2, program("kthreadd", true));
	set_pages(2, 23);
	tree_remove(&tree, "101");
	tree_file(&tree, "103/statm", "not a number\n");
	turn(1);
	eq(gone->resident_bytes, 0);
	eq(odd->resident_bytes, 0);
	eq(thread->resident_bytes, 0);
	eq(model->node->value[V_MEMORY_RESIDENT], 0);
}
