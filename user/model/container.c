/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "model/budget.h"
#include "model/cgroup.h"
#include "model/connection.h"
#include "model/container.h"
#include "model/history.h"
#include "model/network.h"
#include "model/program.h"
#include "model/series.h"
#include "record_tcp.h"

#define OTHER_NAME "other"
#define UNKNOWN_NAME "unknown"

static struct container *find_key(const struct model *model, const char *key, uint32_t key_size)
{
	struct container *container;

	HASH_FIND(hh, model->containers, key, key_size, container);
	return container;
}

/* Enters it under `key`, which no other has. */
static int enter(struct model *model, struct container *container, const char *key, uint32_t key_size)
{
	char *copy = malloc(key_size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, key, key_size);
	if (container->key)
		HASH_MOVE_KEYPTR(model->containers, container, &(struct container){}, copy, key_size);
	else
		HASH_ADD_KEYPTR(hh, model->containers, copy, key_size, container);
	free(container->key);
	container->key = copy;
	container->key_size = key_size;
	container->namespace = container->key;
	container->pod = container->namespace + strlen(container->namespace) + 1;
	container->name = container->pod + strlen(container->pod) + 1;
	return HASH_HAS(container) ? 0 : -ENOMEM;
}

static struct container *container_add(struct model *model, const char *key, uint32_t key_size,
				       uint64_t realtime_ns)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		return NULL;
	if (enter(model, container, key, key_size)) {
		free(container->key);
		free(container);
		return NULL;
	}
	container->created_ns = realtime_ns;
	return container;
}

/* Names as they will be shown, so that two that look alike are one container and not one series twice. */
static uint32_t make_key(const struct model *model, const char *const names[3], char *key)
{
	uint32_t size = 0;

	for (int i = 0; i < 3; i++)
		size += utf8_copy(key + size, model->limits.label_length + 1, names[i]) + 1;
	return size;
}

#define LABEL_LENGTH_MAX 1024

static bool is_full(const struct model *model)
{
	return (model->limits.containers && HASH_COUNT(model->containers) >= model->limits.containers) ||
	       !budget_has_room(model, model->limits.costs.container + model->limits.costs.program);
}

struct container *container_get(struct model *model, const char *namespace, const char *pod, const char *name,
				uint64_t realtime_ns)
{
	const char *const names[3] = { namespace, pod, name };
	char key[3 * (LABEL_LENGTH_MAX + 1)];
	uint32_t key_size = make_key(model, names, key);
	struct container *container = find_key(model, key, key_size);

	if (container)
		return container;
	if (is_full(model)) {
		model->folded_containers++;
		if (!model->other) {
			const char *const other[3] = { "", "", OTHER_NAME };

			key_size = make_key(model, other, key);
			model->other = find_key(model, key, key_size) ?:
					       container_add(model, key, key_size, realtime_ns);
		}
		return model->other;
	}
	return container_add(model, key, key_size, realtime_ns);
}

struct container *container_find(const struct model *model, const char *namespace, const char *pod,
				 const char *name)
{
	const char *const names[3] = { namespace, pod, name };
	char key[3 * (LABEL_LENGTH_MAX + 1)];

	return find_key(model, key, make_key(model, names, key));
}

int container_rename(struct model *model, struct container *container, const char *namespace, const char *pod,
		     const char *name)
{
	const char *const names[3] = { namespace, pod, name };
	char key[3 * (LABEL_LENGTH_MAX + 1)];
	int error = enter(model, container, key, make_key(model, names, key));

	if (!error && container == model->unknown)
		model->unknown = NULL;
	if (!error)
		network_move(model, container, container); /* out of memory: its devices keep the old names */
	return error;
}

static void merge_histogram(struct histogram *to, const struct histogram *from)
{
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	to->sum += from->sum;
}

static void merge_values(struct container *to, const struct container *from)
{
	for (unsigned int id = 0; id < METRICS; id++) {
		const struct metric *metric = &metrics[id];

		for (unsigned int i = metric->value;
		     i < metric->value + metric->width && i < CONTAINER_VALUES; i++) {
			bool is_file = metric->source == SOURCE_FILE;

			if (is_file && !from->has_file[i - PROGRAM_VALUES])
				continue;
			/* gauges that are not from files are sums too */
			if (is_file && metric->kind == METRIC_GAUGE)
				to->value[i] = from->value[i];
			else
				to->value[i] += from->value[i];
			if (is_file)
				to->has_file[i - PROGRAM_VALUES] = true;
		}
	}
}

static void merge_some(struct histogram **to, struct histogram **from, unsigned int count)
{
	if (!*to) {
		*to = *from;
		*from = NULL;
	} else if (*from) {
		for (unsigned int i = 0; i < count; i++)
			merge_histogram(&(*to)[i], &(*from)[i]);
	}
}

static void merge_histograms(struct container *to, struct container *from)
{
	merge_histogram(&to->runqueue, &from->runqueue);
	merge_some(&to->latency, &from->latency, DIMENSION_WIDTH(class));
	merge_some(&to->disk, &from->disk, DIMENSION_WIDTH(operation));
	merge_some(&to->tcp, &from->tcp, TCP_HISTOGRAMS);
}

/* What it grew by goes with it, so that no rate sees the counts as a jump. */
static void merge_windows(const struct model *model, struct container *to, struct container *from)
{
	window_move(&to->window, &from->window, model->tick, SERIES_RATES);
	window_move_waits(&to->waits, &from->waits, model->tick);
	for (unsigned int i = 0; i < RANKED_VALUES; i++)
		to->ranked[i] += from->ranked[i];
	if (to->viewed_until_ns < from->viewed_until_ns)
		to->viewed_until_ns = from->viewed_until_ns;
	history_inherit(to, from);
}

void container_merge(struct model *model, struct container *from, struct container *to)
{
	struct program *program, *next;
	struct cgroup *cgroup;

	merge_values(to, from);
	merge_histograms(to, from);
	merge_windows(model, to, from);
	connection_move(model, from, to);
	HASH_ITER(hh, from->programs, program, next)
		program_move(model, program, to);
	if (from->other)
		program_move(model, from->other, to);
	while ((program = from->aliases)) {
		from->aliases = program->next_alias;
		program->next_alias = to->aliases;
		program->container = to;
		to->aliases = program;
	}
	while ((cgroup = from->instances)) {
		cgroup_leave(cgroup, 0);
		cgroup_join(cgroup, to);
		model->instance_changes++;
	}
	to->network = from->network ?: to->network;
	network_move(model, from, to);
	network_forget(model, from);
	if (from == model->unknown)
		model->unknown = NULL;
	HASH_DEL(model->containers, from);
	container_free(from);
}

struct container *container_unknown(struct model *model, uint64_t realtime_ns)
{
	if (!model->unknown)
		model->unknown = container_get(model, "", "", UNKNOWN_NAME, realtime_ns);
	return model->unknown;
}

bool container_is_held(const struct container *container)
{
	const struct program *program;

	if (container->other && container->other->references)
		return true;
	for (program = container->programs; program; program = program->hh.next)
		if (program->references)
			return true;
	return false;
}

void container_free(struct container *container)
{
	struct program *program, *next;

	if (!container)
		return;
	HASH_ITER(hh, container->programs, program, next) {
		HASH_DEL(container->programs, program);
		program_free(program);
	}
	while ((program = container->aliases)) {
		container->aliases = program->next_alias;
		program_free(program);
	}
	program_free(container->other);
	history_lose(container->place);
	free(container->window);
	free(container->waits);
	free(container->file_growth);
	free(container->latency);
	free(container->disk);
	free(container->tcp);
	free(container->key);
	free(container);
}
