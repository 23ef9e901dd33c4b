/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* All that differs between kernels (5.10 to 7.x) or architectures: one getter each, with the commit and version of the change.
 * Memory of processes: compat_memory.bpf.h; sockets: compat_socket.bpf.h; io_uring: compat_uring.bpf.h. */

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

/* Between the point of no return of exec and its tracepoint: then the hook is still to come. Named so since 2.6. */
static __always_inline bool task_is_in_exec(struct task_struct *task)
{
	return bpf_core_field_exists(task->in_execve) && BPF_CORE_READ_BITFIELD(task, in_execve);
}

#define PAGE_BYTES 4096 /* x86-64 */
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

struct call_arguments {
	__u64 first, second, third, fourth;
};

static __always_inline void call_arguments_of(const struct pt_regs *regs, struct call_arguments *arguments)
{
	arguments->first = regs->di;
	arguments->second = regs->si;
	arguments->third = regs->dx;
	arguments->fourth = regs->r10;
}

/* The same for a program that is not given the registers. */
static __always_inline void call_arguments_now(struct call_arguments *arguments)
{
	if (cfg.has_current_btf && bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		call_arguments_of((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), arguments);
	} else {
		void *top = (void *)BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), stack) +
			    STACK_SIZE_BEFORE_5_15;
		struct pt_regs *regs = top - sizeof(struct pt_regs);

		arguments->first = BPF_CORE_READ(regs, di);
		arguments->second = BPF_CORE_READ(regs, si);
		arguments->third = BPF_CORE_READ(regs, dx);
		arguments->fourth = BPF_CORE_READ(regs, r10);
	}
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
static __always_inline struct cgroup *cset_cgroup(struct css_set *set, __u64 *ret_hierarchy)
{
	if (cfg.cgroup_v1) {
		struct cgroup_subsys_state *css = NULL;
		struct cgroup *cgroup;

		bpf_probe_read_kernel(&css, sizeof(css), &set->subsys[cfg.cgroup_controller & 15]);
		cgroup = BPF_CORE_READ(css, cgroup);
		if (BPF_CORE_READ(cgroup, level) > 0) {
			*ret_hierarchy = CGROUP_V1;
			return cgroup;
		}
	}
	*ret_hierarchy = 0;
	return BPF_CORE_READ(set, dfl_cgrp);
}

static __always_inline __u64 cset_cgroup_id(struct css_set *set)
{
	__u64 hierarchy;
	struct cgroup *cgroup = cset_cgroup(set, &hierarchy);

	return BPF_CORE_READ(cgroup, kn, id) | hierarchy;
}

static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	return cset_cgroup_id(BPF_CORE_READ(task, cgroups));
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

static __always_inline struct file *task_file_read(struct task_struct *task, __u32 descriptor)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (descriptor < BPF_CORE_READ(table, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + descriptor);
	return file;
}

/* What a descriptor of a task stands for; NULL when it is not open. With the cast, `task` is a pointer the verifier knows. */
static __always_inline struct file *task_file(struct task_struct *task, __u32 descriptor)
{
	struct poll_table_entry *cell;
	struct files_struct *files;
	struct fdtable *table;

	if (!cfg.has_rdonly_cast)
		return task_file_read(task, descriptor);
	files = task->files;
	if (!files)
		return NULL;
	table = files->fdt;
	if (descriptor >= table->max_fds)
		return NULL;
	cell = bpf_rdonly_cast(table->fd + descriptor, bpf_core_type_id_kernel(struct poll_table_entry));
	return cell->filp;
}

static __always_inline struct task_struct *task_current(void)
{
	void *task = (void *)bpf_get_current_task();

	return cfg.has_rdonly_cast ? bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct)) :
				     task;
}

static __always_inline enum descriptor_kind file_kind_read(struct file *file)
{
	return file ? descriptor_kind_of_mode(BPF_CORE_READ(file, f_inode, i_mode)) : DESCRIPTOR_OTHER;
}

/* Of what task_file() gave. */
static __always_inline enum descriptor_kind file_kind(struct file *file)
{
	if (!cfg.has_rdonly_cast)
		return file_kind_read(file);
	return file ? descriptor_kind_of_mode(file->f_inode->i_mode) : DESCRIPTOR_OTHER;
}

#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define TYPE_RAW 3
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_UDPLITE 136
#define PROTOCOL_MPTCP 262
#define ERROR_NETWORK_UNREACHABLE 101
#define ERROR_HOST_UNREACHABLE 113

/* VALUE_INDEX(protocol, x) of a socket. */
static __always_inline __u32 protocol_of(__u32 family, __u32 type, __u32 protocol)
{
	if (family == FAMILY_UNIX)
		return VALUE_INDEX(protocol, UNIX);
	if ((family != FAMILY_INET && family != FAMILY_INET6) || type == TYPE_RAW)
		return VALUE_INDEX(protocol, OTHER);
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_MPTCP)
		return VALUE_INDEX(protocol, TCP);
	if (protocol == PROTOCOL_UDP || protocol == PROTOCOL_UDPLITE)
		return VALUE_INDEX(protocol, UDP);
	return VALUE_INDEX(protocol, OTHER);
}

/* The same for the file of a socket; sk_protocol is a plain field since commit bf9765145b85, 5.6. */
static __always_inline __u32 file_protocol_read(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sock = BPF_CORE_READ(socket, sk);

	return protocol_of(BPF_CORE_READ(sock, __sk_common.skc_family), BPF_CORE_READ(sock, sk_type),
			   BPF_CORE_READ(sock, sk_protocol));
}

/* Of what task_file() gave. */
static __always_inline __u32 file_protocol(struct file *file)
{
	struct socket *socket;
	struct sock *sock;

	if (!cfg.has_rdonly_cast)
		return file_protocol_read(file);
	socket = bpf_rdonly_cast(file->private_data, bpf_core_type_id_kernel(struct socket));
	sock = socket->sk;
	return protocol_of(sock->__sk_common.skc_family, sock->sk_type, sock->sk_protocol);
}

/* The protocol moves data into pipes itself; else the file system layer reads them from the socket. */
static __always_inline bool file_splices_itself(struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);

	return BPF_CORE_READ(socket, ops, splice_read);
}

#define FLAG_PEEK 0x2      /* MSG_PEEK: what stays in the socket is received by another call */
#define FLAG_ERRORS 0x2000 /* MSG_ERRQUEUE: gives back what was sent */
