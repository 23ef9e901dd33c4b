/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "model/history_table.h"

#define CHANGES 64 /* places that change hands at once, of each kind; who is left comes 10 s later */
#define SCORE_LEFT \
	0.8 /* of who did nothing since the choice before, so that a pause costs nobody the place */
#define ENDED_LEFT 0.5

enum ranked { RANKED_CPU, RANKED_DISK, RANKED_NETWORK };

struct candidate {
	double score;
	struct container *container;
	struct program *program;
};

/* The best so far, in falling order. */
struct candidates {
	struct candidate best[CHANGES];
	unsigned int count;
};

/* Part of the node's use, by what it has the largest part of; and remembers what it stood at. */
static double score_of(const uint64_t *value, uint64_t ranked[RANKED_VALUES],
		       const uint64_t all[RANKED_VALUES])
{
	uint64_t now[RANKED_VALUES] = {
		[RANKED_CPU] = value[V_CPU], [RANKED_DISK] = value[V_DISK_READ] + value[V_DISK_WRITTEN]
	};
	double score = 0;

	for (unsigned int i = V_NETWORK_RECEIVE; i <= V_NETWORK_TRANSMIT_LAST; i++)
		now[RANKED_NETWORK] += value[i];
	for (unsigned int i = 0; i < RANKED_VALUES; i++) {
		uint64_t growth = now[i] > ranked[i] ? now[i] - ranked[i] : 0;

		ranked[i] = now[i];
		if (all[i] && score < (double)growth / all[i])
			score = (double)growth / all[i];
	}
	return score;
}

static void add_candidate(struct candidates *candidates, struct container *container, struct program *program,
			  double score)
{
	unsigned int at = candidates->count;

	if (!(score > 0) || (at == CHANGES && candidates->best[at - 1].score >= score))
		return;
	if (at < CHANGES)
		candidates->count++;
	else
		at--;
	for (; at > 0 && candidates->best[at - 1].score < score; at--)
		candidates->best[at] = candidates->best[at - 1];
	candidates->best[at] = (struct candidate){ score, container, program };
}

static void rank(struct candidates *candidates, struct container *container, struct program *program,
		 double score)
{
	struct place *place = program ? program->place : container->place;

	if (!place)
		add_candidate(candidates, container, program, score);
	else
		place->score = fmax(score, place->score * SCORE_LEFT);
}

/* Part of the memory that the machine has in use. */
static double memory_of(uint64_t bytes, const struct model *model)
{
	uint64_t all = model->node->value[V_MEMORY_USAGE];

	return all ? (double)bytes / all : 0;
}

static void rank_program(struct candidates *candidates, struct program *program, const struct model *model,
			 const uint64_t all[RANKED_VALUES])
{
	rank(candidates, program->container, program,
	     fmax(score_of(program->value, program->ranked, all),
		  memory_of(program->value[V_MEMORY_RESIDENT], model)));
}

static void rank_programs(struct candidates *candidates, struct container *container,
			  const struct model *model, const uint64_t all[RANKED_VALUES])
{
	struct program *program;

	for (program = container->programs; program; program = program->hh.next)
		rank_program(candidates, program, model, all);
	if (container->other)
		rank_program(candidates, container->other, model, all);
}

static void rank_containers(struct candidates candidates[KINDS], struct model *model)
{
	uint64_t all[RANKED_VALUES];
	struct container *container;

	memcpy(all, model->node->ranked, sizeof(all));
	score_of(model->node->value, model->node->ranked, all);
	for (unsigned int i = 0; i < RANKED_VALUES; i++)
		all[i] = model->node->ranked[i] - all[i];
	for (container = model->containers; container; container = container->hh.next) {
		double score = score_of(container->value, container->ranked, all);

		score = fmax(score, memory_of(container->value[V_MEMORY_RESIDENT], model));
		if (score > 0)
			rank_programs(&candidates[KIND_PROGRAM], container, model, all);
		rank(&candidates[KIND_CONTAINER], container, NULL,
		     fmax(score, memory_of(container->value[V_MEMORY_USAGE], model)));
	}
}

static struct place *find_least(const struct history_table *table, uint64_t now_ns)
{
	struct place *least = NULL;

	for (uint32_t i = 0; i < table->count; i++) {
		struct place *place = table->places[i];

		if (place->wanted_until_ns <= now_ns && (!least || place->score < least->score))
			least = place;
	}
	return least;
}

static void remove_place(struct history_table *table, struct place *place)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->places[i] != place)
			continue;
		table->places[i] = table->places[--table->count];
		place_free(place);
		return;
	}
}

static struct place *find_ended(const struct history_table *table, const struct container *container,
				const struct program *program)
{
	const struct history_entity entity = { program ? HISTORY_PROGRAM : HISTORY_CONTAINER,
					       container->namespace, container->pod, container->name,
					       program ? program->name : "" };

	for (uint32_t i = 0; i < table->count; i++)
		if (place_was_of(table->places[i], &entity))
			return table->places[i];
	return NULL;
}

static struct place *take(struct history *history, struct history_table *table, double score, uint64_t now_ns)
{
	struct place *place;

	if (table->count == table->capacity) {
		struct place *least = find_least(table, now_ns);

		if (!least || least->score >= score)
			return NULL;
		remove_place(table, least);
		history->evictions++;
	}
	if (place_new(&table->layout, &place))
		return NULL;
	table->places[table->count++] = place;
	return place;
}

struct place *history_table_give(struct history *history, struct container *container,
				 struct program *program, double score, uint64_t now_ns)
{
	struct history_table *table = &history->tables[program ? KIND_PROGRAM : KIND_CONTAINER];
	struct place *place = find_ended(table, container, program) ?: take(history, table, score, now_ns);

	if (!place)
		return NULL;
	place->score = isinf(score) ? 0 : score;
	place_give(place, container, program);
	return place;
}

/* What the containers without a place have of the gauges that files tell; the node's are others. */
static void sum_rest(struct history *history, const struct model *model)
{
	const struct place_layout *layout = &history->tables[KIND_CONTAINER].layout;
	const struct container *container;

	for (unsigned int i = 0; i < layout->columns; i++) {
		enum series_id id = layout->series[i];
		double *sum = &history->rest_gauge[i];

		*sum = NAN;
		if (series_table[id].kind != SERIES_GAUGE)
			continue;
		for (container = model->containers; container; container = container->hh.next) {
			double value = container->place ? NAN : series_of_container(model, container, id);

			if (!isnan(value))
				*sum = (isnan(*sum) ? 0 : *sum) + value;
		}
	}
}

void history_table_choose(struct history *history, struct model *model, uint64_t now_ns)
{
	struct candidates candidates[KINDS] = { 0 };

	for (enum history_kind kind = 0; kind < KINDS; kind++)
		for (uint32_t i = 0; i < history->tables[kind].count; i++)
			if (place_has_ended(history->tables[kind].places[i]))
				history->tables[kind].places[i]->score *= ENDED_LEFT;
	rank_containers(candidates, model);
	for (enum history_kind kind = 0; kind < KINDS; kind++)
		for (unsigned int i = 0; i < candidates[kind].count; i++) {
			const struct candidate *candidate = &candidates[kind].best[i];

			if (!history_table_give(history, candidate->container, candidate->program,
						candidate->score, now_ns))
				break;
		}
	sum_rest(history, model);
}
