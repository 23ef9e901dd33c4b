/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "model/value.h"

#define NAME_CAPACITY 128

static void write_value(struct json *json, const char *name, const char *labels,
			const struct self_value *value, enum metric_unit unit)
{
	char label[64];

	json_begin_object(json, NULL);
	json_text(json, "name", name);
	json_begin_object(json, "labels");
	for (int i = 0; i < 2 && *labels; i++) {
		size_t size = strcspn(labels, ",");

		snprintf(label, sizeof(label), "%.*s", (int)size, labels);
		json_text(json, label, value->label[i]);
		labels += size + (labels[size] == ',');
	}
	json_end_object(json);
	json_fixed(json, "value", value->value, value_decimals(unit));
	json_end_object(json);
}

static void write_self(struct json *json, const struct self *self)
{
	char name[NAME_CAPACITY];

	for (size_t i = 0; i < self->count; i++) {
		const struct self_value *value = &self->values[i];
		const struct self_metric *metric = &self_metrics[value->id];

		if (self_family_name(value->id, name, sizeof(name)) >= 0)
			write_value(json, name, metric->labels, value, metric->unit);
	}
}

static void write_process(struct json *json, const struct self_process *process)
{
	const struct {
		const char *name;
		uint64_t value;
		enum metric_unit unit;
	} rows[] = {
		{ "process_cpu_seconds_total", process->cpu_ns, UNIT_SECONDS },
		{ "process_max_fds", process->max_fds, UNIT_NONE },
		{ "process_open_fds", process->open_fds, UNIT_NONE },
		{ "process_resident_memory_bytes", process->resident_bytes, UNIT_BYTES },
		{ "process_start_time_seconds", process->start_time_ns, UNIT_SECONDS },
		{ "process_virtual_memory_bytes", process->virtual_bytes, UNIT_BYTES },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct self_value value = { .value = rows[i].value };

		write_value(json, rows[i].name, "", &value, rows[i].unit);
	}
}

unsigned int api_endpoint_self(struct api_answer *answer)
{
	const struct api_input *in = answer->in;
	struct json *json = &answer->json;
	struct self_process process = {};
	const struct self *self = in->read_self ? in->read_self(in->context, &process) : NULL;

	json_begin_object(json, NULL);
	api_endpoint_add_time(answer);
	json_begin_array(json, "values");
	if (self) {
		write_self(json, self);
		write_process(json, &process);
	}
	json_end_array(json);
	json_end_object(json);
	return API_OK;
}
