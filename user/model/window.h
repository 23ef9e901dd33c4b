/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What an entity grew by, in the tick under way and in the last one. It is stamped with the tick that it was touched in last, so
 * that one that is not touched costs nothing at a tick. It keeps growth and not what the totals stood at: moving or merging
 * counters moves no rate.
 */
#include <stdint.h>
#include <string.h>

#include "record.h"

/* Sums of values by rows RATE of series.def. Made at the first touch; NULL is one that was never touched. */
struct window {
	uint64_t tick;     /* of the last touch */
	uint64_t growth[]; /* [2][count]: of even and odd ticks */
};

/* The same for a process, of which there are many: what one does in a tick fits into 24 bits of precision. */
struct small_window {
	uint64_t tick;
	float growth[]; /* [2][count] */
};

/* The same of the run-queue histogram, from the bucket RUNQUEUE_MIN_EXPONENT on. */
#define WAIT_BUCKETS (HISTOGRAM_BUCKETS - (RUNQUEUE_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4)
struct wait_window {
	uint64_t tick;
	uint32_t bucket[2][WAIT_BUCKETS];
};

/* Makes or clears it for its first touch in this tick. -ENOMEM: what it would have counted is missing in its rates. */
int window_begin(struct window **window, uint64_t tick, unsigned int count);
int window_begin_small(struct small_window **window, uint64_t tick, unsigned int count);
int window_begin_waits(struct wait_window **window, uint64_t tick);

/* Adds what `from` grew by in these two ticks and frees it; `from` may be NULL. */
void window_move(struct window **to, struct window **from, uint64_t tick, unsigned int count);
void window_move_waits(struct wait_window **to, struct wait_window **from, uint64_t tick);

/* [count], of the tick under way, to be added to; NULL when out of memory. */
static inline uint64_t *window_touch(struct window **window, uint64_t tick, unsigned int count)
{
	if ((!*window || (*window)->tick != tick) && window_begin(window, tick, count))
		return NULL;
	return (*window)->growth + (tick & 1) * count;
}

/* [count], of `tick`, which is the one under way or the one before; NULL: nothing grew. */
static inline const uint64_t *window_of(const struct window *window, uint64_t tick, unsigned int count)
{
	if (!window || (window->tick != tick && window->tick != tick + 1))
		return NULL;
	return window->growth + (tick & 1) * count;
}

static inline float *window_touch_small(struct small_window **window, uint64_t tick, unsigned int count)
{
	if ((!*window || (*window)->tick != tick) && window_begin_small(window, tick, count))
		return NULL;
	return (*window)->growth + (tick & 1) * count;
}

static inline const float *window_small_of(const struct small_window *window, uint64_t tick,
					   unsigned int count)
{
	if (!window || (window->tick != tick && window->tick != tick + 1))
		return NULL;
	return window->growth + (tick & 1) * count;
}

static inline uint32_t *window_touch_waits(struct wait_window **window, uint64_t tick)
{
	if ((!*window || (*window)->tick != tick) && window_begin_waits(window, tick))
		return NULL;
	return (*window)->bucket[tick & 1];
}

/* [WAIT_BUCKETS] */
static inline const uint32_t *window_waits_of(const struct wait_window *window, uint64_t tick)
{
	if (!window || (window->tick != tick && window->tick != tick + 1))
		return NULL;
	return window->bucket[tick & 1];
}
