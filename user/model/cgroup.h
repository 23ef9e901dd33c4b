/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cgroups as instances of containers: the inside of model.h. */
#include "model/model.h"

/* Makes the cgroup an instance of the container. */
void cgroup_join(struct cgroup *cgroup, struct container *container);
/* Takes it out again; the container is dead from `now_ns` on when that was its last living instance. */
void cgroup_leave(struct cgroup *cgroup, uint64_t now_ns);
void cgroup_free(struct cgroup *cgroup);
