/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "api/api_endpoint.h"
#include "http/http.h"

#define EVENT_SIZE 40

unsigned int api_answer_url(const struct api_input *in, const char *url, bool is_check, struct buffer *out)
{
	_cleanup_(cleanup_free) char *path = strdup(url);
	struct query_parameter parameters[QUERY_PARAMETERS_MAX];
	struct query query = { .parameters = parameters };
	struct api_answer answer = { .in = in, .query = &query, .json = { .out = out }, .begin = out->size };
	char *mark;

	if (!path)
		return api_endpoint_fail(&answer, API_NO_MEMORY, "out of memory");
	mark = strchr(path, '?');
	if (mark)
		*mark = '\0';
	if (strncmp(path, API_PATH, strlen(API_PATH)) != 0)
		return api_endpoint_fail(&answer, API_BAD_REQUEST, "'%s' is not below " API_PATH, path);
	if (mark && !query_parse(mark + 1, parameters, &query))
		return api_endpoint_fail(&answer, API_BAD_REQUEST, "the parameters of '%s' are malformed",
					 path);
	return api_answer(in, path, &query, is_check, out);
}

/* The last part of its path; of several that are equal the second is "history.2". */
static void name_event(const struct http_stream_path *paths, size_t index, char name[EVENT_SIZE])
{
	const char *noun = paths[index].path + strlen(API_PATH);
	size_t size = strcspn(noun, "?");
	unsigned int number = 1;

	for (size_t i = 0; i < index; i++) {
		const char *other = paths[i].path + strlen(API_PATH);

		number += strcspn(other, "?") == size && memcmp(other, noun, size) == 0;
	}
	if (number > 1)
		snprintf(name, EVENT_SIZE, "%.*s.%u", (int)size, noun, number);
	else
		snprintf(name, EVENT_SIZE, "%.*s", (int)size, noun);
}

unsigned int api_stream(const struct api_input *in, const struct query *query,
			struct http_stream **ret_stream, struct buffer *out)
{
	struct api_answer answer = { .in = in, .query = query, .json = { .out = out }, .begin = out->size };
	struct http_stream_path paths[HTTP_STREAM_PATHS];
	char events[HTTP_STREAM_PATHS][EVENT_SIZE];
	unsigned int status;

	if (query->count == 0 || query->count > HTTP_STREAM_PATHS)
		return api_endpoint_fail(&answer, API_BAD_REQUEST,
					 "from 1 to %d parameters 'path' are needed", HTTP_STREAM_PATHS);
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->parameters[i].name, "path") != 0)
			return api_endpoint_fail(&answer, API_BAD_REQUEST, "unknown parameter '%s'",
						 query->parameters[i].name);
		paths[i] = (struct http_stream_path){ events[i], query->parameters[i].value };
		/* What cannot be answered now is refused while there is a status to say it with. */
		status = api_answer_url(in, paths[i].path, true, out);
		if (status != API_OK)
			return status;
		out->size = answer.begin;
		name_event(paths, i, events[i]);
	}
	*ret_stream = http_stream_new(paths, query->count);
	return *ret_stream ? API_OK : api_endpoint_fail(&answer, API_NO_MEMORY, "out of memory");
}
