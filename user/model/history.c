/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "model/container.h"
#include "model/history_table.h"

#define CONTAINERS_SHARE 60 /* percent of what the node and the rest leave */

static void set_layout(struct place_layout *layout, unsigned int levels, bool has_heat)
{
	for (enum series_id id = 0; id < SERIES_COUNT; id++) {
		bool is_kept = series_table[id].history && series_table[id].levels & levels;

		layout->column[id] = is_kept ? (int)layout->columns : -1;
		if (is_kept)
			layout->series[layout->columns++] = id;
	}
	layout->has_heat = has_heat;
}

static int set_capacity(struct history_table *table, uint64_t bytes)
{
	table->capacity = bytes / place_size(&table->layout);
	table->places = calloc(table->capacity ?: 1, sizeof(*table->places));
	return table->places ? 0 : -ENOMEM;
}

int history_new(uint64_t budget_bytes, struct history **ret_history)
{
	_cleanup_(cleanup_history) struct history *history = calloc(1, sizeof(*history));
	struct history_table *containers, *programs;
	uint64_t fixed;

	if (!history)
		return -ENOMEM;
	containers = &history->tables[KIND_CONTAINER];
	programs = &history->tables[KIND_PROGRAM];
	set_layout(&containers->layout, LEVEL_CONTAINER | LEVEL_NODE, true);
	set_layout(&programs->layout, LEVEL_PROGRAM, false);
	fixed = 2 * place_size(&containers->layout);
	if (budget_bytes >= fixed) {
		uint64_t rest = budget_bytes - fixed;

		if (place_new(&containers->layout, &history->node) ||
		    place_new(&containers->layout, &history->rest) ||
		    set_capacity(containers, rest * CONTAINERS_SHARE / 100) ||
		    set_capacity(programs, rest * (100 - CONTAINERS_SHARE) / 100))
			return -ENOMEM;
	}
	*ret_history = take_ptr(history);
	return 0;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	for (enum history_kind kind = 0; kind < KINDS; kind++) {
		for (uint32_t i = 0; i < history->tables[kind].count; i++)
			place_free(history->tables[kind].places[i]);
		free(history->tables[kind].places);
	}
	place_free(history->node);
	place_free(history->rest);
	free(history);
}

/* ---- a tick ---- */

static void add_container(const struct model *model, struct place *place, uint64_t number,
			  struct place_values *sum, uint32_t waits[WAIT_BUCKETS])
{
	const struct place_layout *layout = place->layout;
	struct place_values values = { .waits = window_waits_of(place->container->waits, model->tick - 1) };

	for (unsigned int i = 0; i < layout->columns; i++) {
		values.value[i] = series_of_container(model, place->container, layout->series[i]);
		if (!isnan(values.value[i]))
			sum->value[i] += values.value[i];
	}
	for (unsigned int i = 0; values.waits && i < WAIT_BUCKETS; i++)
		waits[i] += values.waits[i];
	place_add(place, number, model->interval_ns, &values);
}

static void add_program(const struct model *model, struct place *place, uint64_t number)
{
	struct place_values values = { .waits = NULL };

	for (unsigned int i = 0; i < place->layout->columns; i++)
		values.value[i] = series_of_program(model, place->program, place->layout->series[i]);
	place_add(place, number, model->interval_ns, &values);
}

/* `sum` and `waits` are those of all containers with a place. */
static void add_node_and_rest(struct history *history, const struct model *model, uint64_t number,
			      struct place_values *sum, uint32_t waits[WAIT_BUCKETS])
{
	const struct place_layout *layout = history->node->layout;
	const uint32_t *all = window_waits_of(model->node->waits, model->tick - 1);
	struct place_values values = { .waits = all };

	for (unsigned int i = 0; i < layout->columns; i++) {
		enum series_kind kind = series_table[layout->series[i]].kind;
		double value = series_of_node(model, layout->series[i]);

		values.value[i] = value;
		sum->value[i] = kind == SERIES_GAUGE ? history->rest_gauge[i] :
				kind == SERIES_RATE  ? fmax(value - sum->value[i], value * 0) :
						       NAN;
	}
	place_add(history->node, number, model->interval_ns, &values);
	for (unsigned int i = 0; i < WAIT_BUCKETS; i++)
		waits[i] = all && all[i] > waits[i] ? all[i] - waits[i] : 0;
	sum->waits = waits;
	place_add(history->rest, number, model->interval_ns, sum);
}

static void add_all(struct history *history, const struct model *model, uint64_t number)
{
	struct place_values sum = { .waits = NULL };
	uint32_t waits[WAIT_BUCKETS] = { 0 };

	for (uint32_t i = 0; i < history->tables[KIND_CONTAINER].count; i++)
		if (history->tables[KIND_CONTAINER].places[i]->container)
			add_container(model, history->tables[KIND_CONTAINER].places[i], number, &sum, waits);
	for (uint32_t i = 0; i < history->tables[KIND_PROGRAM].count; i++)
		if (history->tables[KIND_PROGRAM].places[i]->program)
			add_program(model, history->tables[KIND_PROGRAM].places[i], number);
	add_node_and_rest(history, model, number, &sum, waits);
}

void history_tick(struct history *history, struct model *model, uint64_t now_ns, uint64_t realtime_ns)
{
	uint64_t number;

	if (!history->node)
		return;
	if (!history->began_ns) {
		history->began_ns = now_ns;
		history_table_choose(history, model, now_ns); /* what there is: its growth counts from here */
		return;
	}
	number = (now_ns - history->began_ns + NS_PER_S / 2) / NS_PER_S;
	if (!number || !model->interval_ns)
		return;
	if (number / 10 > history->number / 10)
		history->ten_realtime_ns = number % 10 ? history->realtime_ns : realtime_ns;
	add_all(history, model, number);
	history->number = number;
	history->realtime_ns = realtime_ns;
	if (place_ten_of(number + 1) > history->chosen) {
		history->chosen = place_ten_of(number + 1);
		history_table_choose(history, model, now_ns);
	}
}

static void want(struct history *history, struct container *container, struct program *program,
		 uint64_t now_ns)
{
	struct place *place = program ? program->place : container->place;

	place = place ?: history_table_give(history, container, program, INFINITY, now_ns);
	if (place)
		place->wanted_until_ns = now_ns + HISTORY_WANTED_NS;
}

void history_want(struct history *history, struct model *model, struct container *container,
		  struct program *program, uint64_t now_ns)
{
	model_view(model, container, now_ns + HISTORY_WANTED_NS);
	if (!history->node)
		return;
	want(history, container, NULL, now_ns);
	if (program)
		want(history, container, program, now_ns);
}

/* ---- reading ---- */

static const struct place *find_program_place(const struct container *container, const char *name)
{
	const struct program *program;

	HASH_FIND_STR(container->programs, name, program);
	if (!program && container->other && strcmp(container->other->name, name) == 0)
		program = container->other;
	return program ? program->place : NULL;
}

static const struct place *find_place(const struct history *history, const struct model *model,
				      const struct history_entity *entity)
{
	bool is_program = entity->level == HISTORY_PROGRAM;
	const struct history_table *table = &history->tables[is_program ? KIND_PROGRAM : KIND_CONTAINER];
	const struct container *container;
	const struct place *place = NULL;

	if (entity->level == HISTORY_NODE)
		return history->node;
	if (entity->level == HISTORY_REST)
		return history->rest;
	container = container_find(model, entity->namespace, entity->pod, entity->container);
	if (container)
		place = is_program ? find_program_place(container, entity->program) : container->place;
	for (uint32_t i = 0; !place && i < table->count; i++)
		if (place_was_of(table->places[i], entity))
			place = table->places[i];
	return place;
}

static void set_span(const struct history *history, enum history_step step, struct history_span *ret_span)
{
	bool is_ten = step == STEP_TEN;

	ret_span->number = is_ten ? history->number / 10 : history->number;
	ret_span->realtime_ns = !ret_span->number ? 0 :
				is_ten            ? history->ten_realtime_ns :
						    history->realtime_ns;
}

int history_read(const struct history *history, const struct model *model,
		 const struct history_entity *entity, enum series_id id, unsigned int step_seconds,
		 size_t count, float *ret_points, struct history_span *ret_span)
{
	enum history_step step = step_seconds == 10 ? STEP_TEN : STEP_SECOND;
	const struct place *place = find_place(history, model, entity);
	unsigned int level = entity->level == HISTORY_NODE ? LEVEL_NODE : LEVEL_CONTAINER;

	if (entity->level == HISTORY_PROGRAM)
		level = LEVEL_PROGRAM;
	if ((step_seconds != 1 && step_seconds != 10) || id >= SERIES_COUNT || !series_table[id].history ||
	    !(series_table[id].levels & level))
		return -EINVAL;
	if (!place)
		return -ENOENT;
	set_span(history, step, ret_span);
	for (size_t i = 0; i < count; i++) {
		uint64_t back = count - 1 - i;

		ret_points[i] = back < ret_span->number ? place_read(place, step, ret_span->number - back,
								     place->layout->column[id]) :
							  NAN;
	}
	return 0;
}

int history_heat(const struct history *history, const struct model *model,
		 const struct history_entity *entity, unsigned int step_seconds, size_t count,
		 uint32_t *ret_counts, struct history_span *ret_span)
{
	enum history_step step = step_seconds == 10 ? STEP_TEN : STEP_SECOND;
	const struct place *place = find_place(history, model, entity);

	if ((step_seconds != 1 && step_seconds != 10) || entity->level == HISTORY_PROGRAM)
		return -EINVAL;
	if (!place)
		return -ENOENT;
	set_span(history, step, ret_span);
	for (size_t i = 0; i < count; i++) {
		uint64_t back = count - 1 - i;

		/* number 0 is never written */
		place_read_heat(place, step, back < ret_span->number ? ret_span->number - back : 0,
				ret_counts + i * HISTORY_HEAT_BUCKETS);
	}
	return 0;
}

void history_heat_bounds_seconds(double bounds[HISTORY_HEAT_BUCKETS - 1])
{
	for (int i = 0; i < HISTORY_HEAT_BUCKETS - 1; i++)
		bounds[i] = exp2(RUNQUEUE_MIN_EXPONENT + i);
}

void history_measure(const struct history *history, struct history_statistics *ret_statistics)
{
	*ret_statistics = (struct history_statistics){ .evictions = history->evictions };
	if (!history->node)
		return;
	ret_statistics->bytes = place_used(history->node) + place_used(history->rest);
	ret_statistics->places = 2;
	for (enum history_kind kind = 0; kind < KINDS; kind++) {
		ret_statistics->places += history->tables[kind].count;
		for (uint32_t i = 0; i < history->tables[kind].count; i++)
			ret_statistics->bytes += place_used(history->tables[kind].places[i]);
	}
}
