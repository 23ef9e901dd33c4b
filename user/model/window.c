/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "model/window.h"

_Static_assert(sizeof(struct window) == sizeof(uint64_t) && sizeof(struct small_window) == sizeof(uint64_t) &&
		       offsetof(struct wait_window, bucket) == sizeof(uint64_t),
	       "begin() takes all for the same");

/* The window, made when it is NULL, with nothing in the half of this tick; NULL: no memory. All kinds of windows begin with the
 * tick, then come two halves of `size` bytes. */
static void *begin(void *window, uint64_t tick, size_t size)
{
	char *made = window ?: calloc(1, sizeof(tick) + 2 * size), *halves;
	uint64_t before;

	if (!made)
		return NULL;
	halves = made + sizeof(tick);
	memcpy(&before, made, sizeof(before));
	memset(halves + (tick & 1) * size, 0, size);
	if (before + 1 != tick) /* what it kept is older than the tick before */
		memset(halves + (~tick & 1) * size, 0, size);
	memcpy(made, &tick, sizeof(tick));
	return made;
}

int window_begin(struct window **window, uint64_t tick, unsigned int count)
{
	*window = begin(*window, tick, count * sizeof((*window)->growth[0]));
	return *window ? 0 : -ENOMEM;
}

int window_begin_small(struct small_window **window, uint64_t tick, unsigned int count)
{
	*window = begin(*window, tick, count * sizeof((*window)->growth[0]));
	return *window ? 0 : -ENOMEM;
}

int window_begin_waits(struct wait_window **window, uint64_t tick)
{
	*window = begin(*window, tick, sizeof((*window)->bucket[0]));
	return *window ? 0 : -ENOMEM;
}

void window_move(struct window **to, struct window **from, uint64_t tick, unsigned int count)
{
	struct window *source = *from;

	*from = NULL;
	if (!*to) {
		*to = source;
		return;
	}
	for (uint64_t at = tick - 1; source && at <= tick && window_touch(to, tick, count); at++) {
		const uint64_t *growth = window_of(source, at, count);

		for (unsigned int i = 0; growth && i < count; i++)
			(*to)->growth[(at & 1) * count + i] += growth[i];
	}
	free(source);
}

void window_move_waits(struct wait_window **to, struct wait_window **from, uint64_t tick)
{
	struct wait_window *source = *from;

	*from = NULL;
	if (!*to) {
		*to = source;
		return;
	}
	for (uint64_t at = tick - 1; source && at <= tick && window_touch_waits(to, tick); at++) {
		const uint32_t *bucket = window_waits_of(source, at);

		for (unsigned int i = 0; bucket && i < WAIT_BUCKETS; i++)
			(*to)->bucket[at & 1][i] += bucket[i];
	}
	free(source);
}
