/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A model with its history, which has room for three containers and many programs, and its clock. */
#include <stdlib.h>

#include "model/history.h"
#include "model/history_table.h"
#include "series_world.h"

#define REALTIME (1700000000 * S)

static struct history *history;
static uint64_t now_ns;

/* Room for so many containers and for many programs. */
static inline uint64_t budget_for(unsigned int containers)
{
	struct history *probe = NULL;
	uint64_t place, budget;

	cr_assert_eq(history_new(1 << 30, &probe), 0);
	place = place_size(&probe->tables[KIND_CONTAINER].layout);
	history_free(probe);
	budget = 2 * place + containers * place * 100 / 60 + containers + 1;
	return budget;
}

static inline void tick_after(uint64_t interval_ns)
{
	now_ns += interval_ns;
	series_tick(model, now_ns);
	history_tick(history, model, now_ns, REALTIME + now_ns);
}

static inline void start(unsigned int containers)
{
	const struct model_limits limits = { .containers = 1000,
					     .programs_per_container = 5,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = 1009 };

	now_ns = BEGIN;
	model_begin(&limits);
	cr_assert_eq(history_new(budget_for(containers), &history), 0);
	tick_after(0);
}

static inline void set_up(void)
{
	start(3);
}

static inline void tear_down(void)
{
	history_free(history);
	model_end();
}

static inline void use(struct container *container, uint64_t cpu_ns)
{
	model_count(model, get(container, "x"), V_CPU, cpu_ns);
}

static const struct history_entity node = { HISTORY_NODE, "", "", "", "" };
static const struct history_entity rest = { HISTORY_REST, "", "", "", "" };

static inline struct history_entity of(const char *name)
{
	return (struct history_entity){ HISTORY_CONTAINER, "", "", name, "" };
}

static inline struct history_entity of_program(const char *name, const char *program)
{
	return (struct history_entity){ HISTORY_PROGRAM, "", "", name, program };
}

/* The point `back` before the last. */
static inline double at(struct history_entity entity, enum series_id id, unsigned int step, unsigned int back)
{
	float points[HISTORY_SECONDS];
	struct history_span span;
	int error = history_read(history, model, &entity, id, step, back + 1, points, &span);

	cr_assert_eq(error, 0, "%s: %d", entity.container, error);
	return points[0];
}

static inline int error_of(struct history_entity entity, enum series_id id)
{
	struct history_span span;
	float point;

	return history_read(history, model, &entity, id, 1, 1, &point, &span);
}

static inline uint64_t last_number(unsigned int step)
{
	struct history_span span;
	float point;

	cr_assert_eq(history_read(history, model, &node, SERIES_cpu_cores, step, 1, &point, &span), 0);
	return span.number;
}

static inline uint64_t evictions(void)
{
	struct history_statistics statistics;

	history_measure(history, &statistics);
	return statistics.evictions;
}

static inline void tick_to_the_choice(void)
{
	do
		tick_after(S);
	while (last_number(1) % 10);
}
