/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* System calls of the containers that are looked at. All adds are atomic: threads of a container run on all CPUs. */
#include "lib/call_end.bpf.h"

#define FOCUS_ADD(cell) __sync_fetch_and_add(&(cell), 1)

static __always_inline __u32 focus_of_cgroup(const struct focus_list *list, __u64 cgroup_id)
{
	for (__u32 i = 0; i < FOCUS_CGROUPS; i++) {
		if (!list->cgroup_id[i])
			break;
		if (list->cgroup_id[i] == cgroup_id)
			return list->focus[i];
	}
	return FOCUS_UNDECIDED;
}

/* A cgroup that was made since the daemon last looked belongs to the nearest one above that it told of. */
static __noinline __u32 focus_decide(struct group *group, struct task_struct *task)
{
	__u32 zero = 0, focus = FOCUS_UNDECIDED;
	const struct focus_list *list = bpf_map_lookup_elem(&focus_lists, &zero);
	__u64 hierarchy = 0;
	struct cgroup *cgroup = cset_cgroup(BPF_CORE_READ(task, cgroups), &hierarchy);

	if (!list)
		return FOCUS_NONE;
	for (__u32 level = 0; level < FOCUS_LEVELS && cgroup && !focus; level++) {
		focus = focus_of_cgroup(list, BPF_CORE_READ(cgroup, kn, id) | hierarchy);
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	if (!focus)
		focus = FOCUS_NONE;
	group->focus = focus;
	return focus;
}

/* What the current thread counts for, or NULL. Found by its pid: it must be right in profile light and preemptibly too. */
static __always_inline struct focus_counts *focus_current(__u32 pid, struct task_struct *task)
{
	struct record *record = record_at(slot_find(pid));
	struct group *group;
	__u32 number, focus;

	if (!record || record->task != (__u64)task)
		return NULL;
	number = record->group;
	group = number ? bpf_map_lookup_elem(&groups, &number) : NULL;
	if (!group)
		return NULL;
	focus = *(volatile __u32 *)&group->focus;
	if (focus == FOCUS_UNDECIDED)
		focus = focus_decide(group, task);
	if (focus < FOCUS_FIRST)
		return NULL;
	focus -= FOCUS_FIRST;
	return bpf_map_lookup_elem(&focuses, &focus);
}

static __always_inline bool focus_is_compat(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_info.status) & THREAD_COMPAT_BIT;
}

static __always_inline void on_focus_enter(__u64 call)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = (__u32)bpf_get_current_pid_tgid(), key = pid % FOCUS_CELLS;
	struct focus_counts *counts = focus_current(pid, task);
	__u64 *cell;

	if (!counts)
		return;
	/* these never return */
	if ((call == CALL_EXIT || call == CALL_EXIT_GROUP) && !focus_is_compat(task)) {
		FOCUS_ADD(counts->calls[call & (SYSCALL_NUMBERS - 1)]);
		return;
	}
	cell = bpf_map_lookup_elem(&focus_cells, &key);
	if (cell)
		*(volatile __u64 *)cell = (__u64)pid << FOCUS_TIME_BITS |
					  (bpf_ktime_get_ns() & FOCUS_TIME_MASK);
}

static __always_inline void focus_observe(struct focus_counts *counts, __u32 pid, __u32 call)
{
	__u32 key = pid % FOCUS_CELLS, bucket;
	__u64 *cell = bpf_map_lookup_elem(&focus_cells, &key), entry;

	if (!cell)
		return;
	entry = *(volatile __u64 *)cell;
	if (entry >> FOCUS_TIME_BITS != pid) {
		FOCUS_ADD(counts->untimed);
		return;
	}
	*(volatile __u64 *)cell = 0;
	bucket = (histogram_bucket(&cfg, (bpf_ktime_get_ns() - entry) & FOCUS_TIME_MASK) + 1) / 2;
	bucket += call * FOCUS_BUCKETS;
	barrier_var(bucket);
	if (bucket < SYSCALL_NUMBERS * FOCUS_BUCKETS)
		FOCUS_ADD(counts->latency[bucket]);
}

/* The same rules as on_call_exit(). */
static __always_inline void on_focus_exit(__u64 call, long result)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = (__u32)bpf_get_current_pid_tgid(), error;
	struct focus_counts *counts = focus_current(pid, task);
	bool compat;

	if (!counts)
		return;
	compat = focus_is_compat(task);
	error = call_end_error(result);
	if (error == ERRNO_RESTART_ALWAYS)
		return;
	if (result == 0 && !compat && CALL_IS_CLONE(call))
		return; /* of a child */
	if (call == -1ULL) {
		call = CALL_RT_SIGRETURN;
		error = 0;
	}
	call = call_end_number(call, compat);
	FOCUS_ADD(counts->calls[call]);
	focus_observe(counts, pid, call);
	if (!error)
		return;
	FOCUS_ADD(counts->errors[call]);
	error = call_end_error_cell(error);
	if (error < ERRNO_NUMBERS)
		FOCUS_ADD(counts->errors_by_number[error]);
}
