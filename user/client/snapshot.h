/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a recording holds of one moment: the answers to a fixed list of questions, as text, a line for each: its name, a blank,
 * {"answer": ...} or {"problem": "..."}. */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct snapshot_question {
	const char *name; /* "containers" */
	const char *path; /* "/api/v1/containers?limit=1000" */
};

enum { SNAPSHOT_QUESTIONS = 9 };
extern const struct snapshot_question snapshot_questions[SNAPSHOT_QUESTIONS];

/* Adds a line; out of memory is `text->failed`. One of the two is NULL. */
void snapshot_add(struct buffer *text, const char *name, json_t *answer, const char *problem);

/* The name of the question that `path` asks, whatever its parameters are; NULL when snapshots do not have it. */
const char *snapshot_name_of(const char *path);

/* The line of a name, {"answer": ...} or {"problem": "..."}; NULL when there is none or it is not as it should be. To be let
 * go with json_decref(). */
json_t *snapshot_find(const char *text, size_t size, const char *name);
