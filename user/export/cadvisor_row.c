/* SPDX-License-Identifier: Apache-2.0 */
#include "export/cadvisor_row.h"

#include <string.h>

#include "base/time.h"
#include "export/label.h"

static bool is_root(const struct cadvisor_row *row)
{
	return strcmp(row->cgroup->path, "/") == 0;
}

static bool get(const struct cadvisor_row *row, enum instance_value index, uint64_t *ret_value)
{
	*ret_value = row->cgroup->instance->value[index];
	return row->cgroup->instance->has[index];
}

static bool get_node(const struct cadvisor_row *row, unsigned int index, uint64_t *ret_value)
{
	const struct container *node = row->in->model->node;

	*ret_value = node->value[index];
	return index < PROGRAM_VALUES || node->has_file[index - PROGRAM_VALUES];
}

/* ---- values ---- */

/* Since ktally began, of all threads, also those that ended between two readings. */
static bool get_scheduled(const struct cadvisor_row *row, unsigned int index, uint64_t *ret_value)
{
	*ret_value = is_root(row) ? row->in->model->node->value[index] : row->scheduled[index];
	return (is_root(row) || row->cgroup->container) && !(row->in->model->missing >> NEEDS_TASKS & 1);
}

bool cadvisor_row_scheduled_run(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get_scheduled(row, V_CPU, ret_value);
}

bool cadvisor_row_scheduled_wait(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get_scheduled(row, V_RUNQUEUE, ret_value);
}

bool cadvisor_row_scheduled_periods(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get_scheduled(row, V_RUNQUEUE_WAITS, ret_value);
}

/* The root of v2 has no memory.current: what the other kinds of root count is the sum of these two, as cAdvisor has it. */
bool cadvisor_row_usage(const struct cadvisor_row *row, uint64_t *ret_value)
{
	uint64_t rss, cache;

	if (get(row, INSTANCE_MEMORY_USAGE, ret_value))
		return true;
	if (!is_root(row) || !get(row, INSTANCE_MEMORY_RSS, &rss) || !get(row, INSTANCE_MEMORY_CACHE, &cache))
		return false;
	*ret_value = rss + cache;
	return true;
}

bool cadvisor_row_working_set(const struct cadvisor_row *row, uint64_t *ret_value)
{
	uint64_t usage, inactive;

	if (!cadvisor_row_usage(row, &usage) || !get(row, INSTANCE_MEMORY_INACTIVE_FILE, &inactive))
		return false;
	*ret_value = usage > inactive ? usage - inactive : 0;
	return true;
}

bool cadvisor_row_swap(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get(row, INSTANCE_MEMORY_SWAP, ret_value) ||
	       (is_root(row) && get_node(row, V_MEMORY_SWAP, ret_value));
}

/* v2 does not tell a cgroup's own from those below. */
bool cadvisor_row_faults(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get(row, INSTANCE_MEMORY_FAULTS, ret_value) ||
	       get(row, INSTANCE_MEMORY_TREE_FAULTS, ret_value);
}

bool cadvisor_row_major_faults(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get(row, INSTANCE_MEMORY_MAJOR_FAULTS, ret_value) ||
	       get(row, INSTANCE_MEMORY_TREE_MAJOR_FAULTS, ret_value);
}

/* The model counts them by names: they are this cgroup's when no other of the same names lives. */
static bool is_only_instance(const struct cgroup *cgroup)
{
	const struct cgroup *other;

	if (!cgroup->container)
		return false;
	for (other = cgroup->container->instances; other; other = other->next_instance)
		if (other != cgroup && other->instance && !other->removed)
			return false;
	return true;
}

bool cadvisor_row_processes(const struct cadvisor_row *row, uint64_t *ret_value)
{
	if (get(row, INSTANCE_PROCESSES, ret_value))
		return true;
	if (row->in->model->missing >> NEEDS_USAGE & 1)
		return false;
	if (is_root(row))
		return get_node(row, V_PROCESSES, ret_value);
	if (!is_only_instance(row->cgroup))
		return false;
	*ret_value = row->cgroup->container->value[V_PROCESSES];
	return true;
}

bool cadvisor_row_threads(const struct cadvisor_row *row, uint64_t *ret_value)
{
	return get(row, INSTANCE_THREADS, ret_value) ||
	       (is_root(row) && !(row->in->model->missing >> NEEDS_USAGE & 1) &&
		get_node(row, V_THREADS, ret_value));
}

/* Weights of 1 to 10000 stand for shares of 2 to 262144, as the kubelet and runtimes convert them. */
bool cadvisor_row_shares(const struct cadvisor_row *row, uint64_t *ret_value)
{
	uint64_t weight;

	if (get(row, INSTANCE_CPU_SHARES, ret_value))
		return true;
	if (!get(row, INSTANCE_CPU_WEIGHT, &weight) || weight < 1 || weight > 10000)
		return false;
	*ret_value = 2 + (weight - 1) * 262142 / 9999;
	return true;
}

bool cadvisor_row_memory_limit(const struct cadvisor_row *row, uint64_t *ret_value)
{
	if (is_root(row)) {
		*ret_value = row->in->model->machine.memory_bytes;
		return *ret_value > 0;
	}
	if (!get(row, INSTANCE_MEMORY_LIMIT, ret_value))
		return false;
	if (*ret_value == INSTANCE_UNLIMITED)
		*ret_value = 0;
	return true;
}

bool cadvisor_row_swap_limit(const struct cadvisor_row *row, uint64_t *ret_value)
{
	if (is_root(row)) {
		*ret_value = row->in->model->machine.swap_bytes;
		return row->in->model->machine.memory_bytes > 0;
	}
	if (!get(row, INSTANCE_MEMORY_SWAP_LIMIT, ret_value))
		return false;
	if (*ret_value == INSTANCE_UNLIMITED)
		*ret_value = 0;
	return true;
}

bool cadvisor_row_start_time(const struct cadvisor_row *row, uint64_t *ret_value)
{
	const struct details *details = row->cgroup->details;

	if (!details || !details->started_ns)
		return get(row, INSTANCE_START_TIME, ret_value);
	*ret_value = details->started_ns;
	return true;
}

bool cadvisor_row_last_seen(const struct cadvisor_row *row, uint64_t *ret_value)
{
	*ret_value = row->in->realtime_ns / NS_PER_S;
	return true;
}

/* ---- who it is ---- */

bool cadvisor_row_is_shown(const struct cgroup *cgroup)
{
	if (cgroup->removed || !cgroup->instance || !cgroup->identity)
		return false;
	return !cgroup->container ||
	       (cgroup->identity->kind != IDENTITY_POD && cgroup->identity->kind != IDENTITY_SLICE);
}

/* Paths are told apart by all their bytes, and nothing is cut. */
static void add_id(const struct sheet *sheet, struct buffer *labels, const char *path)
{
	struct buffer id = {};

	label_spell(&id, path);
	buffer_add(&id, "", 1);
	labels->failed |= id.failed;
	if (!id.failed)
		sheet_add_label(sheet, labels, 0, "id", id.data, SIZE_MAX);
	buffer_done(&id);
}

/* Of any container of the pod that a runtime told about. */
static const struct details *find_pod(const struct model *model, const char *uid)
{
	for (const struct cgroup *cgroup = model->cgroups; cgroup && uid[0]; cgroup = cgroup->hh.next)
		if (cgroup->details && cgroup->identity && strcmp(cgroup->identity->pod_uid, uid) == 0)
			return cgroup->details;
	return NULL;
}

/* Docker's containers, and podman's, are shown by name, those of others by id. */
static const char *find_name(const struct cgroup *cgroup)
{
	static const char *const by_id[] = { "containerd", "cri-o" }, *const by_name[] = { "docker",
											   "podman" };
	const char *runtime = cgroup->identity->runtime;

	if (cgroup->identity->kind != IDENTITY_CONTAINER)
		return "";
	for (int i = 0; i < 2; i++) {
		if (strcmp(runtime, by_name[i]) == 0 && cgroup->details && !cgroup->details->pod[0] &&
		    cgroup->details->name[0])
			return cgroup->details->name;
		if (strcmp(runtime, by_id[i]) == 0 || strcmp(runtime, by_name[i]) == 0)
			return cgroup->identity->id;
	}
	return "";
}

void cadvisor_row_label(const struct cadvisor_row *row, const struct sheet *sheet, struct buffer *labels)
{
	const struct cgroup *cgroup = row->cgroup;
	bool is_container = cgroup->identity->kind == IDENTITY_CONTAINER && cgroup->container;
	const struct details *own = is_container ? cgroup->details : NULL;
	const struct details *pod = own ?:
					    cgroup->identity->kind == IDENTITY_POD ?
					    find_pod(row->in->model, cgroup->identity->pod_uid) :
					    NULL;
	size_t limit = row->in->model->limits.label_length, begin = labels->size;
	bool is_named = own && own->pod[0] && !own->is_sandbox;

	sheet_add_label(sheet, labels, begin, "container", is_named ? own->name : "", limit);
	add_id(sheet, labels, cgroup->path);
	sheet_add_label(sheet, labels, begin, "image", own ? own->image : "", limit);
	sheet_add_label(sheet, labels, begin, "name", find_name(cgroup), limit);
	sheet_add_label(sheet, labels, begin, "namespace", pod ? pod->namespace : "", limit);
	sheet_add_label(sheet, labels, begin, "pod", pod ? pod->pod : "", limit);
}
