/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "lib/histogram.bpf.h"

/* What is kept per cgroup. Any CPU may add, so adds are atomic; they are rare (waits past 30 us, sampled calls). */

static __always_inline struct cpu_state *cpu_current(__u32 *ret_number)
{
	__u32 number = bpf_get_smp_processor_id();

	*ret_number = number;
	return bpf_map_lookup_elem(&cpus, &number);
}

static __always_inline struct cgroup *task_cgroup(struct task_struct *task)
{
	__u64 hierarchy;

	return cset_cgroup(BPF_CORE_READ(task, cgroups), &hierarchy);
}

#define CROWD_LEVELS 32 /* that are looked at upwards; nobody but who hides is further down */

/*
 * Is it in a container that has its share of all groups? The reader says which do: none, on most machines. `address` is that of a
 * struct cgroup. A global function of numbers is verified once (since 5.6), not on each path of each program that may come here:
 * so much would be refused by 6.1.
 */
__noinline int group_is_crowded(__u64 address, __u64 hierarchy)
{
	struct cgroup *cgroup = (struct cgroup *)address;
	__u32 zero = 0;
	const struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	if (!control || !control->crowd[0])
		return 0;
	for (__u32 level = 0; level < CROWD_LEVELS && cgroup; level++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id) | hierarchy;

		for (__u32 i = 0; i < CROWDS; i++)
			if (control->crowd[i] == id)
				return 1;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return cgroup != NULL;
}

/* Group of a cgroup, made at first sight; 0 when none is free or its container has enough (counted). Runs with interrupts off or in
 * process context. */
static __noinline __u32 group_get(struct cpu_state *cpu, __u64 cgroup_id, struct cgroup *cgroup)
{
	__u32 *found = bpf_map_lookup_elem(&group_by_cgroup, &cgroup_id);
	struct group *group;
	__u32 number = 0;

	if (found)
		return *found;
	if (group_is_crowded((__u64)cgroup, cgroup_id & CGROUP_V1)) {
		cpu->crowded++;
		return 0;
	}
	if (bpf_map_pop_elem(&free_groups, &number)) {
		cpu->no_group++;
		return 0;
	}
	group = bpf_map_lookup_elem(&groups, &number);
	if (!group)
		return 0;
	group->cgroup_id = cgroup_id;
	barrier();
	group->state = GROUP_LIVE;
	if (bpf_map_update_elem(&group_by_cgroup, &cgroup_id, &number, BPF_NOEXIST) == 0)
		return number;
	/* another CPU was first, or the table is full */
	group->state = GROUP_FREE;
	group->cgroup_id = 0;
	bpf_map_push_elem(&free_groups, &number, 0);
	found = bpf_map_lookup_elem(&group_by_cgroup, &cgroup_id);
	if (found)
		return *found;
	cpu->no_group++;
	return 0;
}

static __always_inline void group_observe_runqueue(__u32 number, __u64 wait_ns)
{
	struct group *group;
	__u32 bucket;

	/* shorter waits are the rest of the count, which the task itself keeps */
	if (wait_ns <= cfg.histogram_bound_ns[(RUNQUEUE_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4])
		return;
	group = bpf_map_lookup_elem(&groups, &number);
	bucket = histogram_bucket(&cfg, wait_ns);
	if (group && bucket < HISTOGRAM_BUCKETS)
		__sync_fetch_and_add(&group->runqueue[bucket], 1);
}

static __always_inline void group_observe_latency(__u32 number, __u32 class, __u64 latency_ns)
{
	struct group_latency *latency = bpf_map_lookup_elem(&latencies, &number);
	__u32 bucket = histogram_bucket(&cfg, latency_ns);

	if (!latency || class >= DIMENSION_WIDTH(class) || bucket >= HISTOGRAM_BUCKETS)
		return;
	__sync_fetch_and_add(&latency->class[class].bucket[bucket], 1);
	__sync_fetch_and_add(&latency->class[class].sum_ns, latency_ns);
}
