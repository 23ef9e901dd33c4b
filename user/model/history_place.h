/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One entity's points: the inside of history.h. */
#include "model/history.h"

enum history_step { STEP_SECOND, STEP_TEN, STEPS };

/* Series that are kept, as columns of a row. */
struct place_layout {
	unsigned int columns;
	enum series_id series[SERIES_COUNT]; /* by column */
	int column[SERIES_COUNT];            /* by series; -1: not kept */
	bool has_heat;
};

/* What the entity did in the tick that just ended: a number by column, and its waits (NULL: none, or not kept). */
struct place_values {
	double value[SERIES_COUNT];
	const uint32_t *waits;
};

/* The point that ticks are still added to. */
struct place_point {
	uint64_t number;
	double sum[SERIES_COUNT]; /* by column, as the next: values by their time, or the last one */
	double weight[SERIES_COUNT];
	uint32_t waits[WAIT_BUCKETS];
};

struct place {
	const struct place_layout *layout;
	struct container *container; /* whose it is, or */
	struct program *program;     /* this one; both NULL: of the node or the rest, or ended */
	char *names; /* of one that ended: namespace, pod, container, program, each with its NUL */
	bool is_program;
	uint64_t wanted_until_ns;
	double score;
	struct place_point point[STEPS];
	uint64_t first[STEPS], last[STEPS]; /* numbers of points written; 0: none */
	/* Zero is absent, so that memory that was never written to is, and is none. */
	uint32_t *rows[STEPS]; /* [points][columns]: bits of a float, exclusive-or those of NAN */
	uint32_t *heat
		[STEPS]; /* [points][HISTORY_HEAT_BUCKETS], the first increased by 1; NULL where not kept */
};

/* Bytes that a place takes at most. */
size_t place_size(const struct place_layout *layout);
/* Bytes that it takes now. */
size_t place_used(const struct place *place);

int place_new(const struct place_layout *layout, struct place **ret_place);
/* Its entity, where there is one, then has no place. NULL is allowed. */
void place_free(struct place *place);
/* To the program, or, where it is NULL, to the container. */
void place_give(struct place *place, struct container *container, struct program *program);
/* Is it of an ended entity of these names? `program` "" for containers. */
bool place_was_of(const struct place *place, const struct history_entity *entity);

/* A tick of this length ended in second `number`. */
void place_add(struct place *place, uint64_t number, uint64_t interval_ns, const struct place_values *values);

float place_read(const struct place *place, enum history_step step, uint64_t number, unsigned int column);
void place_read_heat(const struct place *place, enum history_step step, uint64_t number,
		     uint32_t counts[HISTORY_HEAT_BUCKETS]);

static inline bool place_has_ended(const struct place *place)
{
	return !place->container && !place->program;
}

/* The point of 10 s that a second is in. */
static inline uint64_t place_ten_of(uint64_t second)
{
	return (second + 9) / 10;
}
