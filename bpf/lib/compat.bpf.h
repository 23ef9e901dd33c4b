/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* All that differs between kernels (5.10 to 7.x) or architectures: one getter each, with the commit and version of the change. */

/* Commit 2f064a59a11f ("sched: Change task_struct::state"), 5.14: long state became unsigned int __state. */
struct task_struct___before_5_14 {
	long state;
} __attribute__((preserve_access_index));

static __always_inline __u32 task_state(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return ((struct task_struct___before_5_14 *)task)->state;
}

#define TASK_INTERRUPTIBLE_BIT 0x1
#define TASK_DEAD_BIT 0x80 /* include/linux/sched.h: same value since 4.x */
#define PF_KTHREAD_BIT 0x00200000
#define SIGNAL_GROUP_EXIT_BIT 0x4 /* include/linux/sched/signal.h */

/*
 * Saved user registers. bpf_task_pt_regs() since commit dd6e10fbd9fb, 5.15. Before, they lie at the top of the stack of
 * THREAD_SIZE 16 KiB (x86-64 without KASAN; FRED, which pads them, came with 6.9).
 */
#define STACK_SIZE_BEFORE_5_15 16384

struct task_call {
	__u64 number;
	__u64 argument; /* the first */
};

static __always_inline struct task_call task_call_now(struct task_struct *task)
{
	struct task_call call = { .number = -1ULL };

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

		call.number = regs->orig_ax;
		call.argument = regs->di;
	} else {
		void *top = (void *)BPF_CORE_READ(task, stack) + STACK_SIZE_BEFORE_5_15;
		struct pt_regs *regs = top - sizeof(struct pt_regs);

		bpf_probe_read_kernel(&call.number, sizeof(call.number), &regs->orig_ax);
		bpf_probe_read_kernel(&call.argument, sizeof(call.argument), &regs->di);
	}
	return call;
}

/* x86-64 numbers of what the shared code must know; classes.def has the rest. */
#define CALL_RT_SIGRETURN 15
#define CALL_CLONE 56
#define CALL_VFORK 58 /* 57 is fork */
#define CALL_EXIT 60
#define CALL_EXIT_GROUP 231
#define CALL_CLONE3 435
#define THREAD_COMPAT_BIT 2 /* TS_COMPAT in thread_info.status: the call came by the 32-bit entry */

/*
 * Cgroup of a task: on v1 and hybrid that of the v1 `cpu` hierarchy, and where that is the root, the v2 one. On a pure v1
 * system the v2 id is always 1. kernfs_node.id is a plain 64-bit number since commit 67c0496e87d1, 5.5.
 */
static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);

	if (cfg.cgroup_v1) {
		struct cgroup_subsys_state *css = NULL;
		struct cgroup *cgroup;

		bpf_probe_read_kernel(&css, sizeof(css), &set->subsys[cfg.cgroup_controller & 15]);
		cgroup = BPF_CORE_READ(css, cgroup);
		if (BPF_CORE_READ(cgroup, level) > 0)
			return BPF_CORE_READ(cgroup, kn, id) | CGROUP_V1;
	}
	return BPF_CORE_READ(set, dfl_cgrp, kn, id);
}

/* What a file descriptor of a task is. */
enum descriptor_kind { DESCRIPTOR_OTHER, DESCRIPTOR_FILE, DESCRIPTOR_SOCKET, DESCRIPTOR_PIPE };

static __always_inline enum descriptor_kind descriptor_kind_of_mode(__u32 mode)
{
	switch (mode >> 12) {
	case 8: /* S_IFREG */
		return DESCRIPTOR_FILE;
	case 12: /* S_IFSOCK */
		return DESCRIPTOR_SOCKET;
	case 1: /* S_IFIFO */
		return DESCRIPTOR_PIPE;
	}
	return DESCRIPTOR_OTHER;
}

/*
 * bpf_rdonly_cast() since commit a35b9af4ec2c, 6.2: plain loads, 3 to 7 ns; before, probe reads, 40 to 48 ns.
 * The verifier does not follow fdtable.fd, a pointer to pointers: its cells are read as the first member of a struct that
 * begins with a file pointer.
 */
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

static __always_inline enum descriptor_kind task_descriptor_kind_read(struct task_struct *task,
								      __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (descriptor >= BPF_CORE_READ(table, max_fds))
		return DESCRIPTOR_OTHER;
	bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	if (!file)
		return DESCRIPTOR_OTHER;
	return descriptor_kind_of_mode(BPF_CORE_READ(file, f_inode, i_mode));
}

static __always_inline enum descriptor_kind task_descriptor_kind(struct task_struct *task, __u32 descriptor)
{
	struct poll_table_entry *cell;
	struct files_struct *files;
	struct fdtable *table;
	struct file *file;

	if (!cfg.has_rdonly_cast)
		return task_descriptor_kind_read(task, descriptor);
	files = task->files;
	if (!files)
		return DESCRIPTOR_OTHER;
	table = files->fdt;
	if (descriptor >= table->max_fds)
		return DESCRIPTOR_OTHER;
	cell = bpf_rdonly_cast(table->fd + descriptor, bpf_core_type_id_kernel(struct poll_table_entry));
	file = cell->filp;
	if (!file)
		return DESCRIPTOR_OTHER;
	return descriptor_kind_of_mode(file->f_inode->i_mode);
}
