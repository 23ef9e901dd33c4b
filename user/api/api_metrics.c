/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.def as members of an item: what an exposition has, as totals. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "model/value.h"

/* Members "resource" and "kind" for the label "resource,kind" with the value "cpu,some". */
static void write_labels(struct json *json, const char *names, const char *values)
{
	char name[64], value[64];

	if (*names && !strchr(names, ',')) {
		json_text(json, names, values);
		return;
	}
	while (*names) {
		size_t name_size = strcspn(names, ","), value_size = strcspn(values, ",");

		snprintf(name, sizeof(name), "%.*s", (int)name_size, names);
		snprintf(value, sizeof(value), "%.*s", (int)value_size, values);
		json_text(json, name, value);
		names += name_size + (names[name_size] == ',');
		values += value_size + (values[value_size] == ',');
	}
}

static void write_split(struct json *json, const char *name, const struct metric *metric,
			const struct container *container, const uint64_t *value)
{
	json_begin_array(json, name);
	for (unsigned int i = 0; i < metric->width; i++) {
		if (!value_is_known(container, metric, i))
			continue;
		json_begin_object(json, NULL);
		write_labels(json, metric->label, metric_label_value(metric, i) ?: "");
		json_fixed(json, "value", value[metric->value + i], value_decimals(metric->unit));
		json_end_object(json);
	}
	json_end_array(json);
}

/* Buckets that hold something, each with its upper bound; the last has none. The first takes in those below what it tells apart. */
static void write_buckets(struct json *json, const struct metric *metric, const struct histogram *histogram)
{
	struct histogram_scale scale = metric_scale(metric->unit);
	unsigned int first = value_first_octave(metric) << scale.schema;
	unsigned int last = (HISTOGRAM_OCTAVES << scale.schema) + 1;
	uint64_t count = 0;

	json_begin_array(json, "buckets");
	for (unsigned int i = 0; i <= last; i++) {
		count += histogram->bucket[i];
		if (i < first || count == 0)
			continue;
		json_begin_array(json, NULL);
		if (i < last)
			json_number(json, NULL, exp2(scale.min_exponent + (double)i / (1 << scale.schema)));
		else
			json_null(json, NULL);
		json_fixed(json, NULL, count, 0);
		json_end_array(json);
		count = 0;
	}
	json_end_array(json);
}

/* The count is the sum of the buckets, as in expositions. */
static void write_histogram(struct json *json, const char *name, const struct metric *metric,
			    const struct histogram *histogram, const char *label_value)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->bucket[i];
	json_begin_object(json, name);
	write_labels(json, metric->label, label_value);
	json_fixed(json, "count", count, 0);
	json_fixed(json, "sum", histogram->sum, value_decimals(metric->unit));
	write_buckets(json, metric, histogram);
	json_end_object(json);
}

static void write_histograms(struct json *json, const char *name, const struct metric *metric,
			     const struct container *container)
{
	unsigned int id = (unsigned int)(metric - metrics);
	const struct histogram *histogram;

	if (!*metric->label) {
		histogram = value_histogram(container, id, 0);
		if (histogram)
			write_histogram(json, name, metric, histogram, "");
		return;
	}
	json_begin_array(json, name);
	for (unsigned int i = 0; i < metric->width; i++) {
		histogram = value_histogram(container, id, i);
		if (histogram)
			write_histogram(json, NULL, metric, histogram, metric_label_value(metric, i) ?: "");
	}
	json_end_array(json);
}

static void write_metric(struct json *json, const char *name, const struct metric *metric,
			 const struct container *container, const uint64_t *value)
{
	if (metric->kind == METRIC_GAUGE && container->dead_since_ns)
		return;
	if (metric->source == SOURCE_GROUP)
		write_histograms(json, name, metric, container);
	else if (*metric->label)
		write_split(json, name, metric, container, value);
	else if (value_is_known(container, metric, 0))
		json_fixed(json, name, value[metric->value], value_decimals(metric->unit));
}

/* The same for all items of an answer. */
static void make_names(struct api_answer *answer, enum metric_level level)
{
	if (answer->named == level)
		return;
	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		char *name = answer->names[metric - metrics];

		*name = '\0';
		if (metric->levels & level && metric->source != SOURCE_CPU && metric->source != SOURCE_DISK &&
		    metric->source != SOURCE_PEER && !(answer->in->model->missing >> metric->needs & 1) &&
		    metric_family_name(metric, level, name, API_FAMILY_SIZE) < 0)
			*name = '\0';
	}
	answer->named = level;
}

void api_endpoint_add_metrics(struct api_answer *answer, enum metric_level level,
			      const struct container *container, const uint64_t *value)
{
	make_names(answer, level);
	json_begin_object(&answer->json, "metrics");
	for (unsigned int id = 0; id < METRICS; id++)
		if (*answer->names[id])
			write_metric(&answer->json, answer->names[id], &metrics[id], container, value);
	json_end_object(&answer->json);
}
