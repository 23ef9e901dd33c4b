/* SPDX-License-Identifier: Apache-2.0 */
/* Programs and processes of model.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/budget.h"
#include "model/history.h"
#include "model/program.h"
#include "model/series.h"

#define OTHER_PROGRAM "other"
#define FORGET_PASSES 2 /* a thread may be met one pass after the record that told its process's end */

static struct program *program_new(struct container *container, const char *name, uint64_t now_ns,
				   uint64_t realtime_ns)
{
	struct program *program = calloc(1, sizeof(*program));

	if (!program)
		return NULL;
	program->container = container;
	program->idle_since_ns = now_ns;
	program->created_ns = realtime_ns;
	memcpy(program->name, name, strlen(name) + 1);
	return program;
}

void program_free(struct program *program)
{
	if (!program)
		return;
	history_lose(program->place);
	free(program->window);
	free(program);
}

/* All that it counted is `to`'s from now on; so is what it grew by, so that no rate sees it twice or as a jump. */
static void give_counts(const struct model *model, struct program *from, struct program *to)
{
	for (unsigned int i = 0; i < PROGRAM_VALUES; i++)
		to->value[i] += from->value[i];
	for (unsigned int i = 0; i < RANKED_VALUES; i++)
		to->ranked[i] += from->ranked[i];
	window_move(&to->window, &from->window, model->tick, SERIES_PROGRAM_RATES);
}

static struct program *program_other(struct container *container, uint64_t now_ns, uint64_t realtime_ns)
{
	if (!container->other)
		container->other = program_new(container, OTHER_PROGRAM, now_ns, realtime_ns);
	return container->other;
}

/* Makes room by folding the program that has been without threads for longest, past its grace time, into `other`. */
static bool program_fold_oldest(struct model *model, struct container *container, uint64_t now_ns,
				uint64_t realtime_ns)
{
	struct program *oldest = NULL, *other;

	for (struct program *program = container->programs; program; program = program->hh.next) {
		if (program->references || program->is_kernel ||
		    now_ns - program->idle_since_ns < model->limits.grace_ns)
			continue;
		if (!oldest || program->idle_since_ns < oldest->idle_since_ns)
			oldest = program;
	}
	other = oldest ? program_other(container, now_ns, realtime_ns) : NULL;
	if (!other)
		return false;
	give_counts(model, oldest, other);
	HASH_DEL(container->programs, oldest);
	model->program_count--;
	program_free(oldest);
	model->evicted_programs++;
	return true;
}

/* Its counts are those of `target` from now on; who refers to it may go on doing so. */
static void program_alias(const struct model *model, struct program *program, struct program *target)
{
	give_counts(model, program, target);
	if (!program->references) {
		program_free(program);
		return;
	}
	history_lose(program->place);
	program->place = NULL;
	model_program_hold(target);
	program->alias = target;
	program->next_alias = target->container->aliases;
	target->container->aliases = program;
}

/* Kernel threads bring some 40 names, the same everywhere: they do not crowd out programs. */
static bool is_crowded(const struct model *model, const struct container *container, bool is_kernel)
{
	return !is_kernel && HASH_COUNT(container->programs) - container->kernel_programs >=
				     model->limits.programs_per_container;
}

static bool is_full(const struct model *model, const struct container *container, bool is_kernel)
{
	return is_crowded(model, container, is_kernel) ||
	       !budget_has_room(model, model->limits.costs.program);
}

static int enter(struct model *model, struct program *program, struct container *container)
{
	HASH_ADD_STR(container->programs, name, program);
	if (!HASH_HAS(program))
		return -ENOMEM;
	model->program_count++;
	container->kernel_programs += program->is_kernel;
	return 0;
}

void program_move(struct model *model, struct program *program, struct container *to)
{
	struct container *from = program->container;
	struct program *target;

	if (program == from->other) {
		from->other = NULL;
		target = to->other;
		if (!target)
			to->other = program;
	} else {
		HASH_DEL(from->programs, program);
		model->program_count--;
		from->kernel_programs -= program->is_kernel;
		HASH_FIND_STR(to->programs, program->name, target);
		if (!target && is_crowded(model, to, program->is_kernel)) {
			model->folded_programs++;
			target = program_other(to, program->idle_since_ns, program->created_ns);
		}
		if (!target && enter(model, program, to)) {
			/* out of memory: it shares the row of `other`, or becomes it */
			target = to->other;
			if (!target)
				to->other = program;
			memcpy(program->name, OTHER_PROGRAM, sizeof(OTHER_PROGRAM));
		}
	}
	program->container = to;
	if (target)
		program_alias(model, program, target);
}

struct program *model_program_get(struct model *model, struct container *container, const char *full_name,
				  bool is_kernel, uint64_t now_ns, uint64_t realtime_ns)
{
	struct program *program;
	char name[NAME_SIZE];

	utf8_copy(name, sizeof(name),
		  full_name);                 /* as it will be shown: two that look alike are one series */
	if (strcmp(name, OTHER_PROGRAM) == 0) /* one that happens to have that name shares its row */
		return program_other(container, now_ns, realtime_ns);
	HASH_FIND_STR(container->programs, name, program);
	if (program)
		return program;
	while (is_full(model, container, is_kernel)) {
		if (program_fold_oldest(model, container, now_ns, realtime_ns))
			continue;
		model->folded_programs++;
		return program_other(container, now_ns, realtime_ns);
	}
	program = program_new(container, name, now_ns, realtime_ns);
	if (!program)
		return NULL;
	program->is_kernel = is_kernel;
	if (enter(model, program, container) == 0)
		return program;
	program_free(program);
	return NULL;
}

void model_program_hold(struct program *program)
{
	program->references++;
}

void model_program_release(struct program *program, uint64_t now_ns)
{
	struct program **link;

	if (--program->references > 0)
		return;
	program->idle_since_ns = now_ns;
	if (!program->alias)
		return;
	for (link = &program->container->aliases; *link != program; link = &(*link)->next_alias)
		;
	*link = program->next_alias;
	model_program_release(program->alias, now_ns);
	program_free(program);
}

/* Gauges are sums like counters; a decrease wraps around and comes out right. */
static void count_process(struct model *model, struct program *program, int step)
{
	model_count(model, program, V_PROCESSES, (uint64_t)(int64_t)step);
}

struct process *model_process_find(const struct model *model, uint32_t tgid, uint64_t start_ns)
{
	struct process_key key = { .tgid = tgid, .start_ns = start_ns };
	struct process *process;

	HASH_FIND(hh, model->processes, &key, sizeof(key), process);
	return process;
}

struct process *model_process_get(struct model *model, uint32_t tgid, uint64_t start_ns,
				  struct program *program)
{
	struct process *process = model_process_find(model, tgid, start_ns);

	if (process)
		return process;
	if (model->limits.processes && HASH_COUNT(model->processes) >= model->limits.processes) {
		model->folded_processes++;
		return NULL;
	}
	process = calloc(1, sizeof(*process));
	if (!process) {
		model->folded_processes++;
		return NULL;
	}
	process->key = (struct process_key){ .tgid = tgid, .start_ns = start_ns };
	process->program = program;
	process->forget_in = FORGET_PASSES;
	process->next_ending = model->ending;
	process->is_ending = true;
	HASH_ADD(hh, model->processes, key, sizeof(process->key), process);
	if (!HASH_HAS(process)) {
		free(process);
		model->folded_processes++;
		return NULL;
	}
	model->ending = process;
	model_program_hold(program);
	count_process(model, program, 1);
	return process;
}

void model_process_set_program(struct model *model, struct process *process, struct program *program,
			       uint64_t now_ns)
{
	if (process->program == program)
		return;
	if (!process->exited) {
		count_process(model, process->program, -1);
		count_process(model, program, 1);
		model_count(model, process->program, V_MEMORY_RESIDENT, -process->resident_bytes);
		model_count(model, program, V_MEMORY_RESIDENT, process->resident_bytes);
	}
	model_program_hold(program);
	model_program_release(process->program, now_ns);
	process->program = program;
}

void model_process_set_resident(struct model *model, struct process *process, uint64_t bytes)
{
	if (process->exited)
		return;
	model_count(model, process->program, V_MEMORY_RESIDENT, bytes - process->resident_bytes);
	process->resident_bytes = bytes;
}

void model_process_start(struct model *model, struct process *process)
{
	process->next_starting = model->starting;
	model->starting = process;
}

void model_book_starts(struct model *model)
{
	while (model->starting) {
		struct process *process = model->starting;

		model->starting = process->next_starting;
		process->next_starting = NULL;
		model_count(model, process->program, V_STARTS, 1);
	}
}

void model_process_exit(struct model *model, struct process *process, unsigned int status)
{
	if (process->exited)
		return;
	model_process_set_resident(model, process, 0);
	process->exited = true;
	model_count(model, process->program, V_EXITS + status, 1);
	count_process(model, process->program, -1);
}

void model_process_leave(struct model *model, struct process *process)
{
	if (--process->threads > 0 || process->is_ending)
		return;
	process->is_ending = true;
	process->next_ending = model->ending;
	model->ending = process;
}

/* Its program's references and gauge are given back. */
static void forget(struct model *model, struct process *process, uint64_t now_ns)
{
	if (!process->exited)
		count_process(model, process->program, -1);
	model_process_set_resident(model, process, 0);
	model_program_release(process->program, now_ns);
	HASH_DEL(model->processes, process);
	free(process);
}

static bool is_over(const struct process *process)
{
	return !process->threads && !process->forget_in;
}

/* Most do nothing most of the time. */
static void expire_windows(struct model *model)
{
	struct process **link = &model->active, *process;

	while ((process = *link)) {
		if (process->window->tick + 1 >= model->tick && !is_over(process)) {
			link = &process->next_active;
			continue;
		}
		*link = process->next_active;
		free(process->window);
		process->window = NULL;
	}
}

void program_expire_processes(struct model *model, uint64_t now_ns)
{
	struct process **link = &model->ending, *process;

	expire_windows(model);
	while ((process = *link)) {
		if (!process->threads && process->forget_in) {
			process->forget_in--;
			link = &process->next_ending;
			continue;
		}
		*link = process->next_ending;
		process->is_ending = false;
		if (!process->threads)
			forget(model, process, now_ns);
	}
}
