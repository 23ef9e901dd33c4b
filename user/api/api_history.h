/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the model keeps of the last minutes, in answers. Private to api*.c. */
#include <stdbool.h>
#include <stddef.h>

#include "model/history.h"

struct api_answer;
struct api_list_run;

#define API_HISTORY_POINTS (HISTORY_SECONDS > HISTORY_TENS ? HISTORY_SECONDS : HISTORY_TENS)

/* Which series, at which points. */
struct api_history {
	enum series_id series[SERIES_COUNT];
	size_t series_count;
	unsigned int step_seconds;
	size_t points;
};

/* "a,b": series that are kept at `level` (enum metric_level), each once; false: `text` has others. */
bool api_history_read_series(struct api_history *history, unsigned int level, const char *text);
bool api_history_read_step(struct api_history *history, const char *text);
/* To be called last, with NULL where nothing is said: `points` is checked against the step. */
bool api_history_read_points(struct api_history *history, const char *text, size_t otherwise);

/* Writes the series as members that are arrays; an entity without a place has none. False then. */
bool api_history_write(struct api_answer *answer, const struct api_history *history,
		       const struct history_entity *entity, struct history_span *ret_span);
