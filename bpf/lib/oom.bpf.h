/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Victims of the OOM killer, into a log that the reader maps, and as a notice. */
#include "lib/record.bpf.h"

#define OOM_LEVELS 16   /* cgroups above the victim's that are asked for a limit */
#define OOM_LOOK_BACK 8 /* victims that another thread of the same process may be among */

/* The nearest memory limit at or above the task's cgroup, 0 when there is none. Limits are counted in pages, in
 * page_counter.max since commit bbec2e15170a, 4.18. */
static __always_inline __u64 oom_limit(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	if (!cfg.memory_controller)
		return 0;
	bpf_probe_read_kernel(&css, sizeof(css), &set->subsys[cfg.memory_controller & 15]);
	for (int i = 0; i < OOM_LEVELS && css; i++) {
		/* `css` is the first member */
		__u64 pages = BPF_CORE_READ((struct mem_cgroup *)css, memory.max);

		if (pages < (~0ULL >> 1) / PAGE_BYTES)
			return pages * PAGE_BYTES;
		css = BPF_CORE_READ(css, parent);
	}
	return 0;
}

static __always_inline void oom_notify(const struct oom_victim *victim)
{
	struct event_oom_kill event = {};
	__u32 type = EVENT_OOM_KILL;
	__u64 *drops;

	event.header.type = type;
	event.header.size = sizeof(event);
	event.header.cpu = bpf_get_smp_processor_id();
	event.header.time_ns = bpf_ktime_get_ns();
	event.victim = *victim;
	if (!bpf_ringbuf_output(&events, &event, sizeof(event), 0))
		return;
	drops = bpf_map_lookup_elem(&event_drops, &type);
	if (drops)
		__sync_fetch_and_add(drops, 1);
}

/* Threads of a process that dies are marked too when they find no memory themselves (out_of_memory(), task_will_free_mem()): it dies
 * once. */
static __always_inline bool oom_was_told(const struct oom_log *log, const struct oom_victim *victim)
{
	for (__u32 i = 1; victim->tgid && i <= OOM_LOOK_BACK; i++) {
		const struct oom_victim *earlier = &log->victim[(log->written - i) % OOM_VICTIMS];

		if (earlier->tgid == victim->tgid && earlier->pid != victim->pid)
			return true;
	}
	return false;
}

/* `task` may be NULL: then its record knows it. */
static __always_inline void oom_log_victim(__u32 pid, struct task_struct *task)
{
	__u32 zero = 0, slot = slot_find(pid);
	struct oom_log *log = bpf_map_lookup_elem(&oom_log, &zero);
	struct record *record = slot ? record_at(slot) : NULL;
	struct record_name *name = record ? bpf_map_lookup_elem(&names, &slot) : NULL;
	struct oom_victim victim = { .pid = pid };
	__u64 index;

	if (!log)
		return;
	if (!task && record)
		task = (struct task_struct *)record->task;
	if (task) {
		victim.tgid = BPF_CORE_READ(task, tgid);
		if (oom_was_told(log, &victim))
			return;
		victim.cgroup_id = task_cgroup_id(task);
		victim.limit_bytes = oom_limit(task);
	}
	if (name)
		bpf_probe_read_kernel_str(victim.name, sizeof(victim.name), name->name);
	else if (task)
		bpf_probe_read_kernel_str(victim.name, sizeof(victim.name), task->comm);
	index = log->written;
	log->victim[index % OOM_VICTIMS] = victim;
	barrier();
	*(volatile __u64 *)&log->written = index + 1;
	oom_notify(&victim);
}
