/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* A part of bpf_host.c: tasks, their processes and cgroups. */

#define DESCRIPTORS 16
#define CGROUPS 64

struct host_cgroup {
	__u64 id;
	struct css_set set;
	struct cgroup_subsys_state v1_css;
	struct cgroup v2, *v1; /* v1 ends with a flexible array, as v2 does */
	struct kernfs_node v2_node, v1_node;
};

struct host_process {
	__u32 threads;
	char name[256];
	struct signal_struct signal;
	struct mm_struct *mm;
	struct file exe;
	struct dentry dentry;
	struct files_struct files;
	struct fdtable table;
	struct file *descriptor[DESCRIPTORS];
	struct file file[DESCRIPTORS];
	struct inode inode[DESCRIPTORS];
	struct socket socket[DESCRIPTORS];
	struct tcp_sock sock[DESCRIPTORS];
	struct proto_ops ops[DESCRIPTORS];
};

struct host_task {
	struct task_struct task; /* first: one address for both */
	struct pt_regs regs;
	struct host_process *process;
};

static struct {
	__u32 cpu;
	__u64 now_ns;
	bool twins;
	struct host_task *idle[HOST_CPUS], *current[HOST_CPUS];
	struct host_cgroup *cgroup[CGROUPS];
} host;

static void *zeroed(size_t size)
{
	void *memory = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);

	if (!memory)
		abort();
	__builtin_memset(memory, 0, (size + LINE - 1) / LINE * LINE);
	return memory;
}

static struct host_cgroup *cgroup_get(__u64 id)
{
	struct host_cgroup *cgroup;
	__u32 i;

	for (i = 0; i < CGROUPS && host.cgroup[i]; i++)
		if (host.cgroup[i]->id == id)
			return host.cgroup[i];
	if (i == CGROUPS)
		abort();
	cgroup = host.cgroup[i] = zeroed(sizeof(*cgroup));
	cgroup->v1 = zeroed(sizeof(*cgroup->v1));
	cgroup->id = id;
	cgroup->v2_node.id = id & CGROUP_V1 ? 1 : id;
	cgroup->v2.kn = &cgroup->v2_node;
	cgroup->v1_node.id = id & CGROUP_V1 ? id & ~CGROUP_V1 : 1;
	cgroup->v1->kn = &cgroup->v1_node;
	cgroup->v1->level = id & CGROUP_V1 ? 1 : 0;
	cgroup->v1_css.cgroup = cgroup->v1;
	cgroup->set.dfl_cgrp = &cgroup->v2;
	cgroup->set.subsys[cfg.cgroup_controller & 15] = &cgroup->v1_css;
	return cgroup;
}

static void process_rename(struct host_process *process, const char *name)
{
	strncpy(process->name, name, sizeof(process->name) - 1);
}

static struct host_process *process_new(const char *name)
{
	struct host_process *process = zeroed(sizeof(*process));
	struct qstr string = { .name = (void *)process->name };

	process->mm = zeroed(sizeof(*process->mm));
	process_rename(process, name);
	process->mm->exe_file = &process->exe;
	*(struct dentry **)&process->exe.f_path.dentry = &process->dentry;
	__builtin_memcpy((void *)&process->dentry.d_name, &string, sizeof(string));
	process->files.fdt = &process->table;
	process->table.max_fds = DESCRIPTORS;
	process->table.fd = process->descriptor;
	for (__u32 i = 0; i < DESCRIPTORS; i++) {
		process->file[i].f_inode = &process->inode[i];
		process->file[i].private_data = &process->socket[i];
		process->socket[i].sk = (struct sock *)&process->sock[i];
		process->socket[i].ops = &process->ops[i];
	}
	return process;
}

struct host_task *host_task_new(struct host_task *leader, __u32 pid, __u64 start_ns, __u64 cgroup_id,
				const char *name)
{
	struct host_task *task = zeroed(sizeof(*task));
	struct host_process *process = leader ? leader->process : process_new(name);

	process->threads++;
	process->signal.live.counter++;
	task->process = process;
	task->task.pid = pid;
	task->task.tgid = leader ? leader->task.tgid : (int)pid;
	task->task.group_leader = leader ? &leader->task : &task->task;
	task->task.start_boottime = start_ns;
	task->task.signal = &process->signal;
	task->task.mm = process->mm;
	task->task.files = &process->files;
	task->task.cgroups = &cgroup_get(cgroup_id)->set;
	task->regs.orig_ax = -1ULL;
	strncpy(task->task.comm, name, sizeof(task->task.comm) - 1);
	return task;
}

void host_task_free(struct host_task *task)
{
	if (--task->process->threads == 0) {
		free(task->process->mm);
		free(task->process);
	}
	free(task);
}

__u64 host_task_address(const struct host_task *task)
{
	return (__u64)&task->task;
}

__u32 host_task_pid(const struct host_task *task)
{
	return task->task.pid;
}

void host_task_set(struct host_task *task, __u32 index, __u64 value)
{
	switch (index) {
#define TASK_VALUE(row, field)            \
	case row:                         \
		task->task.field = value; \
		return;
		TASK_VALUE_LIST
#undef TASK_VALUE
	}
	abort();
}

__u64 host_task_get(const struct host_task *task, __u32 index)
{
	switch (index) {
#define TASK_VALUE(row, field) \
	case row:              \
		return task->task.field;
		TASK_VALUE_LIST
#undef TASK_VALUE
	}
	abort();
	return 0;
}

void host_task_add(struct host_task *task, __u32 index, __u64 value)
{
	host_task_set(task, index, host_task_get(task, index) + value);
}

void host_task_set_state(struct host_task *task, __u32 state, bool in_iowait)
{
	task->task.__state = state;
	task->task.in_iowait = in_iowait;
}

void host_task_set_call(struct host_task *task, __u64 number, __u64 argument)
{
	task->regs.orig_ax = number;
	task->regs.di = argument;
}

void host_task_set_compat(struct host_task *task, bool compat)
{
	task->task.thread_info.status = compat ? THREAD_COMPAT_BIT : 0;
}

void host_task_set_kernel_thread(struct host_task *task)
{
	task->task.flags |= PF_KTHREAD_BIT;
	task->task.mm = NULL;
}

void host_task_set_descriptor(struct host_task *task, __u32 descriptor, __u32 mode)
{
	struct host_process *process = task->process;

	process->inode[descriptor].i_mode = mode;
	process->descriptor[descriptor] = mode ? &process->file[descriptor] : NULL;
}

static void sock_set(struct sock *sock, __u32 family, __u32 type, __u32 protocol)
{
	sock->__sk_common.skc_family = family;
	sock->sk_type = type;
	sock->sk_protocol = protocol;
}

void host_task_set_socket(struct host_task *task, __u32 descriptor, __u32 family, __u32 type, __u32 protocol,
			  bool splices)
{
	struct host_process *process = task->process;

	host_task_set_descriptor(task, descriptor, HOST_SOCKET);
	sock_set((struct sock *)&process->sock[descriptor], family, type, protocol);
	process->ops[descriptor].splice_read = splices ? (void *)1 : NULL;
}

void host_task_set_socket_sent(struct host_task *task, __u32 descriptor)
{
	task->process->sock[descriptor].write_seq = 1;
}

void host_task_set_arguments(struct host_task *task, __u64 second, __u64 third, __u64 fourth)
{
	task->regs.si = second;
	task->regs.dx = third;
	task->regs.r10 = fourth;
}

void host_task_set_cgroup(struct host_task *task, __u64 cgroup_id)
{
	task->task.cgroups = &cgroup_get(cgroup_id)->set;
}

void host_task_exec(struct host_task *task, const char *name)
{
	struct task_struct *leader = task->task.group_leader;

	if (leader != &task->task) { /* de_thread() and exchange_tids() of fs/exec.c and kernel/pid.c */
		int pid = task->task.pid;

		task->task.pid = leader->pid;
		leader->pid = pid;
		task->task.start_boottime = leader->start_boottime;
		task->task.group_leader = leader->group_leader = &task->task;
	}
	task->task.self_exec_id++;
	process_rename(task->process, name);
}

void host_task_set_in_exec(struct host_task *task, bool in_exec)
{
	task->task.in_execve = in_exec;
}

void host_task_exit(struct host_task *task, __s32 code, bool by_signal_or_exit_group)
{
	struct signal_struct *signal = task->task.signal;

	task->task.exit_code = code;
	if (by_signal_or_exit_group) {
		signal->flags |= SIGNAL_GROUP_EXIT_BIT;
		signal->group_exit_code = code;
	}
	signal->live.counter--;
	task->task.mm = NULL;
	host_task_set_state(task, HOST_DEAD, false);
}

void host_task_set_pages(struct host_task *task, __u64 files, __u64 anonymous, __u64 swapped, __u64 shared)
{
	struct mm_struct *mm = task->process->mm;

	mm->rss_stat[MM_FILEPAGES].count = files;
	mm->rss_stat[MM_ANONPAGES].count = anonymous;
	mm->rss_stat[MM_SWAPENTS].count = swapped;
	mm->rss_stat[MM_SHMEMPAGES].count = shared;
}
