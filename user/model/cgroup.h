/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cgroups as instances of containers: the inside of model.h. */
#include "model/model.h"

/* Makes the cgroup an instance of the container. */
void cgroup_join(struct cgroup *cgroup, struct container *container);
/* Takes it out again; the container is dead from `now_ns` on when that was its last living instance. */
void cgroup_leave(struct cgroup *cgroup, uint64_t now_ns);
/* It is about to end: what its threads grew by goes on with the cgroup above it that is shown, in the same container. */
void cgroup_give_scheduled(const struct cgroup *cgroup);
void cgroup_free(struct cgroup *cgroup);
