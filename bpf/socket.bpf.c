// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Payload of sockets where the kernel itself tells it: profile full, see lib/traffic.bpf.h. */
#include "lib/program.bpf.h"
#include "lib/traffic.bpf.h"

/* A thread's own context, or a kernel thread's; preemption is off up to 6.18. Since commit 6e6eda44b939, 6.3. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *socket, int result, int flags)
{
	on_socket_message(socket->__sk_common.skc_family, socket->sk_type, socket->sk_protocol, true, result,
			  false);
	return 0;
}

/* A peek is told with a length of 0. */
SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *socket, int result, int flags)
{
	if (!(flags & (FLAG_PEEK | FLAG_ERRORS)))
		on_socket_message(socket->__sk_common.skc_family, socket->sk_type, socket->sk_protocol, false,
				  result, false);
	return 0;
}

/* Lossless twins for 7.0 and later, see sched_process_exec_tracepoint. */
SEC("tracepoint/sock/sock_send_length")
int sock_send_length_tracepoint(struct trace_event_raw_sock_msg_length *context)
{
	struct sock *socket = context->sk;

	on_socket_message(context->family, BPF_CORE_READ(socket, sk_type), context->protocol, true,
			  context->ret, true);
	return 0;
}

SEC("tracepoint/sock/sock_recv_length")
int sock_recv_length_tracepoint(struct trace_event_raw_sock_msg_length *context)
{
	struct sock *socket = context->sk;

	if (!(context->flags & (FLAG_PEEK | FLAG_ERRORS)))
		on_socket_message(context->family, BPF_CORE_READ(socket, sk_type), context->protocol, false,
				  context->ret, true);
	return 0;
}
