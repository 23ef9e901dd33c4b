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
#include "udp.bpf.c"

#include "bpf_host.h"

void *calloc(size_t count, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void free(void *memory);
void abort(void);
char *strncpy(char *to, const char *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#define LINE 64

#include "bpf_host_maps.h"
#include "bpf_host_task.h"

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

void host_uring_overflow(int result)
{
	struct trace_event_raw_io_uring_cqe_overflow context = { .res = result };

	io_uring_cqe_overflow(&context);
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
	entry->flags = opcode == HOST_URING_UNTOLD ? flags : 0;
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

__u32 host_histogram_bytes_bucket(__u64 bytes)
{
	return histogram_bytes_bucket(bytes);
}
