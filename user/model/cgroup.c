/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "model/cgroup.h"

void cgroup_join(struct cgroup *cgroup, struct container *container)
{
	cgroup->container = container;
	cgroup->next_instance = container->instances;
	container->instances = cgroup;
	if (!cgroup->removed) {
		container->alive++;
		container->dead_since_ns = 0;
	}
}

void cgroup_leave(struct cgroup *cgroup, uint64_t now_ns)
{
	struct container *container = cgroup->container;

	for (struct cgroup **link = &container->instances; *link; link = &(*link)->next_instance)
		if (*link == cgroup) {
			*link = cgroup->next_instance;
			break;
		}
	if (!cgroup->removed && --container->alive == 0)
		container->dead_since_ns = now_ns ?: 1;
}

void cgroup_free(struct cgroup *cgroup)
{
	if (!cgroup)
		return;
	free(cgroup->identity);
	details_free(cgroup->details);
	free(cgroup->path);
	free(cgroup);
}
