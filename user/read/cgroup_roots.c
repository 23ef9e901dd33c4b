/* SPDX-License-Identifier: Apache-2.0 */
#include "read/cgroup_roots.h"

#include <string.h>

#include "record.h"

bool cgroup_roots_is_below(const struct cgroup *cgroup, const struct cgroup *above)
{
	size_t size = strlen(above->path);

	return ((cgroup->id ^ above->id) & CGROUP_V1) == 0 && strncmp(cgroup->path, above->path, size) == 0 &&
	       cgroup->path[size] == '/';
}

/* Of many: a container may make any number of cgroups below its own, so they are not compared each with each. */
static void add_root(struct cgroup_roots *roots, const struct cgroup *cgroup)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < roots->count; i++) {
		if (cgroup_roots_is_below(cgroup, roots->cgroup[i]))
			return;
	}
	for (uint32_t i = 0; i < roots->count; i++) {
		if (!cgroup_roots_is_below(roots->cgroup[i], cgroup))
			roots->cgroup[kept++] = roots->cgroup[i];
	}
	if (kept < CGROUP_ROOTS)
		roots->cgroup[kept++] = cgroup;
	roots->count = kept;
}

void cgroup_roots_find(const struct container *container, struct cgroup_roots *ret_roots)
{
	ret_roots->count = 0;
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		if (!cgroup->removed && cgroup->identity &&
		    (cgroup->identity->kind == IDENTITY_CONTAINER || cgroup->identity->kind == IDENTITY_UNIT))
			add_root(ret_roots, cgroup);
	}
}
