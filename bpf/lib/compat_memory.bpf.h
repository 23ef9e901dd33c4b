/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* compat.bpf.h for the memory of processes. */

/*
 * Pages of a process by kind (MM_FILEPAGES ...): atomic counters until commit f1a7941243c1 ("mm: convert mm's rss stats into
 * percpu_counter"), 6.2. From then on each CPU passes on what it has only from 32 pages, or twice the number of CPUs, up.
 */
struct mm_rss_stat___before_6_2 {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___before_6_2 {
	struct mm_rss_stat___before_6_2 rss_stat;
} __attribute__((preserve_access_index));

static __always_inline bool mm_counts_by_cpu(void)
{
	return !bpf_core_type_exists(struct mm_rss_stat___before_6_2) &&
	       bpf_core_field_exists(((struct percpu_counter *)0)->counters);
}

/* Files, anonymous and shared pages: what procfs shows as resident. `mm` is a pointer the verifier knows. */
static __always_inline __s64 mm_settled_pages(struct mm_struct *mm)
{
	struct mm_struct___before_6_2 *old = (void *)mm;

	if (bpf_core_type_exists(struct mm_rss_stat___before_6_2))
		return BPF_CORE_READ(old, rss_stat.count[MM_FILEPAGES].counter) +
		       BPF_CORE_READ(old, rss_stat.count[MM_ANONPAGES].counter) +
		       BPF_CORE_READ(old, rss_stat.count[MM_SHMEMPAGES].counter);
	return mm->rss_stat[MM_FILEPAGES].count + mm->rss_stat[MM_ANONPAGES].count +
	       mm->rss_stat[MM_SHMEMPAGES].count;
}
