/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "model/window.h"

int window_begin(struct window **window, uint64_t tick, unsigned int count)
{
	struct window *made = *window;
	size_t size = count * sizeof(made->growth[0]);

	if (!made) {
		made = calloc(1, sizeof(*made) + 2 * size);
		if (!made)
			return -ENOMEM;
		*window = made;
	} else {
		memset(made->growth + (tick & 1) * count, 0, size);
		if (made->tick + 1 != tick) /* what it kept is older than the tick before */
			memset(made->growth + (~tick & 1) * count, 0, size);
	}
	made->tick = tick;
	return 0;
}

int window_begin_small(struct small_window **window, uint64_t tick, unsigned int count)
{
	struct small_window *made = *window;
	size_t size = count * sizeof(made->growth[0]);

	if (!made) {
		made = calloc(1, sizeof(*made) + 2 * size);
		if (!made)
			return -ENOMEM;
		*window = made;
	} else {
		memset(made->growth + (tick & 1) * count, 0, size);
		if (made->tick + 1 != tick)
			memset(made->growth + (~tick & 1) * count, 0, size);
	}
	made->tick = tick;
	return 0;
}

int window_begin_waits(struct wait_window **window, uint64_t tick)
{
	struct wait_window *made = *window;

	if (!made) {
		made = calloc(1, sizeof(*made));
		if (!made)
			return -ENOMEM;
		*window = made;
	} else {
		memset(made->bucket[tick & 1], 0, sizeof(made->bucket[0]));
		if (made->tick + 1 != tick)
			memset(made->bucket[~tick & 1], 0, sizeof(made->bucket[0]));
	}
	made->tick = tick;
	return 0;
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
