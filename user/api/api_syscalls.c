/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "api/api_focus.h"
#include "api/api_rates.h"

static void write_one(struct json *json, const char *name_of, const char *name, const char *total,
		      uint64_t count, const char *rate, double per_second)
{
	json_begin_object(json, NULL);
	json_text(json, name_of, name);
	json_fixed(json, total, count, 0);
	json_number(json, rate, per_second);
	json_end_object(json);
}

/* Those that were ever counted, in the order of their numbers; what has no name of its own is one. */
static void write_numbered(struct api_answer *answer, bool is_call)
{
	const struct api_input *in = answer->in;
	const uint64_t *counts = is_call ? in->model->calls_by_number : in->model->errors_by_number;
	unsigned int size = is_call ? SYSCALL_NUMBERS : ERRNO_NUMBERS;
	const char *label = is_call ? "syscall" : "errno", *total = is_call ? "calls" : "errors",
		   *rate = is_call ? "calls_per_second" : "errors_per_second";
	uint64_t other = 0;
	double other_rate = 0;

	for (unsigned int i = 0; i < size; i++) {
		const char *name = is_call ? metric_syscall_name(i) : metric_errno_name(i);
		double per_second = is_call ? api_rates_call(in->rates, i) : api_rates_error(in->rates, i);

		if (counts[i] == 0)
			continue;
		if (name && strcmp(name, "other") != 0) {
			write_one(&answer->json, label, name, total, counts[i], rate, per_second);
			continue;
		}
		other += counts[i];
		other_rate += per_second;
	}
	if (other > 0)
		write_one(&answer->json, label, "other", total, other, rate, other_rate);
}

unsigned int api_endpoint_syscalls(struct api_answer *answer)
{
	struct json *json = &answer->json;
	bool is_known = !(answer->in->model->missing >> NEEDS_CALLS & 1);
	const char *container = query_find(answer->query, "container");

	if (container)
		return api_focus_answer(answer, container);
	if (answer->query->count > 0)
		return api_endpoint_fail(answer, API_BAD_REQUEST, "'container' must be given too");
	json_begin_object(json, NULL);
	api_endpoint_add_time(answer);
	json_begin_array(json, "items");
	if (is_known)
		write_numbered(answer, true);
	json_end_array(json);
	json_begin_array(json, "errors");
	if (is_known)
		write_numbered(answer, false);
	json_end_array(json);
	json_end_object(json);
	return API_OK;
}
