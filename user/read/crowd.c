/* SPDX-License-Identifier: Apache-2.0 */
#include "read/crowd.h"

#include "read/cgroup_roots.h"

static void count_groups(const struct table *table, struct model *model)
{
	for (struct container *container = model->containers; container; container = container->hh.next)
		container->groups = 0;
	for (struct cgroup *cgroup = model->cgroups; cgroup; cgroup = cgroup->hh.next)
		if (cgroup->group && cgroup->group < table->group_count)
			cgroup->container->groups++;
}

void crowd_pass(const struct table *table, struct model *model, uint64_t groups)
{
	uint64_t share = table->group_count / GROUP_SHARE, list[CROWDS] = { 0 };
	unsigned int count = 0;

	if (groups >= share)
		count_groups(table, model);
	for (struct container *container = model->containers; container && groups >= share;
	     container = container->hh.next) {
		struct cgroup_roots roots;

		if (container->groups < share || container == model->other)
			continue;
		cgroup_roots_find(container, &roots);
		for (uint32_t i = 0; i < roots.count && count < CROWDS; i++)
			list[count++] = roots.cgroup[i]->id;
	}
	for (unsigned int i = 0; i < CROWDS; i++)
		__atomic_store_n(&table->control->crowd[i], list[i], __ATOMIC_RELAXED);
}
