/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The last 10 minutes by seconds and the last hour by 10 seconds, of the node, of those containers and programs that use most, and
 * of the rest of the containers together. Bounded by a number of bytes; memory is used as points come in.
 *
 * A point of a second has the values of series.h at the tick that ended in it (to the nearest second since the first); a second
 * without one is NAN, and a tick that ended late has its mean over its whole length in the second of its end. A point of 10 s has
 * means over its ticks by their lengths for RATE, SHARE and RATIO, the last value for GAUGE and the quantile of all waits for
 * QUANTILE. It is there when its 10 s are over.
 *
 * The rest is the node less the containers that have a place, for RATE and QUANTILE; for GAUGE the sum over the containers that have
 * none, made every 10 s.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "model/series.h"

#define HISTORY_SECONDS 600 /* points of 1 s */
#define HISTORY_TENS 360    /* points of 10 s */
#define HISTORY_WANTED_NS \
	(30 * 1000000000ULL) /* who was looked at keeps its place for so long, and is shown fresh */

/* Of the heat map: (0, 2^-15 s], then each double of the one before, the last without bound. */
#define HISTORY_HEAT_BUCKETS (HISTOGRAM_MAX_EXPONENT - RUNQUEUE_MIN_EXPONENT + 2)

enum history_level { HISTORY_NODE, HISTORY_REST, HISTORY_CONTAINER, HISTORY_PROGRAM };

/* Whose. Names are used at HISTORY_CONTAINER and HISTORY_PROGRAM, `program` at the latter alone. */
struct history_entity {
	enum history_level level;
	const char *namespace, *pod, *container, *program;
};

/* Which points an answer holds. */
struct history_span {
	uint64_t realtime_ns; /* end of the last point; 0: there is none yet */
	uint64_t number;      /* of the last point: grows by 1 with each */
};

struct history_statistics {
	uint64_t bytes;     /* in use, of rings and what belongs to them */
	uint32_t places;    /* taken, with those of the node and the rest */
	uint64_t evictions; /* places that were taken from one for another: it is part of the rest since */
};

struct history;

/* `budget_bytes` 0: nothing is kept, and all calls do nothing. *ret_history then is not NULL either. 0 or -ENOMEM. */
int history_new(uint64_t budget_bytes, struct history **ret_history);
/* Before model_free(). */
void history_free(struct history *history);
CLEANUP_FREE(history)

/* Once per tick, after series_tick(). */
void history_tick(struct history *history, struct model *model, uint64_t now_ns, uint64_t realtime_ns);

/* Somebody looks at the container (and at its program, unless NULL): it gets a place at once, if one can be had, and keeps it, and
 * its files are read every second. To be called again at least each HISTORY_WANTED_NS. */
void history_want(struct history *history, struct model *model, struct container *container,
		  struct program *program, uint64_t now_ns);

/*
 * The last `count` points of a series, oldest first; `step_seconds` 1 or 10. NAN where there is none. 0; -ENOENT: it has no place;
 * -EINVAL: not kept (no mark, not of this level, no such step).
 */
int history_read(const struct history *history, const struct model *model,
		 const struct history_entity *entity, enum series_id id, unsigned int step_seconds,
		 size_t count, float *ret_points, struct history_span *ret_span);
/* The same of the run-queue waits, whose counts go to ret_counts[count][HISTORY_HEAT_BUCKETS]; UINT32_MAX in the first of a point
 * that is absent. Not of programs: -EINVAL. */
int history_heat(const struct history *history, const struct model *model,
		 const struct history_entity *entity, unsigned int step_seconds, size_t count,
		 uint32_t *ret_counts, struct history_span *ret_span);
/* Inclusive upper bounds of the heat map's buckets but the last. */
void history_heat_bounds_seconds(double bounds[HISTORY_HEAT_BUCKETS - 1]);

void history_measure(const struct history *history, struct history_statistics *ret_statistics);

/* For the model: the entity that has this place (NULL: none) ends. Its history stays under its names until the place is needed. */
struct place;
void history_lose(struct place *place);
/* A container becomes one with another: its place goes to that one when it has none. */
void history_inherit(struct container *to, struct container *from);
