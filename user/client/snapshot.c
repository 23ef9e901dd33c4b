/* SPDX-License-Identifier: Apache-2.0 */
#include "client/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"

#define API "/api/v1/"

const struct snapshot_question snapshot_questions[SNAPSHOT_QUESTIONS] = {
	{ "node", API "node" },
	{ "containers", API "containers?limit=1000" },
	{ "pods", API "pods?limit=1000" },
	{ "programs", API "programs?limit=1000" },
	{ "processes", API "processes?limit=1000" },
	{ "connections", API "connections?limit=1000" },
	{ "events", API "events?after=0" },
	{ "syscalls", API "syscalls" },
	{ "self", API "self" },
};

void snapshot_add(struct buffer *text, const char *name, json_t *answer, const char *problem)
{
	/* A problem may show an address of any bytes. */
	json_t *value = answer ? json_incref(answer) : json_string(problem) ?: json_string("not readable");
	json_t *line = json_pack("{s:o}", answer ? "answer" : "problem", value);
	char *dumped = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	if (!dumped) {
		text->failed = true;
		return;
	}
	buffer_add_string(text, name);
	buffer_add(text, " ", 1);
	buffer_add_string(text, dumped);
	buffer_add(text, "\n", 1);
	free(dumped);
}

static bool has_parameter(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = strchr(path, '?'); at; at = strchr(at + 1, '&')) {
		if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '=')
			return true;
	}
	return false;
}

const char *snapshot_name_of(const char *path)
{
	size_t length;

	if (strncmp(path, API, strlen(API)) != 0)
		return NULL;
	path += strlen(API);
	length = strcspn(path, "?");
	for (size_t i = 0; i < SNAPSHOT_QUESTIONS; i++) {
		const char *name = snapshot_questions[i].name;

		if (strlen(name) != length || strncmp(path, name, length) != 0)
			continue;
		/* Of the system calls there is only the node's table: a container's is another question, not a filter. */
		if (strcmp(name, "syscalls") == 0 && has_parameter(path, "container"))
			return NULL;
		return name;
	}
	return NULL;
}

json_t *snapshot_find(const char *text, size_t size, const char *name)
{
	size_t length = strlen(name);

	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t line = end ? (size_t)(end - text) : size;

		if (line > length && memcmp(text, name, length) == 0 && text[length] == ' ') {
			json_t *json = json_text_parse(text + length + 1, line - length - 1, 0);

			if (json_is_object(json_object_get(json, "answer")) ||
			    json_is_string(json_object_get(json, "problem")))
				return json;
			json_decref(json);
			return NULL;
		}
		line += end != NULL;
		text += line;
		size -= line;
	}
	return NULL;
}
