/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "api/api_rates.h"
#include "model/series.h"

static void write_known(struct json *json, const char *name, const char *text)
{
	if (text && *text)
		json_text(json, name, text);
}

static void write_machine(struct api_answer *answer)
{
	const struct api_input *in = answer->in;
	const struct machine *machine = &in->model->machine;
	struct json *json = &answer->json;

	write_known(json, "hostname", in->hostname);
	json_text(json, "version", in->version);
	json_text(json, "revision", in->revision);
	write_known(json, "kernel", machine->kernel);
	write_known(json, "system", machine->system);
	if (machine->cores)
		json_fixed(json, "cores", machine->cores, 0);
	if (machine->memory_bytes)
		json_fixed(json, "memory_bytes", machine->memory_bytes, 0);
	if (in->boot_ns && in->boot_ns < in->realtime_ns)
		json_fixed(json, "uptime_seconds", in->realtime_ns - in->boot_ns, 9);
	write_known(json, "profile", in->profile);
}

static void write_bpf(struct api_answer *answer)
{
	const struct api_input *in = answer->in;
	struct json *json = &answer->json;

	json_begin_object(json, "bpf");
	json_flag(json, "on", !in->bpf_reason || !*in->bpf_reason);
	json_text(json, "reason", in->bpf_reason ?: "");
	json_begin_array(json, "programs");
	for (size_t i = 0; i < in->program_count; i++) {
		json_begin_object(json, NULL);
		json_text(json, "name", in->programs[i].name);
		json_flag(json, "up", in->programs[i].is_up);
		json_text(json, "reason", in->programs[i].is_up ? "" : in->programs[i].reason);
		json_end_object(json);
	}
	json_end_array(json);
	json_end_object(json);
}

/* A pod's containers lie wherever they do in the table: the first of each pod is the one that no other precedes. */
static size_t count_pods(const struct model *model)
{
	struct names {
		UT_hash_handle hh;
	} *table = NULL, *list;
	size_t count = 0;

	for (const struct container *c = model->containers; c; c = c->hh.next)
		count += *c->pod != '\0';
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return 0;
	for (const struct container *c = model->containers; c; c = c->hh.next) {
		size_t size = (size_t)(c->name - c->key);
		struct names *names;

		if (!*c->pod || c->dead_since_ns)
			continue;
		HASH_FIND(hh, table, c->key, size, names);
		if (names)
			continue;
		names = &list[HASH_COUNT(table)];
		HASH_ADD_KEYPTR(hh, table, c->key, size, names);
		if (!HASH_HAS(names))
			break;
	}
	count = HASH_COUNT(table);
	HASH_CLEAR(hh, table);
	free(list);
	return count;
}

static void write_disks(struct api_answer *answer)
{
	const struct model *model = answer->in->model;
	struct json *json = &answer->json;

	if (model->missing >> NEEDS_DISKS & 1)
		return;
	json_begin_array(json, "disks");
	for (const struct disk_device *device = model->devices; device; device = device->hh.next) {
		struct api_disk_rates rates = api_rates_disk(answer->in->rates, device);

		json_begin_object(json, NULL);
		json_text(json, "device", device->name);
		json_number(json, "read_bytes_per_second", rates.read_bytes);
		json_number(json, "written_bytes_per_second", rates.written_bytes);
		json_number(json, "operations_per_second", rates.operations);
		json_number(json, "p50_seconds", rates.p50_seconds);
		json_number(json, "p99_seconds", rates.p99_seconds);
		json_fixed(json, "queue_depth", device->queue_depth, 0);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_interface(struct api_answer *answer, const struct network_device *device)
{
	json_begin_object(&answer->json, NULL);
	json_text(&answer->json, "interface", device->name);
	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		if (metric->source == SOURCE_NETDEV)
			api_rates_add_device(&answer->json, metric,
					     api_rates_interface(answer->in->rates, device,
								 metric->value - V_NETDEV_RECEIVE));
	}
	json_end_object(&answer->json);
}

static void write_interfaces(struct api_answer *answer)
{
	const struct model *model = answer->in->model;

	json_begin_array(&answer->json, "interfaces");
	for (size_t i = 0; i < model->host_device_count; i++)
		write_interface(answer, &model->host_devices[i]);
	json_end_array(&answer->json);
}

static void write_counts(struct api_answer *answer)
{
	const struct model *model = answer->in->model;
	struct json *json = &answer->json;
	size_t containers = 0, programs = 0;

	for (const struct container *c = model->containers; c; c = c->hh.next) {
		containers += c->dead_since_ns == 0;
		programs += HASH_COUNT(c->programs) + (c->other != NULL);
	}
	json_begin_object(json, "counts");
	json_fixed(json, "containers", containers, 0);
	json_fixed(json, "pods", count_pods(model), 0);
	json_fixed(json, "programs", programs, 0);
	json_number(json, "processes", series_of_node(model, SERIES_processes));
	json_number(json, "threads", series_of_node(model, SERIES_threads));
	json_end_object(json);
}

static double series_of(const struct api_answer *answer, const void *item, unsigned int id)
{
	(void)item;
	return series_of_node(answer->in->model, id);
}

unsigned int api_endpoint_node(struct api_answer *answer)
{
	const struct container *node = answer->in->model->node;

	json_begin_object(&answer->json, NULL);
	api_endpoint_add_time(answer);
	write_machine(answer);
	write_bpf(answer);
	api_endpoint_add_series(answer, LEVEL_NODE, series_of, NULL);
	write_disks(answer);
	write_interfaces(answer);
	write_counts(answer);
	if (answer->has_detail)
		api_endpoint_add_metrics(answer, LEVEL_NODE, node, node->value);
	json_end_object(&answer->json);
	return API_OK;
}
