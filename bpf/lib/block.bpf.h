/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Requests of the block layer as kernels from 5.10 on have them, and which cgroup one is for. By helpers only. */

/* Commit d152c682f03c, 5.15: the queue knows its disk; commit f3fa33acca9f, 5.17: the request does not any more. NULL for what is
 * for no disk (but for the controller of NVMe, say). */
struct request___before_5_17 {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

static __always_inline struct gendisk *request_disk(struct request *request)
{
	if (bpf_core_field_exists(((struct request_queue *)0)->disk))
		return BPF_CORE_READ(request, q, disk);
	return BPF_CORE_READ((struct request___before_5_17 *)request, rq_disk);
}

/* enum req_op, since 6.0 (before: enum req_opf and bits of req_flag_bits): numbers of what follows never changed. */
#define REQUEST_OPERATION_MASK 0xff
#define REQUEST_READ 0
#define REQUEST_WRITE 1
#define REQUEST_FLUSH 2

static __always_inline __u32 request_operation(struct request *request)
{
	switch (BPF_CORE_READ(request, cmd_flags) & REQUEST_OPERATION_MASK) {
	case REQUEST_READ:
		return VALUE_INDEX(operation, READ);
	case REQUEST_WRITE:
		return VALUE_INDEX(operation, WRITE);
	case REQUEST_FLUSH:
		return VALUE_INDEX(operation, FLUSH);
	}
	return VALUE_INDEX(operation, OTHER);
}

static __always_inline struct cgroup *cset_io_cgroup(struct css_set *set)
{
	struct cgroup_subsys_state *css = NULL;

	bpf_probe_read_kernel(&css, sizeof(css), &set->subsys[cfg.io_controller & 15]);
	return BPF_CORE_READ(css, cgroup);
}

/*
 * A cgroup of the blkio hierarchy of v1 as the one that its tasks are counted in: a task of both tells. All of a container are in
 * the same. The list is read without css_set_lock, so what it leads to is looked at twice. 0 when it has no task any more.
 */
static __always_inline __u64 io_cgroup_id(struct cgroup *cgroup)
{
	struct list_head *first = BPF_CORE_READ(cgroup, cset_links.next);
	struct cgrp_cset_link *link;
	struct css_set *set;

	if (!first || first == &cgroup->cset_links)
		return 0;
	link = (void *)first - bpf_core_field_offset(struct cgrp_cset_link, cset_link);
	set = BPF_CORE_READ(link, cset);
	return set && cset_io_cgroup(set) == cgroup ? cset_cgroup_id(set) : 0;
}

/*
 * The cgroup that the kernel charges a request to, as thread records name it, 0 when it is not known. Since 5.5 every bio refers
 * to the cgroup of the task that made it or, for writeback on v2, that owns the pages (struct bio.bi_blkg). `task` is the one
 * that issues it, or NULL: where it is charged to the same cgroup it is taken for its maker, which is exact also where cgroups
 * below have no `io` controller of their own. The root of v1 stands for the writeback of all cgroups: nobody's.
 */
static __always_inline __u64 request_owner(struct request *request, struct task_struct *task)
{
	struct css_set *set = task ? BPF_CORE_READ(task, cgroups) : NULL;
	bool is_kernel = task && BPF_CORE_READ(task, flags) & PF_KTHREAD_BIT;
	struct bio *bio = BPF_CORE_READ(request, bio);
	struct cgroup *cgroup = NULL;
	bool is_root;

	if (cfg.io_controller && bpf_core_field_exists(bio->bi_blkg))
		cgroup = BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup);
	if (!cgroup) /* a flush, or a kernel without blkio */
		return set && !is_kernel ? cset_cgroup_id(set) : 0;
	is_root = BPF_CORE_READ(cgroup, level) == 0;
	if (set && cset_io_cgroup(set) == cgroup && !(is_root && is_kernel && cfg.io_v1))
		return cset_cgroup_id(set);
	if (!cfg.io_v1 && !cfg.cgroup_v1)
		return BPF_CORE_READ(cgroup, kn, id);
	return is_root ? 0 : io_cgroup_id(cgroup);
}
