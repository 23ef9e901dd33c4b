// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* TCP connections: opened, failed, open now, how long they took to open and lasted, their round trips; segments sent again and
 * resets. */
#include "lib/program.bpf.h"
#include "lib/tcp.bpf.h"

/* Before the state is stored; softirq, or process context with the socket's lock. Since 5.5. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, const struct sock *sk, const int old, const int new)
{
	tcp_on_state(sk, old, new);
	return 0;
}

/*
 * Beside the other on 7.0 and later: one that was preempted is skipped on its CPU, for as long as another thread has it. Whichever
 * runs first does the work, the second finds it done. A program of the kind `tracepoint/` would not be skipped, but has no socket
 * storage.
 */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state_twin, const struct sock *sk, const int old, const int new)
{
	tcp_on_state(sk, old, new);
	return 0;
}

/* After the socket's last state, in any context. Since 5.5. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_sock, struct sock *sk)
{
	tcp_on_destroy(sk);
	return 0;
}

/* Softirq or process context. Up to 6.14 only what the device took; later all that TCP's own RetransSegs counts. Since 5.5. */
SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit_skb, const struct sock *sk, const struct sk_buff *skb)
{
	tcp_on_retransmit(sk, skb);
	return 0;
}

/* The answer to a SYN, sent again for the listener. Softirq. Since 5.5. */
SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(tcp_retransmit_synack, const struct sock *sk)
{
	tcp_on_retransmit(sk, NULL);
	return 0;
}

/* The socket may be missing, or none in full (commit 19822a980e19, 6.10). Softirq or process context. Since 5.5. */
SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_send_reset, const struct sock *sk)
{
	tcp_on_reset(sk, VALUE_INDEX(direction, OUT));
	return 0;
}

/* Softirq, or process context that works off a socket's backlog. Since 5.5. */
SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_receive_reset, struct sock *sk)
{
	tcp_on_reset(sk, VALUE_INDEX(direction, IN));
	return 0;
}

/* Run twice, before and after the hooks are attached, by reading the iterator's descriptor: all open files of all processes. Since
 * 5.8, bpf_sock_from_file() since 5.11. */
SEC("iter/task_file")
int survey_sockets(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	const struct control *control;
	struct socket *socket;
	__u32 zero = 0;

	control = bpf_map_lookup_elem(&control_map, &zero);
	if (!task || !file || !control)
		return 0;
	socket = bpf_sock_from_file(file);
	if (socket && socket->sk)
		tcp_on_survey(socket->sk, task, control->survey_listeners);
	return 0;
}

/* Run now and then by reading the iterator's descriptor: all sockets with storage, those of all network namespaces. Since 5.10. */
SEC("iter/bpf_sk_storage_map")
int survey_connections(struct bpf_iter__bpf_sk_storage_map *context)
{
	const struct tcp_socket *socket = context->value;
	const struct sock *sk = context->sk;

	if (socket && sk && socket->connection)
		connection_survey(socket, sk);
	return 0;
}
