/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "model/cgroup.h"

void cgroup_join(struct cgroup *cgroup, struct container *container)
{
	cgroup->container = container;
	cgroup->next_instance = container->instances;
	cgroup->instance_link = &container->instances;
	if (container->instances)
		container->instances->instance_link = &cgroup->next_instance;
	container->instances = cgroup;
	container->instance_count++;
	container->has_old_gauges = true;
	if (!cgroup->removed) {
		container->alive++;
		container->dead_since_ns = 0;
	} else if (!container->alive && !container->dead_since_ns) {
		container->dead_since_ns = cgroup->removed_ns ?: 1;
	}
}

void cgroup_leave(struct cgroup *cgroup, uint64_t now_ns)
{
	struct container *container = cgroup->container;

	*cgroup->instance_link = cgroup->next_instance;
	if (cgroup->next_instance)
		cgroup->next_instance->instance_link = cgroup->instance_link;
	container->instance_count--;
	container->has_old_gauges = true;
	container->value[V_TCP_CONNECTIONS] = 0; /* summed anew by the next pass */
	if (!cgroup->removed && --container->alive == 0)
		container->dead_since_ns = now_ns ?: 1;
}

void cgroup_free(struct cgroup *cgroup)
{
	if (!cgroup)
		return;
	free(cgroup->identity);
	details_free(cgroup->details);
	instance_free(cgroup->instance);
	free(cgroup->path);
	free(cgroup);
}

struct instance *model_cgroup_instance(struct cgroup *cgroup)
{
	if (!cgroup->instance)
		cgroup->instance = calloc(1, sizeof(*cgroup->instance));
	return cgroup->instance;
}

static bool is_below(const char *path, const char *above)
{
	size_t size = strlen(above);

	return strncmp(path, above, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

void model_cgroup_scheduled(const struct cgroup *cgroup, uint64_t ret_value[SCHEDULED_VALUES])
{
	const struct cgroup *other;

	memset(ret_value, 0, SCHEDULED_VALUES * sizeof(*ret_value));
	for (other = cgroup->container->instances; other; other = other->next_instance)
		for (unsigned int i = 0; is_below(other->path, cgroup->path) && i < SCHEDULED_VALUES; i++)
			ret_value[i] += other->scheduled[i];
}

void cgroup_give_scheduled(const struct cgroup *cgroup)
{
	static const uint64_t nothing[SCHEDULED_VALUES];
	struct cgroup *other;

	if (memcmp(cgroup->scheduled, nothing, sizeof(nothing)) == 0)
		return;
	for (other = cgroup->container->instances; other; other = other->next_instance) {
		if (other == cgroup || !other->instance || !is_below(cgroup->path, other->path))
			continue;
		for (unsigned int i = 0; i < SCHEDULED_VALUES; i++)
			other->scheduled[i] += cgroup->scheduled[i];
		return;
	}
}

struct cgroup *model_parent_add(struct model *model, const char *path, const struct identity *identity)
{
	struct cgroup *parent = calloc(1, sizeof(*parent));

	if (!parent)
		return NULL;
	parent->path = strdup(path);
	parent->identity = malloc(sizeof(*identity));
	if (!parent->path || !parent->identity || !model_cgroup_instance(parent)) {
		cgroup_free(parent);
		return NULL;
	}
	*parent->identity = *identity;
	parent->next_instance = model->parents;
	model->parents = parent;
	return parent;
}

void model_parent_remove(struct model *model, struct cgroup *parent)
{
	for (struct cgroup **link = &model->parents; *link; link = &(*link)->next_instance)
		if (*link == parent) {
			*link = parent->next_instance;
			break;
		}
	cgroup_free(parent);
}
