/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See bpf_host.h. No header of libc can stand beside vmlinux.h, so what is needed of it is declared by hand. */
#define __bpf__ /* the shared headers then leave out <linux/types.h> */
#define BPF_NO_PRESERVE_ACCESS_INDEX
#pragma GCC diagnostic ignored "-Wshadow" /* BPF_CORE_READ inside BPF_CORE_READ */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "vmlinux.h"

#include "bpf_host_shim.h"

#define preserve_access_index
#define const /* the settings are read-only in the kernel only */
#include "lib/maps.bpf.h"
#undef const

#include "block.bpf.c"
#include "focus.bpf.c"
#include "memory.bpf.c"
#include "process.bpf.c"
#include "sched.bpf.c"
#include "socket.bpf.c"
#include "syscall.bpf.c"
#include "uring.bpf.c"
#include "tcp.bpf.c"

#include "bpf_host.h"

void *calloc(size_t count, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void free(void *memory);
void abort(void);
char *strncpy(char *to, const char *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#define DESCRIPTORS 16
#define CGROUPS 64
#define LINE 64

/* ---- maps --------------------------------------------------------------------------------------------------------- */

enum kind { ARRAY, HASH, STACK };

static struct host_map {
	const void *map;
	enum kind kind;
	__u32 key_size, value_size;
	__u32 entries, count;
	char *keys, *values;
} maps[] = {
#define ARRAY_ROW(name)                                                \
	{                                                              \
		&name, ARRAY, 4, sizeof(*name.value), 0, 0, NULL, NULL \
	}
	ARRAY_ROW(records),
	ARRAY_ROW(bases),
	ARRAY_ROW(names),
	ARRAY_ROW(cpus),
	ARRAY_ROW(groups),
	ARRAY_ROW(latencies),
	ARRAY_ROW(group_tcps),
	ARRAY_ROW(connections),
	ARRAY_ROW(control_map),
	ARRAY_ROW(slot_by_pid),
	ARRAY_ROW(disks),
	ARRAY_ROW(oom_log),
	ARRAY_ROW(event_drops),
	ARRAY_ROW(focuses),
	ARRAY_ROW(focus_lists),
	ARRAY_ROW(focus_cells),
#undef ARRAY_ROW
	{ &slot_by_pid_far, HASH, 4, 4, 0, 0, NULL, NULL },
	{ &group_by_cgroup, HASH, 8, 4, 0, 0, NULL, NULL },
	{ &tcp_sockets_by_address, HASH, 8, sizeof(struct tcp_socket), 0, 0, NULL, NULL },
	{ &free_slots, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &free_groups, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &disk_by_owner, HASH, 8, 4, 0, 0, NULL, NULL },
	{ &disk_requests, HASH, 8, sizeof(struct disk_request), 0, 0, NULL, NULL },
	{ &free_disks, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &connection_by_key, HASH, sizeof(struct connection_row_key), 4, 0, 0, NULL, NULL },
	{ &free_connections, STACK, 0, 4, 0, 0, NULL, NULL },
};

#define MAPS (sizeof(maps) / sizeof(maps[0]))

static struct host_map *map_of(const void *map)
{
	for (__u32 i = 0; i < MAPS; i++)
		if (maps[i].map == map)
			return &maps[i];
	abort();
	return NULL;
}

static void map_start(const void *name, __u32 entries)
{
	struct host_map *map = map_of(name);
	size_t size = ((size_t)entries * map->value_size + LINE) / LINE * LINE;

	map->entries = entries;
	map->count = 0;
	map->keys = calloc(entries, map->key_size + 1);
	map->values = aligned_alloc(LINE, size);
	if (!map->keys || !map->values)
		abort();
	__builtin_memset(map->values, 0, size);
}

static __u32 map_find(const struct host_map *map, const void *key)
{
	for (__u32 i = 0; i < map->count; i++)
		if (memcmp(map->keys + (size_t)i * map->key_size, key, map->key_size) == 0)
			return i;
	return map->count;
}

static void *bpf_map_lookup_elem(const void *name, const void *key)
{
	struct host_map *map = map_of(name);
	__u32 index = map->kind == ARRAY ? *(const __u32 *)key : map_find(map, key);

	if (index >= (map->kind == ARRAY ? map->entries : map->count))
		return NULL;
	return map->values + (size_t)index * map->value_size;
}

static long bpf_map_update_elem(const void *name, const void *key, const void *value, __u64 flags)
{
	struct host_map *map = map_of(name);
	__u32 index = map_find(map, key);

	if (index < map->count && flags == BPF_NOEXIST)
		return -17;
	if (index == map->entries)
		return -7;
	if (index == map->count)
		map->count++;
	__builtin_memcpy(map->keys + (size_t)index * map->key_size, key, map->key_size);
	__builtin_memcpy(map->values + (size_t)index * map->value_size, value, map->value_size);
	return 0;
}

static long bpf_map_delete_elem(const void *name, const void *key)
{
	struct host_map *map = map_of(name);
	__u32 index = map_find(map, key);

	if (index == map->count)
		return -2;
	map->count--;
	__builtin_memmove(map->keys + (size_t)index * map->key_size,
			  map->keys + (size_t)map->count * map->key_size, map->key_size);
	__builtin_memmove(map->values + (size_t)index * map->value_size,
			  map->values + (size_t)map->count * map->value_size, map->value_size);
	return 0;
}

static long bpf_map_push_elem(const void *name, const void *value, __u64 flags)
{
	struct host_map *map = map_of(name);

	if (map->count == map->entries)
		return -7;
	__builtin_memcpy(map->values + (size_t)map->count++ * map->value_size, value, map->value_size);
	return 0;
}

static long bpf_map_pop_elem(const void *name, void *value)
{
	struct host_map *map = map_of(name);

	if (!map->count)
		return -2;
	__builtin_memcpy(value, map->values + (size_t)--map->count * map->value_size, map->value_size);
	return 0;
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

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
	struct sock sock[DESCRIPTORS];
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
		process->socket[i].sk = &process->sock[i];
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
	sock_set(&process->sock[descriptor], family, type, protocol);
	process->ops[descriptor].splice_read = splices ? (void *)1 : NULL;
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

/* ---- helpers ------------------------------------------------------------------------------------------------------ */

static __u32 bpf_get_smp_processor_id(void)
{
	return host.cpu;
}

static struct task_struct *bpf_get_current_task_btf(void)
{
	return &host.current[host.cpu]->task;
}

static __u64 bpf_get_current_task(void)
{
	return (__u64)bpf_get_current_task_btf();
}

static __u64 bpf_get_current_pid_tgid(void)
{
	const struct task_struct *task = bpf_get_current_task_btf();

	return (__u64)task->tgid << 32 | (__u32)task->pid;
}

static __u64 bpf_ktime_get_ns(void)
{
	return host.now_ns;
}

static long bpf_task_pt_regs(struct task_struct *task)
{
	return (long)&((struct host_task *)task)->regs;
}

void *bpf_rdonly_cast(const void *object, __u32 btf_id)
{
	return (void *)object;
}

/* ---- control ------------------------------------------------------------------------------------------------------ */

static void maps_stop(void)
{
	for (__u32 i = 0; i < HOST_CPUS; i++)
		if (host.idle[i])
			host_task_free(host.idle[i]);
	for (__u32 i = 0; i < MAPS; i++) {
		free(maps[i].keys);
		free(maps[i].values);
		maps[i].keys = maps[i].values = NULL;
	}
	host.cpu = 0;
	host.twins = false;
	host.now_ns = 0;
}

#include "bpf_host_block.h"
#include "bpf_host_focus.h"
#include "bpf_host_tcp.h"

void host_start(const struct probe_config *config, __u32 slots, __u32 group_count)
{
	maps_stop();
	*(struct probe_config *)&cfg = *config;
	map_start(&records, slots);
	map_start(&bases, slots);
	map_start(&names, slots);
	map_start(&free_slots, slots);
	map_start(&slot_by_pid_far, slots);
	map_start(&slot_by_pid, SLOT_CELLS);
	map_start(&cpus, HOST_CPUS);
	map_start(&groups, group_count);
	map_start(&free_groups, group_count);
	map_start(&group_by_cgroup, group_count);
	map_start(&latencies, group_count);
	map_start(&group_tcps, group_count);
	map_start(&tcp_sockets_by_address, 64);
	connection_maps_start();
	map_start(&control_map, 1);
	disk_maps_start();
	focus_maps_start();
	for (__u32 slot = slots - 1; slot >= HOST_CPUS; slot--)
		bpf_map_push_elem(&free_slots, &slot, 0);
	for (__u32 group = group_count - 1; group > 0; group--)
		bpf_map_push_elem(&free_groups, &group, 0);
	for (__u32 i = 0; i < HOST_CPUS; i++) {
		host.idle[i] = host.current[i] = host_task_new(NULL, 0, 0, 1, "swapper");
		host_cpu(i)->slot = i;
		host_cpu(i)->idle = 1;
	}
}

void host_stop(void)
{
	maps_stop();
	for (__u32 i = 0; i < CGROUPS && host.cgroup[i]; i++) {
		free(host.cgroup[i]->v1);
		free(host.cgroup[i]);
	}
	__builtin_memset(&host, 0, sizeof(host));
}

void host_set_cpu(__u32 cpu)
{
	host.cpu = cpu;
}

void host_set_time(__u64 now_ns)
{
	host.now_ns = now_ns;
}

void host_switch_unseen(struct host_task *next)
{
	host.current[host.cpu] = next ?: host.idle[host.cpu];
}

void host_sched_switch(bool preempted, struct host_task *prev, struct host_task *next)
{
	sched_switch(preempted, &(prev ?: host.idle[host.cpu])->task, &(next ?: host.idle[host.cpu])->task);
	host_switch_unseen(next);
}

void host_cgroup_attach_task(struct host_task *task)
{
	cgroup_attach_task(NULL, "", &task->task);
}

void host_sched_process_exec(struct host_task *task, __u32 old_pid)
{
	sched_process_exec(&task->task, old_pid);
}

void host_task_newtask(struct host_task *task)
{
	task_newtask(&task->task);
}

void host_sched_process_free(struct host_task *task)
{
	sched_process_free(&task->task);
}

void host_survey(struct host_task *task, __u32 number, bool makes)
{
	struct bpf_iter__task context = { .task = &task->task };
	__u32 zero = 0;
	struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	control->survey_number = number;
	control->survey_makes = makes;
	survey(&context);
}

void host_task_set_pages(struct host_task *task, __u64 files, __u64 anonymous, __u64 swapped, __u64 shared)
{
	struct mm_struct *mm = task->process->mm;

	mm->rss_stat[MM_FILEPAGES].count = files;
	mm->rss_stat[MM_ANONPAGES].count = anonymous;
	mm->rss_stat[MM_SWAPENTS].count = swapped;
	mm->rss_stat[MM_SHMEMPAGES].count = shared;
}

/* The rest that CPUs hold back lies where only a kernel can put it: end-to-end tests see it. */
static void *bpf_map_lookup_percpu_elem(const void *map, const void *key, __u32 cpu)
{
	(void)map;
	(void)key;
	(void)cpu;
	return NULL;
}

static struct resident_row *told;

static long bpf_seq_write(void *seq, const void *data, __u32 size)
{
	(void)seq;
	__builtin_memcpy(told, data, size);
	told = NULL;
	return 0;
}

bool host_resident(struct host_task *task, struct resident_row *ret_row)
{
	struct bpf_iter_meta meta = {};
	struct bpf_iter__task context = { .meta = &meta, .task = &task->task };

	told = ret_row;
	resident(&context);
	return !told;
}

void host_poke(void)
{
	poke(NULL);
}

void host_sys_exit(__u64 number, __u64 argument, long result)
{
	struct host_task *task = host.current[host.cpu];

	host_task_set_call(task, number, argument);
	sys_exit(&task->regs, result);
}

void host_sys_exit_tracepoint(__u64 number, __u64 argument, long result)
{
	struct trace_event_raw_sys_exit *context = zeroed(sizeof(*context));

	host_task_set_call(host.current[host.cpu], number, argument);
	context->id = number;
	context->ret = result;
	sys_exit_tracepoint(context);
	free(context);
}

void host_sock_length(bool sends, __u32 family, __u32 type, __u32 protocol, int result, int flags)
{
	struct sock sock = { 0 };

	sock_set(&sock, family, type, protocol);
	if (sends)
		sock_send_length(&sock, result, flags);
	else
		sock_recv_length(&sock, result, flags);
}

void host_sock_length_tracepoint(bool sends, __u32 family, __u32 type, __u32 protocol, int result, int flags)
{
	struct trace_event_raw_sock_msg_length context = {
		.family = family, .protocol = protocol, .ret = result, .flags = flags
	};
	struct sock *sock = zeroed(sizeof(*sock));

	context.sk = sock;
	sock_set(sock, family, type, protocol);
	if (sends)
		sock_send_length_tracepoint(&context);
	else
		sock_recv_length_tracepoint(&context);
	free(sock);
}

void host_uring_complete(__u32 opcode, __u32 descriptor, __u32 flags, int result)
{
	struct host_task *task = host.current[host.cpu];
	union {
		struct io_kiocb request;
		struct io_sr_msg message;
	} memory = { 0 };
	struct io_uring_cqe *entry = zeroed(sizeof(*entry));
	__u64 context[4] = { 0, (__u64)&memory, (__u64)entry, result };

	entry->res = result;
	memory.message.msg_flags = flags;
	memory.request.file = task->process->descriptor[descriptor];
	memory.request.opcode = opcode;
	if (opcode == HOST_URING_UNTOLD)
		context[1] = 0;
	if (cfg.uring == URING_RESULT)
		context[2] = result;
	io_uring_complete(context);
	free(entry);
}

void host_sys_enter(void)
{
	sys_enter(NULL);
}

void host_sys_enter_tracepoint(void)
{
	sys_enter_tracepoint(NULL);
}

/* ---- what came of it ---------------------------------------------------------------------------------------------- */

struct record *host_record(__u32 slot)
{
	return bpf_map_lookup_elem(&records, &slot);
}

const struct record_base *host_base(__u32 slot)
{
	return bpf_map_lookup_elem(&bases, &slot);
}

const char *host_name(__u32 slot)
{
	return ((struct record_name *)bpf_map_lookup_elem(&names, &slot))->name;
}

struct cpu_state *host_cpu(__u32 cpu)
{
	return bpf_map_lookup_elem(&cpus, &cpu);
}

const struct group *host_group(__u32 group)
{
	return bpf_map_lookup_elem(&groups, &group);
}

const struct group_latency *host_latency(__u32 group)
{
	return bpf_map_lookup_elem(&latencies, &group);
}

__u32 host_slot(__u32 pid, bool *ret_far)
{
	__u32 *far = bpf_map_lookup_elem(&slot_by_pid_far, &pid);

	*ret_far = far;
	return slot_find(pid);
}

__u32 host_free_slots(void)
{
	return map_of(&free_slots)->count;
}

__u32 host_free_groups(void)
{
	return map_of(&free_groups)->count;
}

void host_give_back(__u32 slot)
{
	__builtin_memset(host_record(slot), 0, sizeof(struct record));
	bpf_map_push_elem(&free_slots, &slot, 0);
}

__u32 host_histogram_cell(__u64 value_ns)
{
	return histogram_cell(value_ns);
}

__u32 host_histogram_bucket(const struct probe_config *table, __u64 value_ns)
{
	return histogram_bucket(table, value_ns);
}
