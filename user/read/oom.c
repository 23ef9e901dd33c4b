/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "read/oom.h"

/* NULL: nobody's. */
static struct program *find_program(struct oom_victim *victim, const struct thread_owner *owner)
{
	struct cgroup *cgroup;

	if (!victim->cgroup_id)
		return NULL;
	cgroup = model_cgroup_find(owner->model, victim->cgroup_id);
	if (!cgroup)
		cgroup = owner->find_cgroup(owner->context, victim->cgroup_id, victim->tgid);
	return cgroup ? model_program_get(owner->model, cgroup->container, victim->name, false, owner->now_ns,
					  owner->realtime_ns) :
			NULL;
}

void oom_pass(struct oom *oom, const struct oom_log *log, const struct thread_owner *owner)
{
	uint64_t written = __atomic_load_n(&log->written, __ATOMIC_ACQUIRE);

	for (; oom->read < written; oom->read++) {
		bool is_whole = false;
		struct oom_victim victim = log->victim[oom->read % OOM_VICTIMS];
		struct program *program = NULL;

		victim.name[sizeof(victim.name) - 1] = '\0';
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		/* the next to be written may be half written already */
		if (__atomic_load_n(&log->written, __ATOMIC_RELAXED) - oom->read < OOM_VICTIMS) {
			program = find_program(&victim, owner);
			is_whole = true;
		}
		oom->lost += !program;
		model_count(owner->model, program, V_OOM_KILLS, 1);
		if (is_whole && owner->on_victim)
			owner->on_victim(owner->context, &victim, program);
	}
}
