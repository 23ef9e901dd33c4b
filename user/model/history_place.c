/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "model/history_place.h"

#define ABSENT_BITS 0x7fc00000 /* of NAN */

static const unsigned int points_of[STEPS] = { [STEP_SECOND] = HISTORY_SECONDS, [STEP_TEN] = HISTORY_TENS };

static size_t row_size(const struct place_layout *layout)
{
	return (layout->columns + (layout->has_heat ? HISTORY_HEAT_BUCKETS : 0)) * sizeof(uint32_t);
}

static size_t rings_size(const struct place_layout *layout)
{
	return (HISTORY_SECONDS + HISTORY_TENS) * row_size(layout);
}

size_t place_size(const struct place_layout *layout)
{
	return sizeof(struct place) + rings_size(layout);
}

size_t place_used(const struct place *place)
{
	size_t rows = 0;

	for (enum history_step step = 0; step < STEPS; step++) {
		uint64_t written = place->last[step] ? place->last[step] - place->first[step] + 1 : 0;

		rows += written < points_of[step] ? written : points_of[step];
	}
	return sizeof(*place) + rows * row_size(place->layout);
}

int place_new(const struct place_layout *layout, struct place **ret_place)
{
	struct place *place = calloc(1, sizeof(*place));
	uint32_t *at;

	if (!place)
		return -ENOMEM;
	/* not from the heap: pages are there once they are written to, and go when the place does */
	at = mmap(NULL, rings_size(layout), PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED) {
		free(place);
		return -ENOMEM;
	}
	place->layout = layout;
	for (enum history_step step = 0; step < STEPS; step++) {
		place->rows[step] = at;
		at += points_of[step] * layout->columns;
	}
	for (enum history_step step = 0; layout->has_heat && step < STEPS; step++) {
		place->heat[step] = at;
		at += points_of[step] * HISTORY_HEAT_BUCKETS;
	}
	*ret_place = place;
	return 0;
}

static void leave(struct place *place)
{
	if (place->program)
		place->program->place = NULL;
	else if (place->container)
		place->container->place = NULL;
	place->container = NULL;
	place->program = NULL;
}

void place_free(struct place *place)
{
	if (!place)
		return;
	leave(place);
	munmap(place->rows[STEP_SECOND], rings_size(place->layout));
	free(place->names);
	free(place);
}

void place_give(struct place *place, struct container *container, struct program *program)
{
	leave(place);
	place->is_program = program;
	if (program) {
		place->program = program;
		program->place = place;
	} else {
		place->container = container;
		container->place = place;
	}
}

/* The three names of the container stand together in its key. */
static char *copy_names(const struct container *container, const struct program *program)
{
	size_t size = program ? strlen(program->name) + 1 : 1;
	char *copy = malloc(container->key_size + size);

	if (!copy)
		return NULL;
	memcpy(copy, container->key, container->key_size);
	memcpy(copy + container->key_size, program ? program->name : "", size);
	return copy;
}

bool place_was_of(const struct place *place, const struct history_entity *entity)
{
	const char *const names[] = { entity->namespace, entity->pod, entity->container,
				      entity->level == HISTORY_PROGRAM ? entity->program : "" };
	const char *at = place->names;

	if (!at || !place_has_ended(place) || place->is_program != (entity->level == HISTORY_PROGRAM))
		return false;
	for (int i = 0; i < 4; i++) {
		if (strcmp(at, names[i] ?: "") != 0)
			return false;
		at += strlen(at) + 1;
	}
	return true;
}

/* ---- points ---- */

static uint32_t *row_of(const struct place *place, enum history_step step, uint64_t number)
{
	return place->rows[step] + number % points_of[step] * place->layout->columns;
}

static uint32_t *heat_of(const struct place *place, enum history_step step, uint64_t number)
{
	return place->heat[step] + number % points_of[step] * HISTORY_HEAT_BUCKETS;
}

static bool has_point(const struct place *place, enum history_step step, uint64_t number)
{
	return place->last[step] && number >= place->first[step] && number <= place->last[step] &&
	       place->last[step] - number < points_of[step];
}

static void clear_point(struct place *place, enum history_step step, uint64_t number)
{
	memset(row_of(place, step, number), 0, place->layout->columns * sizeof(uint32_t));
	if (place->layout->has_heat)
		memset(heat_of(place, step, number), 0, HISTORY_HEAT_BUCKETS * sizeof(uint32_t));
}

/* Makes room for point `number`; those between it and the last are absent. */
static void advance(struct place *place, enum history_step step, uint64_t number)
{
	uint64_t at = place->last[step] + 1;

	if (!place->last[step]) {
		place->first[step] = at = number;
	} else if (number - place->last[step] >= points_of[step]) {
		at = number - points_of[step] + 1;
	}
	for (; at <= number; at++)
		clear_point(place, step, at);
	place->last[step] = number;
}

static double mean_of(const struct place *place, const struct place_point *point, unsigned int column)
{
	const struct series *series = &series_table[place->layout->series[column]];

	if (series->kind == SERIES_QUANTILE)
		return series_quantile(point->waits, series->argument / 100.0);
	return point->weight[column] > 0 ? point->sum[column] / point->weight[column] : NAN;
}

static void write_heat(struct place *place, enum history_step step, const struct place_point *point)
{
	uint32_t *heat = heat_of(place, step, point->number);

	memset(heat, 0, HISTORY_HEAT_BUCKETS * sizeof(*heat));
	heat[0] = 1;
	/* the first and the last bucket are alone, the others four to a double */
	for (unsigned int i = 0; i < WAIT_BUCKETS; i++)
		heat[(i + (1 << HISTOGRAM_SCHEMA) - 1) >> HISTOGRAM_SCHEMA] += point->waits[i];
}

static void write_point(struct place *place, enum history_step step)
{
	const struct place_point *point = &place->point[step];
	uint32_t *row;

	if (place->last[step] != point->number)
		advance(place, step, point->number);
	row = row_of(place, step, point->number);
	for (unsigned int i = 0; i < place->layout->columns; i++) {
		float value = mean_of(place, point, i);
		uint32_t bits = ABSENT_BITS;

		if (!isnan(value))
			memcpy(&bits, &value, sizeof(bits));
		row[i] = bits ^ ABSENT_BITS;
	}
	if (place->layout->has_heat)
		write_heat(place, step, point);
}

static void begin_point(struct place_point *point, uint64_t number)
{
	memset(point, 0, sizeof(*point));
	point->number = number;
}

static void add_to_point(struct place *place, struct place_point *point, uint64_t interval_ns,
			 const struct place_values *values)
{
	for (unsigned int i = 0; i < place->layout->columns; i++) {
		bool is_gauge = series_table[place->layout->series[i]].kind == SERIES_GAUGE;
		double value = values->value[i];

		if (isnan(value)) {
			/* the last value of a gauge is that there is none */
			point->weight[i] = is_gauge ? 0 : point->weight[i];
			continue;
		}
		point->sum[i] = is_gauge ? value : point->sum[i] + value * interval_ns;
		point->weight[i] = is_gauge ? 1 : point->weight[i] + interval_ns;
	}
	for (unsigned int i = 0; values->waits && i < WAIT_BUCKETS; i++)
		point->waits[i] += values->waits[i];
}

void place_add(struct place *place, uint64_t number, uint64_t interval_ns, const struct place_values *values)
{
	struct place_point *second = &place->point[STEP_SECOND], *ten = &place->point[STEP_TEN];

	if (second->number != number)
		begin_point(second, number);
	add_to_point(place, second, interval_ns, values);
	write_point(place, STEP_SECOND);
	if (ten->number != place_ten_of(number)) {
		/* no tick ended in the last of its seconds */
		if (ten->number && place->last[STEP_TEN] != ten->number)
			write_point(place, STEP_TEN);
		begin_point(ten, place_ten_of(number));
	}
	add_to_point(place, ten, interval_ns, values);
	if (number % 10 == 0)
		write_point(place, STEP_TEN);
}

void history_lose(struct place *place)
{
	struct place_point *ten;

	if (!place || place_has_ended(place))
		return;
	ten = &place->point[STEP_TEN];
	if (ten->number && place->last[STEP_TEN] != ten->number)
		write_point(place, STEP_TEN); /* nothing more will be added to it */
	free(place->names);
	place->names = copy_names(place->program ? place->program->container : place->container,
				  place->program);
	place->wanted_until_ns = 0;
	leave(place);
}

void history_inherit(struct container *to, struct container *from)
{
	struct place *place = from->place;

	if (place && !to->place)
		place_give(place, to, NULL);
	else
		history_lose(place);
}

float place_read(const struct place *place, enum history_step step, uint64_t number, unsigned int column)
{
	uint32_t bits = ABSENT_BITS;
	float value;

	if (has_point(place, step, number))
		bits = row_of(place, step, number)[column] ^ ABSENT_BITS;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

void place_read_heat(const struct place *place, enum history_step step, uint64_t number,
		     uint32_t counts[HISTORY_HEAT_BUCKETS])
{
	memset(counts, 0, HISTORY_HEAT_BUCKETS * sizeof(*counts));
	if (has_point(place, step, number))
		memcpy(counts, heat_of(place, step, number), HISTORY_HEAT_BUCKETS * sizeof(*counts));
	counts[0]--; /* 0, which is absent, becomes the largest */
}
