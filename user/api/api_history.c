/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "api/api_endpoint.h"
#include "model/container.h"

/* ---- what lists need too ---- */

bool api_history_read_series(struct api_history *history, unsigned int level, const char *text)
{
	char name[64];

	for (;;) {
		size_t size = strcspn(text, ",");
		enum series_id id = SERIES_COUNT;

		if (size < sizeof(name)) {
			memcpy(name, text, size);
			name[size] = '\0';
			id = series_find(name);
		}
		if (id == SERIES_COUNT || !series_table[id].history || !(series_table[id].levels & level))
			return false;
		for (size_t i = 0; i < history->series_count; i++)
			if (history->series[i] == id)
				return false;
		history->series[history->series_count++] = id;
		if (!text[size])
			return true;
		text += size + 1;
	}
}

bool api_history_read_step(struct api_history *history, const char *text)
{
	uint64_t step;

	if (!query_parse_number(text, 1, 10, &step) || (step != 1 && step != 10))
		return false;
	history->step_seconds = (unsigned int)step;
	return true;
}

bool api_history_read_points(struct api_history *history, const char *text, size_t otherwise)
{
	uint64_t points = otherwise, most = history->step_seconds == 1 ? HISTORY_SECONDS : HISTORY_TENS;

	if (text && !query_parse_number(text, 1, most, &points))
		return false;
	history->points = points < most ? points : most;
	return true;
}

bool api_history_write(struct api_answer *answer, const struct api_history *history,
		       const struct history_entity *entity, struct history_span *ret_span)
{
	const struct api_input *in = answer->in;
	float points[API_HISTORY_POINTS];

	for (size_t i = 0; i < history->series_count; i++) {
		if (!in->history || history_read(in->history, in->model, entity, history->series[i],
						 history->step_seconds, history->points, points, ret_span))
			return false;
		json_begin_array(&answer->json, series_table[history->series[i]].name);
		for (size_t p = 0; p < history->points; p++)
			json_float(&answer->json, NULL, points[p]);
		json_end_array(&answer->json);
	}
	return true;
}

/* ---- /api/v1/history ---- */

static const struct {
	const char *name;
	enum history_level level;
	unsigned int metric_level;
} levels[] = {
	{ "node", HISTORY_NODE, LEVEL_NODE },
	{ "rest", HISTORY_REST, LEVEL_CONTAINER },
	{ "container", HISTORY_CONTAINER, LEVEL_CONTAINER },
	{ "program", HISTORY_PROGRAM, LEVEL_PROGRAM },
};
#define LEVELS (sizeof(levels) / sizeof(levels[0]))

static size_t find_level(const char *name)
{
	size_t i = 0;

	while (i < LEVELS && strcmp(levels[i].name, name) != 0)
		i++;
	return i;
}

static struct program *find_program(const struct container *container, const char *name)
{
	struct program *program;

	HASH_FIND_STR(container->programs, name, program);
	if (!program && container->other && strcmp(container->other->name, name) == 0)
		program = container->other;
	return program;
}

/* Who is asked for is looked at: it gets a place and keeps it. */
static void want(struct api_answer *answer, const struct history_entity *entity)
{
	const struct api_input *in = answer->in;
	struct container *container = NULL;
	struct program *program = NULL;

	if (entity->level == HISTORY_CONTAINER || entity->level == HISTORY_PROGRAM)
		container = container_find(in->model, entity->namespace, entity->pod, entity->container);
	if (!container || !in->want_history)
		return;
	if (entity->level == HISTORY_PROGRAM) {
		program = find_program(container, entity->program);
		if (!program)
			return;
	}
	in->want_history(in->context, container, program);
}

static void write_counts(struct json *json, const uint32_t counts[HISTORY_HEAT_BUCKETS])
{
	if (counts[0] == UINT32_MAX) {
		json_null(json, NULL);
		return;
	}
	json_begin_array(json, NULL);
	for (size_t i = 0; i < HISTORY_HEAT_BUCKETS; i++)
		json_fixed(json, NULL, counts[i], 0);
	json_end_array(json);
}

static bool write_heat(struct api_answer *answer, const struct api_history *history,
		       const struct history_entity *entity, struct history_span *ret_span)
{
	_cleanup_(cleanup_free) uint32_t *counts = NULL;
	double bounds[HISTORY_HEAT_BUCKETS - 1];
	struct json *json = &answer->json;

	counts = calloc(history->points * HISTORY_HEAT_BUCKETS, sizeof(*counts));
	if (!counts || !answer->in->history ||
	    history_heat(answer->in->history, answer->in->model, entity, history->step_seconds,
			 history->points, counts, ret_span))
		return false;
	history_heat_bounds_seconds(bounds);
	json_begin_object(json, "histogram");
	json_begin_array(json, "bounds_seconds");
	for (size_t i = 0; i < HISTORY_HEAT_BUCKETS - 1; i++)
		json_number(json, NULL, bounds[i]);
	json_end_array(json);
	json_begin_array(json, "counts");
	for (size_t i = 0; i < history->points; i++)
		write_counts(json, counts + i * HISTORY_HEAT_BUCKETS);
	json_end_array(json);
	json_end_object(json);
	return true;
}

static unsigned int write_history(struct api_answer *answer, const struct api_history *history,
				  const struct history_entity *entity, bool has_heat)
{
	struct json *json = &answer->json;
	struct history_span span = {};
	bool is_kept;

	want(answer, entity);
	json_begin_object(json, NULL);
	json_fixed(json, "step_seconds", history->step_seconds, 0);
	json_fixed(json, "points", history->points, 0);
	json_begin_object(json, "series");
	is_kept = api_history_write(answer, history, entity, &span);
	json_end_object(json);
	if (has_heat && is_kept)
		is_kept = write_heat(answer, history, entity, &span);
	if (!is_kept)
		return api_endpoint_fail(answer, API_NOT_FOUND, "no history is kept of this %s",
					 levels[entity->level].name);
	if (span.realtime_ns)
		json_fixed(json, "time", span.realtime_ns, 9);
	json_end_object(json);
	return API_OK;
}

unsigned int api_endpoint_history(struct api_answer *answer)
{
	const struct query *query = answer->query;
	const char *level_text = query_find(query, "level") ?: "node", *series = query_find(query, "series"),
		   *step = query_find(query, "step") ?: "1", *points = query_find(query, "points"),
		   *histogram = query_find(query, "histogram");
	size_t level = find_level(level_text);
	struct api_history history = {};
	struct history_entity entity = {
		.namespace = query_find(query, "namespace") ?: "",
		.pod = query_find(query, "pod") ?: "",
		.container = query_find(query, "container") ?: "",
		.program = query_find(query, "program") ?: "",
	};

	if (level == LEVELS)
		return api_endpoint_refuse(answer, "level", level_text);
	entity.level = levels[level].level;
	if (series && !api_history_read_series(&history, levels[level].metric_level, series))
		return api_endpoint_refuse(answer, "series", series);
	if (!api_history_read_step(&history, step))
		return api_endpoint_refuse(answer, "step", step);
	if (!api_history_read_points(&history, points, API_HISTORY_POINTS))
		return api_endpoint_refuse(answer, "points", points);
	if (histogram && (strcmp(histogram, "cpu_runqueue_latency") != 0 || entity.level == HISTORY_PROGRAM))
		return api_endpoint_refuse(answer, "histogram", histogram);
	if (!series && !histogram)
		return api_endpoint_fail(answer, API_BAD_REQUEST,
					 "parameter 'series' or 'histogram' is needed");
	return write_history(answer, &history, &entity, histogram != NULL);
}
