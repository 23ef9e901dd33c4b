/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cgroups that stand for all that is below them, as the kernel side finds out by looking upwards. */
#include "model/model.h"

#define CGROUP_ROOTS 32

/* Of one container, alive, none below another; those past CGROUP_ROOTS are left out. */
struct cgroup_roots {
	const struct cgroup *cgroup[CGROUP_ROOTS];
	uint32_t count;
};

/* Only of containers and units: in a slice or an unknown layout each folder stands for itself. */
void cgroup_roots_find(const struct container *container, struct cgroup_roots *ret_roots);
/* Whether it lies below `above`, by its path and in the same hierarchy. */
bool cgroup_roots_is_below(const struct cgroup *cgroup, const struct cgroup *above);
