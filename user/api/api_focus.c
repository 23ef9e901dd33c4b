/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_focus.h"

#include <string.h>

#include "model/container.h"

/* Numbers without a name of their own are one: their latencies, which are not of one kind of call, are not told. */
struct focus_rest {
	uint64_t calls, errors;
	double per_second;
};

static void write_call(struct json *json, const char *name, uint64_t calls, double per_second,
		       uint64_t errors)
{
	json_text(json, "syscall", name);
	json_fixed(json, "calls", calls, 0);
	json_number(json, "calls_per_second", per_second);
	json_fixed(json, "errors", errors, 0);
}

static void write_calls(struct json *json, const struct focus_place *place)
{
	struct focus_rest rest = {};

	for (unsigned int i = 0; i < SYSCALL_NUMBERS; i++) {
		const char *name = metric_syscall_name(i);
		uint64_t calls = place->counts->calls[i], errors = place->counts->errors[i];

		if (!calls)
			continue;
		if (!name || strcmp(name, "other") == 0) {
			rest.calls += calls;
			rest.errors += errors;
			rest.per_second += focus_calls_per_second(place, i);
			continue;
		}
		json_begin_object(json, NULL);
		write_call(json, name, calls, focus_calls_per_second(place, i), errors);
		json_number(json, "p50_seconds", focus_latency(place, i, 0.5));
		json_number(json, "p90_seconds", focus_latency(place, i, 0.9));
		json_number(json, "p99_seconds", focus_latency(place, i, 0.99));
		json_end_object(json);
	}
	if (!rest.calls)
		return;
	json_begin_object(json, NULL);
	write_call(json, "other", rest.calls, rest.per_second, rest.errors);
	json_end_object(json);
}

static void write_error(struct json *json, const char *name, uint64_t errors)
{
	json_begin_object(json, NULL);
	json_text(json, "errno", name);
	json_fixed(json, "errors", errors, 0);
	json_end_object(json);
}

static void write_errors(struct json *json, const struct focus_place *place)
{
	uint64_t rest = 0;

	for (unsigned int i = 0; i < ERRNO_NUMBERS; i++) {
		const char *name = metric_errno_name(i);
		uint64_t errors = place->counts->errors_by_number[i];

		if (errors && name && strcmp(name, "other") != 0)
			write_error(json, name, errors);
		else
			rest += errors;
	}
	if (rest)
		write_error(json, "other", rest);
}

unsigned int api_focus_answer(struct api_answer *answer, const char *container)
{
	const struct api_input *in = answer->in;
	const char *namespace = query_find(answer->query, "namespace") ?: "",
		   *pod = query_find(answer->query, "pod") ?: "";
	const struct focus_place *place = NULL;
	enum focus_state state = FOCUS_OFF;
	struct json *json = &answer->json;

	if (!container_find(in->model, namespace, pod, container))
		return api_endpoint_fail(answer, API_NOT_FOUND, "there is no such container");
	if (in->want_focus)
		state = in->want_focus(in->context, namespace, pod, container, &place);
	json_begin_object(json, NULL);
	api_endpoint_add_time(answer);
	json_text(json, "focus", focus_state_name(state));
	if (state == FOCUS_OFF)
		json_text(json, "reason", in->model->focus.reason ?: "");
	if (state == FOCUS_ON) {
		json_fixed(json, "since_seconds", place->began_ns / 1000000, 3);
		json_fixed(json, "untimed", place->counts->untimed, 0);
	}
	json_begin_array(json, "items");
	if (state == FOCUS_ON)
		write_calls(json, place);
	json_end_array(json);
	json_begin_array(json, "errors");
	if (state == FOCUS_ON)
		write_errors(json, place);
	json_end_array(json);
	json_end_object(json);
	return API_OK;
}
