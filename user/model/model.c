/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/cgroup.h"
#include "model/connection.h"
#include "model/container.h"
#include "model/disk_device.h"
#include "model/journal.h"
#include "model/model.h"
#include "model/network.h"
#include "model/program.h"
#include "model/series.h"

static void cleanup_model(struct model **model)
{
	model_free(*model);
}

int model_new(const struct model_limits *limits, uint64_t realtime_ns, struct model **ret_model)
{
	_cleanup_(cleanup_model) struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return -ENOMEM;
	model->limits = *limits;
	model->tick = 1;
	series_feed(model->fed);
	model->focus.reason = "BPF is off"; /* until a reader says that it is not */
	model->node = calloc(1, sizeof(*model->node));
	model->host = container_get(model, "", "", "", realtime_ns);
	if (!model->node || !model->host || journal_new(&model->journal))
		return -ENOMEM;
	model->node->file_growth = calloc(1, sizeof(*model->node->file_growth));
	if (!model->node->file_growth)
		return -ENOMEM;
	model->node->created_ns = realtime_ns;
	model->host->alive = 1; /* never ends */
	*ret_model = take_ptr(model);
	return 0;
}

void model_free(struct model *model)
{
	struct container *container, *next_container;
	struct process *process, *next_process;
	struct cgroup *cgroup, *next_cgroup;

	if (!model)
		return;
	HASH_ITER(hh, model->processes, process, next_process) {
		HASH_DEL(model->processes, process);
		free(process->window);
		free(process);
	}
	HASH_ITER(hh, model->cgroups, cgroup, next_cgroup) {
		HASH_DEL(model->cgroups, cgroup);
		cgroup_free(cgroup);
	}
	HASH_ITER(hh, model->containers, container, next_container) {
		connection_forget(model, container);
		HASH_DEL(model->containers, container);
		container_free(container);
	}
	connection_forget(model, model->node);
	network_done(model);
	focus_done(&model->focus);
	disk_device_forget(model);
	free(model->host_devices);
	while (model->parents)
		model_parent_remove(model, model->parents);
	container_free(model->node);
	journal_free(model->journal);
	free(model);
}

/* `rates` are the first `limit` of those that values feed; NULL: no memory. */
static inline void feed(uint64_t *rates, unsigned int limit, const uint8_t fed[2], uint64_t delta)
{
	if (!rates || fed[0] >= limit)
		return;
	rates[fed[0]] += delta;
	if (fed[1] < limit)
		rates[fed[1]] += delta;
}

static inline void feed_process(float *rates, const uint8_t fed[2], uint64_t delta)
{
	if (!rates || fed[0] >= SERIES_PROCESS_RATES)
		return;
	rates[fed[0]] += delta;
	if (fed[1] < SERIES_PROCESS_RATES)
		rates[fed[1]] += delta;
}

static inline void grow(const struct model *model, struct window **window, unsigned int limit,
			unsigned int index, uint64_t delta)
{
	if (model->fed[index][0] < limit)
		feed(window_touch(window, model->tick, limit), limit, model->fed[index], delta);
}

void model_count_container(struct model *model, struct container *container, unsigned int index,
			   uint64_t delta)
{
	container->value[index] += delta;
	grow(model, &container->window, SERIES_RATES, index, delta);
}

void model_count(struct model *model, struct program *program, unsigned int index, uint64_t delta)
{
	if (program) {
		while (program->alias)
			program = program->alias;
		program->value[index] += delta;
		grow(model, &program->window, SERIES_PROGRAM_RATES, index, delta);
		program->container->value[index] += delta;
	}
	model_count_container(model, model->node, index, delta);
}

static void count_process(struct model *model, struct process *process, const struct model_growth *growth,
			  unsigned int count)
{
	bool was_idle = !process->window;
	float *rates = window_touch_small(&process->window, model->tick, SERIES_PROCESS_RATES);

	if (was_idle && rates) {
		process->next_active = model->active;
		model->active = process;
	}
	for (unsigned int i = 0; i < count; i++) {
		if (growth[i].index == V_CPU)
			process->cpu_ns += growth[i].delta;
		feed_process(rates, model->fed[growth[i].index], growth[i].delta);
	}
}

static void count_program(struct model *model, struct program *program, const struct model_growth *growth,
			  unsigned int count)
{
	uint64_t *rates, *value = program->container->value;

	rates = window_touch(&program->window, model->tick, SERIES_PROGRAM_RATES);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int index = growth[i].index;

		program->value[index] += growth[i].delta;
		value[index] += growth[i].delta;
		feed(rates, SERIES_PROGRAM_RATES, model->fed[index], growth[i].delta);
	}
}

void model_count_thread(struct model *model, struct program *program, struct process *process,
			const struct model_growth *growth, unsigned int count)
{
	uint64_t *rates = window_touch(&model->node->window, model->tick, SERIES_RATES);

	if (process)
		count_process(model, process, growth, count);
	while (program && program->alias)
		program = program->alias;
	if (program)
		count_program(model, program, growth, count);
	for (unsigned int i = 0; i < count; i++) {
		model->node->value[growth[i].index] += growth[i].delta;
		feed(rates, SERIES_RATES, model->fed[growth[i].index], growth[i].delta);
	}
}

void model_view(struct model *model, struct container *container, uint64_t until_ns)
{
	container->viewed_until_ns = until_ns;
	if (model->viewed_until_ns < until_ns)
		model->viewed_until_ns = until_ns;
}

void model_set_file(struct container *container, unsigned int index, uint64_t value)
{
	container->value[index] = value;
	if (index >= PROGRAM_VALUES)
		container->has_file[index - PROGRAM_VALUES] = true;
}

void model_clear_file(struct container *container, unsigned int index)
{
	container->value[index] = 0;
	if (index >= PROGRAM_VALUES)
		container->has_file[index - PROGRAM_VALUES] = false;
}

struct cgroup *model_cgroup_find(const struct model *model, uint64_t id)
{
	struct cgroup *cgroup;

	HASH_FIND(hh, model->cgroups, &id, sizeof(id), cgroup);
	return cgroup;
}

int model_cgroup_add(struct model *model, uint64_t id, const char *path, const struct identity *identity,
		     uint64_t realtime_ns, struct cgroup **ret_cgroup)
{
	struct container *container;
	struct cgroup *cgroup;

	container = identity ? container_get(model, "", "", identity->name, realtime_ns) :
			       container_unknown(model, realtime_ns);
	cgroup = calloc(1, sizeof(*cgroup));
	if (!container || !cgroup) {
		free(cgroup);
		return -ENOMEM;
	}
	cgroup->id = id;
	cgroup->path = strdup(path ?: "");
	if (identity)
		cgroup->identity = malloc(sizeof(*identity));
	if (!cgroup->path || (identity && !cgroup->identity)) {
		cgroup_free(cgroup);
		return -ENOMEM;
	}
	if (identity)
		*cgroup->identity = *identity;
	HASH_ADD(hh, model->cgroups, id, sizeof(cgroup->id), cgroup);
	if (!HASH_HAS(cgroup)) {
		cgroup_free(cgroup);
		return -ENOMEM;
	}
	if (identity)
		model->kinds[identity->kind]++;
	cgroup_join(cgroup, container);
	model->instance_changes++;
	*ret_cgroup = cgroup;
	return 0;
}

int model_cgroup_name(struct model *model, struct cgroup *cgroup, const char *path,
		      const struct identity *identity, uint64_t now_ns, uint64_t realtime_ns)
{
	struct container *container = container_get(model, "", "", identity->name, realtime_ns);
	struct identity *copy = malloc(sizeof(*copy));
	char *path_copy = strdup(path);

	if (!container || !copy || !path_copy) {
		free(copy);
		free(path_copy);
		return -ENOMEM;
	}
	*copy = *identity;
	if (cgroup->identity && !cgroup->removed)
		model->kinds[cgroup->identity->kind]--;
	model->kinds[identity->kind] += !cgroup->removed;
	free(cgroup->identity);
	free(cgroup->path);
	cgroup->identity = copy;
	cgroup->path = path_copy;
	if (cgroup->container != container) {
		cgroup_leave(cgroup, now_ns);
		cgroup_join(cgroup, container);
		model->instance_changes++;
		model->renamings++;
	}
	return 0;
}

/* All its instances are cgroups of the container that `cgroup` is one of, so that its counts are that one's alone. */
static bool is_alone(const struct cgroup *cgroup)
{
	for (const struct cgroup *other = cgroup->container->instances; other; other = other->next_instance)
		if (!other->identity || strcmp(other->identity->id, cgroup->identity->id) != 0)
			return false;
	return true;
}

static int give_names(struct model *model, struct cgroup *cgroup, const char *const names[3], uint64_t now_ns,
		      uint64_t realtime_ns)
{
	struct container *container = container_find(model, names[0], names[1], names[2]);

	if (container == cgroup->container)
		return 0;
	/* `other` is many: its counts are nobody's alone */
	if (cgroup->container != model->other && is_alone(cgroup)) {
		if (!container)
			return container_rename(model, cgroup->container, names[0], names[1], names[2]);
		container_merge(model, cgroup->container, container);
		return 0;
	}
	container = container ?: container_get(model, names[0], names[1], names[2], realtime_ns);
	if (!container)
		return -ENOMEM;
	if (container == cgroup->container)
		return 0;
	cgroup_leave(cgroup, now_ns);
	cgroup_join(cgroup, container);
	model->instance_changes++;
	model->renamings++;
	return 0;
}

int model_cgroup_describe(struct model *model, struct cgroup *cgroup, const char *runtime,
			  const struct details *details, uint64_t now_ns, uint64_t realtime_ns)
{
	bool is_named = details->name[0] || (details->is_sandbox && details->pod[0]);
	const char *const names[3] = { details->namespace, details->pod,
				       is_named ? details->name : cgroup->identity->name };
	struct details *copy = details_copy(details);
	int error;

	if (!copy)
		return -ENOMEM;
	error = give_names(model, cgroup, names, now_ns, realtime_ns);
	if (error) {
		details_free(copy);
		return error;
	}
	details_free(cgroup->details);
	cgroup->details = copy;
	if (runtime[0])
		snprintf(cgroup->identity->runtime, sizeof(cgroup->identity->runtime), "%s", runtime);
	if (details->pod_uid[0])
		snprintf(cgroup->identity->pod_uid, sizeof(cgroup->identity->pod_uid), "%s",
			 details->pod_uid);
	return 0;
}

/* Whoever may make cgroups inside a container may make any number: past this one those that end have no grace time. */
#define INSTANCES_KEPT 512

void model_cgroup_remove(struct model *model, struct cgroup *cgroup, uint64_t now_ns)
{
	if (cgroup->removed)
		return;
	cgroup->removed = true;
	cgroup->next_removed = model->removed;
	model->removed = cgroup;
	if (cgroup->identity)
		model->kinds[cgroup->identity->kind]--;
	cgroup->removed_ns = now_ns;
	cgroup->container->has_old_gauges = true;
	model->instance_changes++;
	if (cgroup->container->instance_count > INSTANCES_KEPT) {
		cgroup->removed_ns = 0;
		model->evicted_cgroups++;
	}
	if (--cgroup->container->alive == 0)
		cgroup->container->dead_since_ns = now_ns ?: 1;
}

static void expire_cgroups(struct model *model, uint64_t now_ns)
{
	struct cgroup **link = &model->removed, *cgroup;

	while ((cgroup = *link)) {
		if (cgroup->references || cgroup->group || cgroup->is_running ||
		    now_ns - cgroup->removed_ns < model->limits.grace_ns) {
			link = &cgroup->next_removed;
			continue;
		}
		*link = cgroup->next_removed;
		cgroup_give_scheduled(cgroup);
		cgroup_leave(cgroup, now_ns);
		model->instance_changes++;
		HASH_DEL(model->cgroups, cgroup);
		cgroup_free(cgroup);
	}
}

static void expire_containers(struct model *model, uint64_t now_ns)
{
	struct container *container, *next;

	if (!model->dead_containers && model->expired_changes == model->instance_changes)
		return;
	model->expired_changes = model->instance_changes;
	model->dead_containers = 0;
	HASH_ITER(hh, model->containers, container, next) {
		if (container->alive || !container->dead_since_ns)
			continue;
		if (container->instances || now_ns - container->dead_since_ns < model->limits.grace_ns ||
		    container_is_held(container)) {
			model->dead_containers++;
			continue;
		}
		if (container == model->unknown)
			model->unknown = NULL;
		if (container == model->other)
			model->other = NULL;
		network_forget(model, container);
		connection_forget(model, container);
		model->program_count -= HASH_COUNT(container->programs);
		HASH_DEL(model->containers, container);
		container_free(container);
		model->evicted_containers++;
	}
}

void model_expire(struct model *model, uint64_t now_ns)
{
	program_expire_processes(model, now_ns);
	expire_cgroups(model, now_ns);
	expire_containers(model, now_ns);
	network_expire(model, now_ns);
	connection_expire(model, now_ns);
}
