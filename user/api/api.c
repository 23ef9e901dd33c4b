/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "model/series.h"

#define ERROR_SIZE 512

static const struct endpoint {
	const char *name, *parameters, *description;
	const struct api_list *list; /* else `write`; neither: a stream */
	unsigned int (*write)(struct api_answer *answer);
} endpoints[] = {
#define LIST(name, parameters, description) { #name, parameters, description, &api_endpoint_##name, NULL },
#define OBJECT(name, parameters, description) { #name, parameters, description, NULL, api_endpoint_##name },
#define STREAM(name, parameters, description) { #name, parameters, description, NULL, NULL },
#include "api/api.def"
#undef LIST
#undef OBJECT
#undef STREAM
};
#define ENDPOINTS (sizeof(endpoints) / sizeof(endpoints[0]))

/* ---- what endpoints share ---- */

unsigned int api_endpoint_fail(struct api_answer *answer, unsigned int status, const char *format, ...)
{
	char text[ERROR_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	answer->json.out->size = answer->begin;
	answer->json.needs_comma = false;
	json_begin_object(&answer->json, NULL);
	json_text(&answer->json, "error", text);
	json_end_object(&answer->json);
	return status;
}

unsigned int api_endpoint_refuse(struct api_answer *answer, const char *name, const char *value)
{
	return api_endpoint_fail(answer, API_BAD_REQUEST, "parameter '%s' cannot be '%s'", name, value);
}

bool api_endpoint_takes(const char *parameters, const char *name)
{
	while (*parameters) {
		size_t size = strcspn(parameters, ",");

		if (strlen(name) == size && memcmp(parameters, name, size) == 0)
			return true;
		parameters += size + (parameters[size] == ',');
	}
	return false;
}

void api_endpoint_add_time(struct api_answer *answer)
{
	uint64_t interval_ns = series_interval_ns(answer->in->model);

	json_fixed(&answer->json, "time", answer->in->realtime_ns, 9);
	if (interval_ns)
		json_fixed(&answer->json, "interval_seconds", interval_ns, 9);
}

void api_endpoint_add_series(struct api_answer *answer, unsigned int level,
			     double (*series)(const struct api_answer *answer, const void *item,
					      unsigned int id),
			     const void *item)
{
	for (unsigned int id = 0; id < SERIES_COUNT; id++) {
		if (series_table[id].levels & level)
			json_number(&answer->json, series_table[id].name, series(answer, item, id));
	}
}

/* ---- the index ---- */

static void describe_texts(struct json *json, const char *list)
{
	char name[64];

	while (*list) {
		size_t size = strcspn(list, ",");

		snprintf(name, sizeof(name), "%.*s", (int)size, list);
		json_text(json, NULL, name);
		list += size + (list[size] == ',');
	}
}

static void describe(struct api_answer *answer, const struct endpoint *endpoint)
{
	struct json *json = &answer->json;
	char path[64];

	json_begin_object(json, NULL);
	snprintf(path, sizeof(path), API_PATH "%s", endpoint->name);
	json_text(json, "path", path);
	json_text(json, "description", endpoint->description);
	json_begin_array(json, "parameters");
	if (endpoint->list)
		api_list_describe_parameters(endpoint->list, answer);
	describe_texts(json, endpoint->parameters);
	json_end_array(json);
	if (endpoint->list) {
		json_begin_array(json, "fields");
		api_list_describe(endpoint->list, answer);
		json_end_array(json);
	}
	json_end_object(json);
}

static unsigned int write_index(struct api_answer *answer)
{
	struct json *json = &answer->json;

	json_begin_object(json, NULL);
	json_text(json, "version", answer->in->version);
	json_text(json, "revision", answer->in->revision);
	json_begin_array(json, "endpoints");
	for (size_t i = 0; i < ENDPOINTS; i++)
		describe(answer, &endpoints[i]);
	json_end_array(json);
	json_end_object(json);
	return API_OK;
}

/* ---- answers ---- */

static bool read_flag(const char *value, bool *ret_flag)
{
	*ret_flag = strcmp(value, "1") == 0;
	return *ret_flag || strcmp(value, "0") == 0;
}

/* Those of endpoints that are no lists; lists look at theirs themselves. */
static unsigned int check_parameters(struct api_answer *answer, const char *parameters)
{
	const struct query *query = answer->query;

	for (size_t i = 0; i < query->count; i++) {
		const char *name = query->parameters[i].name;

		if (!api_endpoint_takes(parameters, name))
			return api_endpoint_fail(answer, API_BAD_REQUEST, "unknown parameter '%s'", name);
		if (query_count(query, name) > 1)
			return api_endpoint_fail(answer, API_BAD_REQUEST, "parameter '%s' is given twice",
						 name);
	}
	return API_OK;
}

static unsigned int answer_endpoint(struct api_answer *answer, const struct endpoint *endpoint)
{
	const char *detail = api_endpoint_takes(endpoint->parameters, "detail") ?
				     query_find(answer->query, "detail") :
				     NULL;
	unsigned int status;

	if (detail && !read_flag(detail, &answer->has_detail))
		return api_endpoint_refuse(answer, "detail", detail);
	if (endpoint->list)
		return api_list_answer(endpoint->list, endpoint->parameters, answer);
	if (!endpoint->write)
		return api_endpoint_fail(answer, API_BAD_REQUEST, "'%s' cannot be part of another answer",
					 endpoint->name);
	status = check_parameters(answer, endpoint->parameters);
	return status == API_OK ? endpoint->write(answer) : status;
}

static unsigned int answer_path(struct api_answer *answer, const char *path)
{
	const char *name = path + strlen(API_PATH);
	unsigned int status;

	for (size_t i = 0; i < ENDPOINTS; i++) {
		if (strcmp(endpoints[i].name, name) == 0)
			return answer_endpoint(answer, &endpoints[i]);
	}
	if (*name)
		return api_endpoint_fail(answer, API_NOT_FOUND, "there is no '%s'", path);
	status = check_parameters(answer, "");
	return status == API_OK ? write_index(answer) : status;
}

unsigned int api_answer(const struct api_input *in, const char *path, const struct query *query,
			bool is_check, struct buffer *out)
{
	/* Names that can be asked for are shown as they are: the model has cut those of containers, programs have less than NAME_SIZE. */
	size_t label_length = in->model->limits.label_length;
	struct json json = { .out = out, .text_limit = label_length > NAME_SIZE ? label_length : NAME_SIZE };
	struct api_answer answer = {
		.in = in, .query = query, .is_check = is_check, .begin = out->size, .json = json
	};

	return answer_path(&answer, path);
}
