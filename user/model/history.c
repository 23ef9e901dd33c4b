/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/history.h"

struct history {
	uint64_t budget_bytes;
};

int history_new(uint64_t budget_bytes, struct history **ret_history)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		return -ENOMEM;
	history->budget_bytes = budget_bytes;
	*ret_history = history;
	return 0;
}

void history_free(struct history *history)
{
	free(history);
}

void history_tick(struct history *history, struct model *model, uint64_t now_ns, uint64_t realtime_ns)
{
	(void)history, (void)model, (void)now_ns, (void)realtime_ns;
}

void history_want(struct history *history, struct model *model, struct container *container,
		  struct program *program, uint64_t now_ns)
{
	(void)history, (void)program;
	model_view(model, container, now_ns + HISTORY_WANTED_NS);
}

int history_read(const struct history *history, const struct model *model,
		 const struct history_entity *entity, enum series_id id, unsigned int step_seconds,
		 size_t count, float *ret_points, struct history_span *ret_span)
{
	(void)history, (void)model, (void)entity, (void)id, (void)step_seconds, (void)count, (void)ret_points,
		(void)ret_span;
	return -ENOENT;
}

int history_heat(const struct history *history, const struct model *model,
		 const struct history_entity *entity, unsigned int step_seconds, size_t count,
		 uint32_t *ret_counts, struct history_span *ret_span)
{
	(void)history, (void)model, (void)entity, (void)step_seconds, (void)count, (void)ret_counts,
		(void)ret_span;
	return -ENOENT;
}

void history_heat_bounds_seconds(double bounds[HISTORY_HEAT_BUCKETS - 1])
{
	for (int i = 0; i < HISTORY_HEAT_BUCKETS - 1; i++)
		bounds[i] = __builtin_ldexp(1, RUNQUEUE_MIN_EXPONENT + i);
}

void history_measure(const struct history *history, struct history_statistics *ret_statistics)
{
	(void)history;
	memset(ret_statistics, 0, sizeof(*ret_statistics));
}

void history_lose(struct place *place)
{
	(void)place;
}

void history_inherit(struct place **to, struct place **from)
{
	(void)to, (void)from;
}
