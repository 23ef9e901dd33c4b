/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * The programs of bpf/ on the host: the real source, compiled with the kernel's types against fakes of the helpers
 * (bpf_host_shim.h), on tasks made here. Plain types only, so that tests can have libc and Criterion, which
 * bpf_host.c cannot. The host does what the kernel does around the programs only where a function says so: task
 * counters, states and clocks are the test's.
 */
#ifndef __bpf__
#include <stdbool.h>
#endif
#include "disk_record.h"
#include "events.h"
#include "focus_record.h"
#include "probe_config.h"
#include "resident_record.h"

#define HOST_CPUS 4

struct host_task;

/* All maps empty, clock and CPU 0; tasks made before live on. `slots` include the catch-alls of HOST_CPUS CPUs. The free
 * stacks are filled as the reader fills them: the lowest on top, group 0 is not given out. */
void host_start(const struct probe_config *config, __u32 slots, __u32 groups);
void host_stop(void);

/* The CPU that the next program runs on; bpf_ktime_get_ns(). */
void host_set_cpu(__u32 cpu);
void host_set_time(__u64 now_ns);

/* A process's first thread when `leader` is NULL, else one more thread of it. */
struct host_task *host_task_new(struct host_task *leader, __u32 pid, __u64 start_ns, __u64 cgroup_id,
				const char *name);
/* As the kernel frees it: the address may come again. */
void host_task_free(struct host_task *task);
__u64 host_task_address(const struct host_task *task);
__u32 host_task_pid(const struct host_task *task);

/* Counter of source TASK, by its index in record.value[]. */
void host_task_set(struct host_task *task, __u32 index, __u64 value);
__u64 host_task_get(const struct host_task *task, __u32 index);
void host_task_add(struct host_task *task, __u32 index, __u64 value);

/* __state and in_iowait at the next switch away; TASK_RUNNING is 0. */
#define HOST_RUNNING 0
#define HOST_SLEEPING 1
#define HOST_UNINTERRUPTIBLE 2
#define HOST_IDLE 0x402
#define HOST_DEAD 0x80
void host_task_set_state(struct host_task *task, __u32 state, bool in_iowait);
/* Saved registers: number and first argument of the system call it is in. */
void host_task_set_call(struct host_task *task, __u64 number, __u64 argument);
void host_task_set_compat(struct host_task *task, bool compat);
void host_task_set_kernel_thread(struct host_task *task);
/* An open file; mode 0 closes it. Descriptors below 16. */
#define HOST_FILE 0100644
#define HOST_SOCKET 0140777
#define HOST_FIFO 010600
#define HOST_DEVICE 020666
void host_task_set_descriptor(struct host_task *task, __u32 descriptor, __u32 mode);
/* The same for a socket; `splices`: its protocol reads into pipes itself. */
void host_task_set_socket(struct host_task *task, __u32 descriptor, __u32 family, __u32 type, __u32 protocol,
			  bool splices);
/* It has sent a packet of TCP. */
void host_task_set_socket_sent(struct host_task *task, __u32 descriptor);
/* Arguments after the first of the next call to end. */
void host_task_set_arguments(struct host_task *task, __u64 second, __u64 third, __u64 fourth);
/* Moves it alone; ids with CGROUP_V1 are those of the v1 `cpu` hierarchy, for a configuration with cgroup_v1. */
void host_task_set_cgroup(struct host_task *task, __u64 cgroup_id);
/* Past the point of no return of exec: pids exchanged with the leader when it is another, one exec more, the name. */
void host_task_exec(struct host_task *task, const char *name);
/* Whether it is still inside the call; the hook comes before its end. */
void host_task_set_in_exec(struct host_task *task, bool in_exec);
/* Its memory is gone, as in do_exit(); dead at its next switch. `code` as in a wait status; the last thread ends the process. */
void host_task_exit(struct host_task *task, __s32 code, bool by_signal_or_exit_group);

/* The programs. A NULL task is the CPU's idle task. Switching sets the current task of the CPU. */
void host_sched_switch(bool preempted, struct host_task *prev, struct host_task *next);
/* The same without the program: a switch that went unseen. */
void host_switch_unseen(struct host_task *next);
void host_cgroup_attach_task(struct host_task *task);
void host_sched_process_exec(struct host_task *task, __u32 old_pid);
void host_task_newtask(struct host_task *task);
void host_sched_process_free(struct host_task *task);
void host_survey(struct host_task *task, __u32 number, bool makes);
/* Resident pages of its process; what the iterator tells of the task: false for nothing. */
void host_task_set_pages(struct host_task *task, __u64 files, __u64 anonymous, __u64 swapped, __u64 shared);
bool host_resident(struct host_task *task, struct resident_row *ret_row);
void host_poke(void);
/* The current task's call ends: registers, result, program. */
void host_sys_exit(__u64 number, __u64 argument, long result);
void host_sys_exit_tracepoint(__u64 number, __u64 argument, long result);
/* A socket moved bytes in the middle of a call. */
void host_sock_length(bool sends, __u32 family, __u32 type, __u32 protocol, int result, int flags);
void host_sock_length_tracepoint(bool sends, __u32 family, __u32 type, __u32 protocol, int result, int flags);
/* A request of io_uring is done; `flags` are those of a receive, of one that is not told those of the completion. */
#define HOST_URING_UNTOLD 255
#define HOST_URING_BUFFER 1
void host_uring_complete(__u32 opcode, __u32 descriptor, __u32 flags, int result);
/* A completion finds its ring full. */
void host_uring_overflow(int result);
void host_sys_enter(void);
void host_sys_enter_tracepoint(void);

/*
 * A disk, and requests to it. `cgroup_id` is whom the kernel charges: with CGROUP_V1 a cgroup of the v1 hierarchy of blkio, else one
 * of v2, 0 nobody (a flush); tasks of that cgroup are in it in both senses. 1 and 1 | CGROUP_V1 are the roots.
 */
#define HOST_DISKS 4 /* entries of disks[] */
#define HOST_REQUESTS 8
struct host_request;
struct host_request *host_request_new(__u32 disk, __u32 operation, __u64 cgroup_id, __u32 bytes);
void host_request_free(struct host_request *request);
void host_request_set_made(struct host_request *request, __u64 start_ns);
/* The current task issues it; the disk completes a part or all. */
void host_request_issue(struct host_request *request);
void host_request_complete(struct host_request *request, bool failed, __u32 bytes);
/* Entry of a cgroup, or of a disk by its number, NULL when there is none; entry 0. */
const struct disk *host_disk_of_cgroup(__u64 cgroup_id);
const struct disk *host_disk_of_device(__u32 disk);
const struct disk *host_disk_rest(void);
__u32 host_requests(void);
/* The cgroup has no task any more that could tell its other names. */
void host_cgroup_empty(__u64 cgroup_id);
/* The OOM killer chooses the task; `limit_pages` is its cgroup's own limit, `above_pages` that of the next one up, 0 none. */
void host_mark_victim(struct host_task *task, bool by_pid, __u64 limit_pages, __u64 above_pages);
const struct oom_log *host_oom_log(void);
/* The last notice of a victim; the ring buffer takes `room` more. */
const struct event_oom_kill *host_oom_notice(void);
void host_set_room(__u32 room);
__u64 host_drops(__u32 type);

/*
 * TCP sockets, by the numbers of the kernel's families, states and errors. The maker's cgroup is sk_cgrp_data. A child comes in
 * SYN_RECV, with a copy of its listener's storage. A state is set with or without the program, which comes before it.
 */
struct host_socket;
struct host_socket *host_socket_new(__u16 family, __u64 maker_cgroup_id);
struct host_socket *host_socket_child(struct host_socket *listener);
void host_socket_set_protocol(struct host_socket *socket, __u16 protocol);
void host_socket_set_error(struct host_socket *socket, int error);
void host_socket_set_sent(struct host_socket *socket, __u32 packets);
void host_socket_set_round_trip(struct host_socket *socket, __u32 round_trip_us);
void host_socket_set_state(struct host_socket *socket, int state);
void host_socket_state_unseen(struct host_socket *socket, int state);
void host_set_twins(bool twins);                      /* the program and its twin, until host_stop() */
void host_socket_destroy(struct host_socket *socket); /* the program, then free() */
void host_socket_retransmit(struct host_socket *socket, __u16 segments);
void host_socket_retransmit_synack(struct host_socket *listener);
void host_socket_send_reset(struct host_socket *socket); /* NULL: for no socket */
void host_socket_receive_reset(struct host_socket *socket);
/* `survey_sockets` meets a file of the task; a NULL socket is another kind of file. */
void host_survey_socket(struct host_task *task, struct host_socket *socket, bool only_listeners);
/* A UDP socket had no room for a datagram; `survey_drops` meets a file of the task. */
void host_socket_drop(struct host_socket *socket, int result);
void host_survey_drops(struct host_task *task, struct host_socket *socket);
/* What a socket's entry of connections[] is found by, and what it has moved; `has_end`: the peer's end of the stream has come. */
#define HOST_CONNECTIONS 10 /* entries, the first two included */
void host_socket_set_peer(struct host_socket *socket, const __u8 address[16], __u16 peer_port,
			  __u16 own_port);
void host_socket_set_moved(struct host_socket *socket, __u64 sent, __u64 sent_again, __u64 received,
			   bool has_end);
void host_survey_connection(struct host_socket *socket);
/* NULL when there is none; `address` NULL is that of what has no entry of its own. */
const struct connection_row *host_connection(__u64 cgroup_id, __u32 direction, const __u8 address[16],
					     __u16 port);
const struct connection_row *host_connection_rest(void);
const struct group_tcp *host_group_tcp(__u32 group);
/* Group of a cgroup, 0 when it has none; its cgroup is gone, as the reader gives it back. */
__u32 host_group_of(__u64 cgroup_id);
void host_group_lose(__u64 cgroup_id);
__u32 host_sockets_by_address(void);

/* The system calls of a container that is looked at; the current task's. A cgroup is in no other before it is put there. */
void host_cgroup_put_below(__u64 id, __u64 above);
/* Below this cgroup no more groups are made; 0: the list ends. */
void host_set_crowd(__u32 index, __u64 cgroup_id);
struct focus_counts *host_focus(__u32 place);
struct focus_list *host_focus_list(void);
void host_set_group_focus(__u32 number, __u32 focus);
void host_focus_enter(__u64 number);
void host_focus_exit(__u64 number, long result);
void host_focus_enter_tracepoint(__u64 number);
void host_focus_exit_tracepoint(__u64 number, long result);

/* What the reader sees. Records are the reader's to clear: host_give_back() does what it does with a dead one. */
struct record *host_record(__u32 slot);
const struct record_base *host_base(__u32 slot);
const char *host_name(__u32 slot);
struct cpu_state *host_cpu(__u32 cpu);
const struct group *host_group(__u32 group);
const struct group_latency *host_latency(__u32 group);
/* Slot of a pid in the two tables, 0 when it has none; and whether it is in the second. */
__u32 host_slot(__u32 pid, bool *ret_far);
__u32 host_free_slots(void);
__u32 host_free_groups(void);
void host_give_back(__u32 slot);

/* Pure functions. */
__u32 host_histogram_cell(__u64 value_ns);
__u32 host_histogram_bucket(const struct probe_config *table, __u64 value_ns);
__u32 host_histogram_bytes_bucket(__u64 bytes);
