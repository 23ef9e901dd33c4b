/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "lib/compat_socket.bpf.h"
#include "lib/group.bpf.h"

/*
 * TCP connections, counted for the cgroup that owns the socket. IPv4 and IPv6 alike.
 *
 * Most of a connection's life happens in a softirq, in whatever task runs there, so the owner is fixed while the right task is
 * current: of a connection that goes out at connect(), of one that comes in at the listen() of its listener, whose storage the
 * kernel copies into each child. Sockets that are there before ktally get the owner of a process that holds them (survey_sockets).
 * Where none of this told, the cgroup that made the socket is taken (sk_cgrp_data), which only a v2 hierarchy knows; what is
 * left counts for the node, in group 0.
 *
 * What is kept per socket lies in socket storage; before 5.11, which has none for tracing, in a hash by the socket's address:
 * there a child does not get its listener's owner, and up to SOCKETS_BY_ADDRESS are known.
 *
 * "Open" is ESTABLISHED or CLOSE_WAIT, as in tcpCurrEstab of RFC 1213.
 */

enum tcp_phase { TCP_PHASE_NEW, TCP_PHASE_CONNECTING, TCP_PHASE_LISTENING, TCP_PHASE_OPEN, TCP_PHASE_CLOSED };

struct tcp_socket {
	__u64 cgroup_id; /* of the owner; 0 with group 0 */
	__u64 began_ns;  /* CLOCK_MONOTONIC, of the phase; 0 when it began unseen */
	__u32 group;     /* its cgroup may be gone and the group be another's: compare cgroup_id */
	__u32 phase;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tcp_socket);
} tcp_sockets SEC(".maps");

/* socket's address -> the same, before 5.11; deleted when the socket is destroyed */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct tcp_socket);
} tcp_sockets_by_address SEC(".maps");

/* include/linux/socket.h, net/tcp_states.h and errno are macros. */
#define TCP_PROTOCOL 6
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define ERROR_NETWORK_UNREACHABLE 101
#define ERROR_TIMED_OUT 110
#define ERROR_REFUSED 111
#define ERROR_HOST_UNREACHABLE 113

static __always_inline struct tcp_socket *tcp_socket_get(const struct sock *sk, bool make)
{
	struct tcp_socket *socket, fresh = {};
	__u64 address = (__u64)sk;

	if (cfg.has_socket_storage)
		return bpf_sk_storage_get(&tcp_sockets, (void *)sk, NULL,
					  make ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	socket = bpf_map_lookup_elem(&tcp_sockets_by_address, &address);
	if (socket || !make)
		return socket;
	bpf_map_update_elem(&tcp_sockets_by_address, &address, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tcp_sockets_by_address, &address);
}

static __always_inline void tcp_socket_own(struct tcp_socket *socket, __u64 cgroup_id)
{
	__u32 number, group = 0;
	struct cpu_state *cpu = cpu_current(&number);

	if (cpu && cgroup_id)
		group = group_get(cpu, cgroup_id);
	socket->group = group;
	socket->cgroup_id = group ? cgroup_id : 0;
}

/* Owner by the socket itself. On v1 and hybrid the v2 root says nothing: the v1 cgroup is what counts. */
static __always_inline void tcp_socket_own_by_maker(struct tcp_socket *socket, const struct sock *sk)
{
	__u64 cgroup_id = sock_cgroup_id(sk);

	tcp_socket_own(socket, cfg.cgroup_v1 && cgroup_id <= 1 ? 0 : cgroup_id);
}

/* What is kept for the owner; that of group 0 when there is none or its cgroup is gone. */
static __always_inline struct group_tcp *tcp_group(const struct tcp_socket *socket)
{
	__u32 number = socket->group;
	struct group *group = bpf_map_lookup_elem(&groups, &number);

	if (!group || group->cgroup_id != socket->cgroup_id)
		number = 0;
	return bpf_map_lookup_elem(&group_tcps, &number);
}

static __always_inline void tcp_add(struct group_tcp *tcp, __u32 value, __u64 number)
{
	if (tcp && value < TCP_VALUES)
		__sync_fetch_and_add(&tcp->value[value], number);
}

/* Before the counter that tells of it: the reader looks at histograms where counters grew. */
static __always_inline void tcp_observe(struct group_tcp *tcp, enum tcp_histogram which, __u64 duration_ns)
{
	__u32 bucket = histogram_bucket(&cfg, duration_ns);

	if (!tcp || bucket >= HISTOGRAM_BUCKETS)
		return;
	__sync_fetch_and_add(&tcp->histogram[which].sum_ns, duration_ns);
	__sync_fetch_and_add(&tcp->histogram[which].bucket[bucket], 1);
}

/* `is_now`: it did not open unseen before. */
static __always_inline void tcp_opened(struct tcp_socket *socket, bool is_now)
{
	bool is_out = socket->phase == TCP_PHASE_CONNECTING;
	struct group_tcp *tcp = tcp_group(socket);
	__u64 now_ns = bpf_ktime_get_ns();

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
	/* tcp_sock.srtt_us is 8 times the smoothed round trip in us */
	__u64 round_trip_us = BPF_CORE_READ((const struct tcp_sock *)sk, srtt_us) >> 3;

	if (socket->began_ns)
		tcp_observe(tcp, TCP_DURATION, now_ns - socket->began_ns);
	if (round_trip_us)
		tcp_observe(tcp, TCP_ROUND_TRIP, round_trip_us * 1000);
	socket->phase = TCP_PHASE_CLOSED;
	if (tcp)
		__sync_fetch_and_add(&tcp->closed, 1);
}

/* sk_err is set before the state; 0 when the program itself gave up, or no packet could be sent. */
static __always_inline __u32 tcp_failure_cause(const struct sock *sk)
{
	switch (sk->sk_err) {
	case 0:
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
	socket->phase = TCP_PHASE_CLOSED;
	tcp_add(tcp_group(socket), TCP_VALUE(FAILURES) + tcp_failure_cause(sk), 1);
}

/* The connection leaves the states in which it is open, or was never to come. */
static __always_inline void tcp_leave(struct tcp_socket *socket, const struct sock *sk, bool is_end)
{
	if (socket->phase == TCP_PHASE_OPEN)
		tcp_closed(socket, sk, bpf_ktime_get_ns());
	else if (socket->phase == TCP_PHASE_CONNECTING && is_end)
		tcp_failed(socket, sk);
}

static __always_inline bool tcp_is_open(int state)
{
	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT;
}

/* Process context of the task that calls connect() or listen(). */
static __always_inline void tcp_begin(struct tcp_socket *socket, enum tcp_phase phase)
{
	tcp_socket_own(socket, task_cgroup_id((struct task_struct *)bpf_get_current_task()));
	socket->phase = phase;
	socket->began_ns = bpf_ktime_get_ns();
}

/* Calls of one socket come one at a time: the kernel holds its lock. From 7.0 on a program is skipped now and then, so there it has
 * a twin: a second call for the same change of state changes nothing. What both missed follows from the old state at the next. */
static __always_inline void tcp_on_state(const struct sock *sk, int old, int new)
{
	bool begins = new == TCP_SYN_SENT || new == TCP_LISTEN;
	struct tcp_socket *socket;

	if (sk->sk_protocol != TCP_PROTOCOL)
		return;
	socket = tcp_socket_get(sk, begins || new == TCP_ESTABLISHED || old == TCP_SYN_SENT);
	if (!socket)
		return;
	if (begins) {
		tcp_begin(socket, new == TCP_LISTEN ? TCP_PHASE_LISTENING : TCP_PHASE_CONNECTING);
		return;
	}
	if (socket->phase == TCP_PHASE_NEW) {
		tcp_socket_own_by_maker(socket, sk);
		socket->phase = old == TCP_SYN_SENT ? TCP_PHASE_CONNECTING : TCP_PHASE_LISTENING;
	}
	if (socket->phase < TCP_PHASE_OPEN && (tcp_is_open(new) || tcp_is_open(old)))
		tcp_opened(socket, new == TCP_ESTABLISHED);
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
	__u32 segments = 1;

	if (skb)
		segments = BPF_CORE_READ((const struct tcp_skb_cb *)&skb->cb, tcp_gso_segs) ?: 1;
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
	struct tcp_socket *socket;
	struct group_tcp *tcp;

	if ((family != FAMILY_INET && family != FAMILY_INET6) || sk->sk_protocol != TCP_PROTOCOL)
		return;
	if (state != TCP_LISTEN && (only_listeners || (!is_open && state != TCP_SYN_SENT)))
		return;
	socket = tcp_socket_get(sk, true);
	if (!socket || socket->phase >= TCP_PHASE_OPEN)
		return;
	/* a child that opened before the hooks has its listener's phase, and owner */
	if (socket->phase == TCP_PHASE_NEW)
		tcp_socket_own(socket, task_cgroup_id(task));
	if (!is_open) {
		socket->phase = state == TCP_LISTEN ? TCP_PHASE_LISTENING : TCP_PHASE_CONNECTING;
		return;
	}
	socket->phase = TCP_PHASE_OPEN;
	tcp = tcp_group(socket);
	if (tcp)
		__sync_fetch_and_add(&tcp->found, 1);
}
