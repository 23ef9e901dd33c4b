/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the running kernel can do: decided by its type information (BTF), never by its version. */
#include <stdbool.h>
#include <stdint.h>

#include "base/paths.h"

struct feature {
	bool btf;          /* /sys/kernel/btf/vmlinux is there and readable */
	bool rdonly_cast;  /* bpf_rdonly_cast(): 6.2 */
	bool current_btf;  /* bpf_get_current_task_btf(): 5.11 */
	bool socket_hooks; /* sock_send_length and sock_recv_length tell all that sockets move: 6.5 */
	uint32_t uring;    /* enum uring_arguments: what io_uring_complete tells */
	bool uring_overflow; /* io_uring_complete does not tell of completions that find the ring full: seen on 6.1 */
	bool socket_storage;     /* bpf_sk_storage_get() in tracing programs: 5.11 */
	bool preemptible_calls;  /* programs of system calls run preemptibly: 7.2 */
	bool preemptible_others; /* programs of other tracepoints do: 7.0 */
	bool request_second;     /* block_rq_issue tells the queue before the request: before 5.11 */
	bool victim_pid;         /* mark_victim tells a pid and no task: before 6.10 and stable updates */
	uint32_t io_controller;  /* the same as the next of `io` and `memory`; 0 when the kernel has none */
	uint32_t memory_controller;
	uint32_t cpu_controller; /* index of the `cpu` controller in css_set.subsys[] */
	uint32_t possible_cpus;
};

/* Fills `ret_feature`. 0; negative errno of the BTF, with possible_cpus set all the same. */
int feature_detect(struct feature *ret_feature);
