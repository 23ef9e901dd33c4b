/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What happens to a TCP socket: the states it goes through, what is sent again, resets. tcp_socket.bpf.h says whom it counts for. */
#include "lib/connection.bpf.h"

/* include/linux/socket.h, net/tcp_states.h and errno are macros. */
#define ERROR_TIMED_OUT 110
#define ERROR_REFUSED 111

/* `is_now`: it did not open unseen before. */
static __always_inline void tcp_opened(struct tcp_socket *socket, const struct sock *sk, bool is_now)
{
	bool is_out = socket->phase == TCP_PHASE_CONNECTING;
	struct group_tcp *tcp = tcp_group(socket);
	__u64 now_ns = bpf_ktime_get_ns();
	struct connection_row *row;

	row = socket->connection ? connection_of(socket) : connection_choose(socket, sk, is_out);
	if (row)
		__sync_fetch_and_add(&row->opened, 1);
	if (is_now && is_out && socket->began_ns)
		tcp_observe(tcp, TCP_CONNECT_LATENCY, now_ns - socket->began_ns);
	socket->began_ns = is_now ? now_ns : 0;
	socket->phase = TCP_PHASE_OPEN;
	tcp_add(tcp, TCP_VALUE(OPENED) + (is_out ? VALUE_INDEX(direction, OUT) : VALUE_INDEX(direction, IN)),
		1);
}

static __always_inline void tcp_closed(struct tcp_socket *socket, const struct sock *sk, __u64 now_ns)
{
	struct group_tcp *tcp = tcp_group(socket);
	struct connection_row *row = connection_of(socket);
	__u64 round_trip_us = socket_round_trip_us(sk);

	if (row) {
		if (socket->began_ns)
			__sync_fetch_and_add(&row->duration_ns, now_ns - socket->began_ns);
		__sync_fetch_and_add(&row->trip_us, round_trip_us);
		__sync_fetch_and_add(&row->trips, round_trip_us != 0);
		__sync_fetch_and_add(&row->closed, 1);
	}
	if (socket->began_ns)
		tcp_observe(tcp, TCP_DURATION, now_ns - socket->began_ns);
	if (round_trip_us)
		tcp_observe(tcp, TCP_ROUND_TRIP, round_trip_us * 1000);
	socket->phase = TCP_PHASE_CLOSED;
	if (tcp)
		__sync_fetch_and_add(&tcp->closed, 1);
}

/* sk_err is set before the state; 0 when the program itself gave up, and when not a packet was sent for want of a free port. */
static __always_inline __u32 tcp_failure_cause(const struct sock *sk)
{
	switch (sk->sk_err) {
	case 0:
		if (!BPF_CORE_READ((const struct tcp_sock *)sk, segs_out))
			break;
		return VALUE_INDEX(connect_failure, ABORTED);
	case ERROR_REFUSED:
		return VALUE_INDEX(connect_failure, REFUSED);
	case ERROR_TIMED_OUT:
		return VALUE_INDEX(connect_failure, TIMEOUT);
	case ERROR_NETWORK_UNREACHABLE:
	case ERROR_HOST_UNREACHABLE:
		return VALUE_INDEX(connect_failure, UNREACHABLE);
	}
	return VALUE_INDEX(connect_failure, OTHER);
}

static __always_inline void tcp_failed(struct tcp_socket *socket, const struct sock *sk)
{
	struct connection_row *row = connection_of(socket);

	socket->phase = TCP_PHASE_ENDED;
	if (row)
		__sync_fetch_and_add(&row->failed, 1);
	tcp_add(tcp_group(socket), TCP_VALUE(FAILURES) + tcp_failure_cause(sk), 1);
}

/* A connection that closed goes on to send what it still has, or to receive what the other end has. */
static __always_inline void tcp_ended(struct tcp_socket *socket, const struct sock *sk)
{
	struct group_tcp *tcp = tcp_group(socket);

	socket->phase = TCP_PHASE_ENDED;
	tcp_observe_bytes(tcp, TCP_SENT, socket_sent(sk));
	tcp_observe_bytes(tcp, TCP_RECEIVED, socket_received(sk));
	if (tcp)
		__sync_fetch_and_add(&tcp->ended, 1);
}

/* The connection leaves the states in which it is open, or was never to come. */
static __always_inline void tcp_leave(struct tcp_socket *socket, const struct sock *sk, bool is_end)
{
	if (socket->phase == TCP_PHASE_OPEN)
		tcp_closed(socket, sk, bpf_ktime_get_ns());
	else if (socket->phase == TCP_PHASE_CONNECTING && is_end)
		tcp_failed(socket, sk);
	if (is_end && socket->phase == TCP_PHASE_CLOSED)
		tcp_ended(socket, sk);
	if (is_end && socket->connection)
		connection_end(socket, sk);
}

static __always_inline bool tcp_is_open(int state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

/* Process context of the task that calls connect() or listen(). */
static __always_inline void tcp_begin(struct tcp_socket *socket, const struct sock *sk, enum tcp_phase phase)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (socket->connection) /* its last end went unseen */
		connection_end(socket, sk);
	/* further paths of MPTCP are begun by a kernel thread, on sockets made for the program's cgroup */
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD_BIT && sock_cgroup_id(sk) > 1)
		tcp_socket_own_by_maker(socket, sk);
	else
		tcp_socket_own_by_task(socket, task);
	socket->phase = phase;
	socket->began_ns = bpf_ktime_get_ns();
	if (phase == TCP_PHASE_CONNECTING)
		connection_choose(socket, sk, true);
}

/* Calls of one socket come one at a time: the kernel holds its lock. From 7.0 on a program is skipped now and then, so there it has
 * a twin: a second call for the same change of state changes nothing. What both missed follows from the old state at the next; a
 * socket whose first two changes both missed went out, for one that comes in has its listener's storage. */
static __always_inline void tcp_on_state(const struct sock *sk, int old, int new)
{
	bool begins = new == TCP_SYN_SENT || new == TCP_LISTEN;
	bool was_missed = cfg.is_preemptible && tcp_is_open(old);
	struct tcp_socket *socket;

	if (sk->sk_protocol != PROTOCOL_TCP)
		return;
	socket = tcp_socket_get(sk, begins || new == TCP_ESTABLISHED || old == TCP_SYN_SENT || was_missed);
	if (!socket)
		return;
	if (begins) {
		tcp_begin(socket, sk, new == TCP_LISTEN ? TCP_PHASE_LISTENING : TCP_PHASE_CONNECTING);
		return;
	}
	if (socket->phase == TCP_PHASE_NEW) {
		tcp_socket_own_by_maker(socket, sk);
		socket->phase = old == TCP_SYN_SENT || was_missed ? TCP_PHASE_CONNECTING :
								    TCP_PHASE_LISTENING;
	}
	if (socket->phase < TCP_PHASE_OPEN && (tcp_is_open(new) || tcp_is_open(old)))
		tcp_opened(socket, sk, new == TCP_ESTABLISHED);
	if (!tcp_is_open(new))
		tcp_leave(socket, sk, new == TCP_CLOSE);
}

/* The last of a socket: what its states did not tell, because the program was skipped, is made up for. */
static __always_inline void tcp_on_destroy(const struct sock *sk)
{
	struct tcp_socket *socket = tcp_socket_get(sk, false);
	__u64 address = (__u64)sk;

	if (!socket)
		return;
	tcp_leave(socket, sk, true);
	if (!cfg.has_socket_storage)
		bpf_map_delete_elem(&tcp_sockets_by_address, &address);
}

/* The storage of a socket, made where only sk_cgrp_data can tell the owner; NULL for those in TIME_WAIT and SYN_RECV, which are
 * no full sockets. */
static __always_inline struct group_tcp *tcp_group_of(const struct sock *sk)
{
	struct tcp_socket *socket = tcp_socket_get(sk, false), unknown = {};

	if (socket && socket->phase != TCP_PHASE_NEW)
		return tcp_group(socket);
	tcp_socket_own_by_maker(&unknown, sk);
	return tcp_group(&unknown);
}

/* A packet sent again stands for as many segments as it is cut into on its way out. */
static __always_inline void tcp_on_retransmit(const struct sock *sk, const struct sk_buff *skb)
{
	struct connection_row *row;
	struct tcp_socket *socket;
	__u32 segments = 1;

	if (skb)
		segments = BPF_CORE_READ((const struct tcp_skb_cb *)&skb->cb, tcp_gso_segs) ?: 1;
	socket = tcp_socket_get(sk, false);
	row = socket ? connection_of(socket) : NULL;
	if (row)
		__sync_fetch_and_add(&row->retransmits, segments);
	tcp_add(tcp_group_of(sk), TCP_VALUE(RETRANSMITS), segments);
}

static __always_inline void tcp_on_reset(const struct sock *sk, __u32 direction)
{
	int state;

	if (!sk) /* a packet for no socket */
		return;
	state = sk->__sk_common.skc_state;
	if (state == TCP_TIME_WAIT || state == TCP_NEW_SYN_RECV)
		return;
	tcp_add(tcp_group_of(sk), TCP_VALUE(RESETS) + direction, 1);
}

/*
 * A socket that was there before the hooks. A connection that ends at the very moment at which it is looked at may stay in the
 * gauge: its state changes after its hook ran.
 */
static __always_inline void tcp_on_survey(const struct sock *sk, struct task_struct *task,
					  bool only_listeners)
{
	int state = sk->__sk_common.skc_state, family = sk->__sk_common.skc_family;
	bool is_open = tcp_is_open(state);
	struct connection_row *row;
	struct tcp_socket *socket;
	struct group_tcp *tcp;

	if ((family != FAMILY_INET && family != FAMILY_INET6) || sk->sk_protocol != PROTOCOL_TCP)
		return;
	if (state != TCP_LISTEN && (only_listeners || (!is_open && state != TCP_SYN_SENT)))
		return;
	socket = tcp_socket_get(sk, true);
	if (!socket || socket->phase >= TCP_PHASE_OPEN)
		return;
	/* a child that opened before the hooks has its listener's phase, and owner */
	if (socket->phase == TCP_PHASE_NEW)
		tcp_socket_own_by_task(socket, task);
	if (!is_open) {
		socket->phase = state == TCP_LISTEN ? TCP_PHASE_LISTENING : TCP_PHASE_CONNECTING;
		return;
	}
	socket->phase = TCP_PHASE_OPEN;
	/* it has one where connect() was seen and what came of it missed; else nothing tells who asked for it: the lower port is
	 * the service's */
	row = socket->connection ?
		      connection_of(socket) :
		      connection_choose(socket, sk, sk->__sk_common.skc_num > socket_peer_port(sk));
	if (row)
		__sync_fetch_and_add(&row->found, 1);
	tcp = tcp_group(socket);
	if (tcp)
		__sync_fetch_and_add(&tcp->found, 1);
}
