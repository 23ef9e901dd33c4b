/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cgroups that ran since the last pass over what the kernel keeps per cgroup: model->running. That pass empties the list. */
#include "model/model.h"

/* What the kernel counts for it is to be looked at. */
static inline void running_add(struct model *model, struct cgroup *cgroup)
{
	if (cgroup->is_running)
		return;
	cgroup->is_running = true;
	cgroup->next_running = model->running;
	model->running = cgroup;
}

/* A thread of it ran. */
static inline void running_note(struct model *model, struct cgroup *cgroup)
{
	cgroup->activity++;
	running_add(model, cgroup);
}

/* It is known where the kernel counts for it. */
static inline void running_set_group(struct model *model, struct cgroup *cgroup, uint32_t group)
{
	if (cgroup->group == group)
		return;
	cgroup->group = group;
	running_add(model, cgroup);
}

/* The next one, taken from the list; NULL at its end. */
static inline struct cgroup *running_take(struct model *model)
{
	struct cgroup *cgroup = model->running;

	if (!cgroup)
		return NULL;
	model->running = cgroup->next_running;
	cgroup->is_running = false;
	return cgroup;
}
