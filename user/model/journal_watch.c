/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/time.h"
#include "model/journal_watch.h"

#define NAMED_NS (3 * NS_PER_S) /* runtimes tell a name within so long, or late */

static void tell(struct model *model, const struct cgroup *cgroup, struct journal_entry *entry)
{
	entry->namespace = cgroup->container->namespace;
	entry->pod = cgroup->container->pod;
	entry->container = cgroup->container->name;
	journal_add(model->journal, entry);
}

/* The same container's cgroup of the other hierarchy, on hybrid hosts. */
static bool has_twin(const struct cgroup *cgroup)
{
	for (const struct cgroup *other = cgroup->container->instances; other; other = other->next_instance)
		if (other != cgroup && !other->removed && strcmp(other->path, cgroup->path) == 0)
			return true;
	return false;
}

static void tell_start(struct model *model, struct cgroup *cgroup)
{
	struct journal_entry entry = { .type = JOURNAL_container_start,
				       .realtime_ns = cgroup->untold_start_ns };

	cgroup->untold_start_ns = 0;
	/* of a pod its containers are told */
	if (!cgroup->details || !cgroup->details->is_sandbox)
		tell(model, cgroup, &entry);
}

void journal_watch_start(struct model *model, struct cgroup *cgroup)
{
	if (!cgroup->identity || cgroup->identity->kind != IDENTITY_CONTAINER || has_twin(cgroup))
		return;
	cgroup->untold_start_ns = journal_time(model->journal);
	if (model->untold_start_count == MODEL_UNTOLD_STARTS)
		tell_start(model, cgroup);
	else
		model->untold_starts[model->untold_start_count++] = cgroup->id;
}

void journal_watch_end(struct model *model, struct cgroup *cgroup)
{
	struct journal_entry entry = { .type = JOURNAL_container_end };

	if (!cgroup->identity || cgroup->identity->kind != IDENTITY_CONTAINER || has_twin(cgroup) ||
	    (cgroup->details && cgroup->details->is_sandbox))
		return;
	if (cgroup->untold_start_ns)
		tell_start(model, cgroup);
	tell(model, cgroup, &entry);
}

void journal_watch_tick(struct model *model)
{
	uint64_t now_ns = journal_time(model->journal);
	unsigned int left = 0;

	for (unsigned int i = 0; i < model->untold_start_count; i++) {
		struct cgroup *cgroup = model_cgroup_find(model, model->untold_starts[i]);

		if (!cgroup || !cgroup->untold_start_ns)
			continue;
		if (cgroup->details || now_ns - cgroup->untold_start_ns >= NAMED_NS)
			tell_start(model, cgroup);
		else
			model->untold_starts[left++] = cgroup->id;
	}
	model->untold_start_count = left;
}

/* ---- files ---- */

static uint64_t grow(const struct instance *instance, enum instance_value value, bool is_known,
		     uint64_t *last)
{
	uint64_t total = instance->value[value], growth;

	if (!instance->has[value])
		return 0;
	growth = is_known && total > *last ? total - *last : 0;
	*last = total;
	return growth;
}

/* Told once, however often it is hit, until it was not for a while. */
static void watch_limit(struct model *model, const struct cgroup *cgroup, const char *text,
			enum instance_value limit, uint64_t count, uint64_t now_ns, uint64_t *last_ns)
{
	struct journal_entry entry = { .type = JOURNAL_limit,
				       .text = text,
				       .number = { count, cgroup->instance->value[limit] } };

	if (!count)
		return;
	if (!*last_ns || now_ns - *last_ns >= JOURNAL_WATCH_NS)
		tell(model, cgroup, &entry);
	*last_ns = now_ns;
}

static void watch_throttling(struct model *model, const struct cgroup *cgroup, uint64_t throttled,
			     uint64_t periods, uint64_t now_ns)
{
	struct instance_watch *watch = &cgroup->instance->watch;
	struct journal_entry entry = {
		.type = JOURNAL_throttled,
		.number = { throttled > 0, periods ? (double)throttled / periods : 0 },
	};

	if (throttled)
		watch->throttled_ns = now_ns;
	if (throttled ? watch->is_throttled :
			!watch->is_throttled || now_ns - watch->throttled_ns < JOURNAL_WATCH_NS)
		return;
	watch->is_throttled = throttled;
	tell(model, cgroup, &entry);
}

void journal_watch_files(struct model *model, const struct cgroup *cgroup, bool is_born, uint64_t now_ns)
{
	struct instance *instance = cgroup->instance;
	struct instance_watch *watch = &instance->watch;
	bool is_known = watch->is_read || is_born;
	uint64_t throttled, periods;

	watch->is_read = true;
	throttled = grow(instance, INSTANCE_CPU_THROTTLED_PERIODS, is_known, &watch->throttled);
	periods = grow(instance, INSTANCE_CPU_PERIODS, is_known, &watch->periods);
	watch_throttling(model, cgroup, throttled, periods, now_ns);
	watch_limit(model, cgroup, "memory", INSTANCE_MEMORY_LIMIT,
		    grow(instance, INSTANCE_MEMORY_FAILURES, is_known, &watch->memory_failures), now_ns,
		    &watch->memory_ns);
	watch_limit(model, cgroup, "processes", INSTANCE_THREADS_LIMIT,
		    grow(instance, INSTANCE_THREADS_REFUSED, is_known, &watch->threads_refused), now_ns,
		    &watch->threads_ns);
}
