/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Resident memory of processes, as rows for whoever reads the iterator. */
#include "lib/compat_memory.bpf.h"
#include "lib/task.bpf.h"
#include "resident_record.h"

#define CPUS_MAX 1024

/* CPU -> where its share of all per-CPU memory begins, once it was asked for. Not shared. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cpu_shares SEC(".maps");

/* A pointer to per-CPU memory is the distance from there. The kernel's own symbol for it is hidden by many; this array knows its
 * distance, and its address on each CPU. */
static __always_inline __u64 cpu_share(__u32 cpu)
{
	struct bpf_array *array = bpf_rdonly_cast(&cpu_shares, bpf_core_type_id_kernel(struct bpf_array));
	__u32 zero = 0;
	__u64 *share = bpf_map_lookup_percpu_elem(&cpu_shares, &zero, cpu), address = 0;

	if (!share)
		return 0;
	if (!*share) {
		/* for the verifier a number, no pointer any more */
		bpf_probe_read_kernel(&address, sizeof(address), &share);
		*share = address - (__u64)BPF_CORE_READ(array, pptrs[0]);
	}
	return *share;
}

/*
 * Pages that the CPUs have not passed on yet. The kinds' numbers lie side by side since commit c439d5e8a0c6
 * (percpu_counter_init_many()), 6.6; from 6.2 to 6.5 they are left out: up to 32 pages a CPU and kind.
 */
static __always_inline __s64 mm_unsettled_pages(struct mm_struct *mm)
{
	__u64 counters = (__u64)mm->rss_stat[MM_FILEPAGES].counters, share;
	__s64 pages = 0;
	__s32 kind[4];

	if ((__u64)mm->rss_stat[MM_SHMEMPAGES].counters != counters + sizeof(kind[0]) * MM_SHMEMPAGES)
		return 0;
	for (__u32 cpu = 0; cpu < CPUS_MAX && cpu < cfg.cpus; cpu++) {
		share = cpu_share(cpu);
		if (share && !bpf_probe_read_kernel(kind, sizeof(kind), (void *)(share + counters)))
			pages += kind[MM_FILEPAGES] + kind[MM_ANONPAGES] + kind[MM_SHMEMPAGES];
	}
	return pages;
}

static __always_inline __u64 mm_resident_bytes(struct mm_struct *mm)
{
	__s64 pages = mm_settled_pages(mm);

	if (mm_counts_by_cpu() && cfg.has_rdonly_cast)
		pages += mm_unsettled_pages(mm);
	return pages > 0 ? pages * PAGE_BYTES : 0;
}

/* A process is told by its first thread, or, when that has ended and left the memory to others, by each of them. */
static __always_inline bool resident_tell(struct task_struct *task, struct resident_row *row)
{
	struct mm_struct *mm;

	if (task->flags & PF_KTHREAD_BIT)
		return false;
	mm = task->mm;
	if (!mm || (task->pid != task->tgid && task->group_leader->mm))
		return false;
	row->tgid = task->tgid;
	row->start_ns = task_start_ns(task->group_leader);
	row->bytes = mm_resident_bytes(mm);
	return true;
}
