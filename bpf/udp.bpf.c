// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Datagrams that UDP sockets had no room for. */
#include "lib/program.bpf.h"
#include "lib/udp.bpf.h"

/*
 * The only tracepoint that tells the socket before kfree_skb does (6.11), and that would run for each packet dropped anywhere. IPv6
 * has it since commit 8139dccd464a, 6.5, and stable updates of 6.1 and 6.4. A third argument came with 6.10. Since commit
 * b650bf0977d3, 6.18, datagrams that are dropped in a batch for lack of memory do not come by.
 *
 * Softirq, or BH off: nothing preempts it that would receive for the same CPU, so there is no twin. IPv4 since 3.1.
 */
SEC("tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(udp_fail_queue_rcv_skb, int result, const struct sock *sk)
{
	udp_on_drop(sk, result);
	return 0;
}

/* Run by reading the iterator's descriptor, when sockets without an owner dropped something: all open files of all processes. Since
 * 5.8, bpf_sock_from_file() since 5.11. */
SEC("iter/task_file")
int survey_drops(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket *socket;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (socket && socket->sk)
		udp_on_survey(socket->sk, task);
	return 0;
}
