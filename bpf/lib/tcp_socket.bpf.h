/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "lib/socket_owner.bpf.h"

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

enum tcp_phase {
	TCP_PHASE_NEW,
	TCP_PHASE_CONNECTING,
	TCP_PHASE_LISTENING,
	TCP_PHASE_OPEN,
	TCP_PHASE_CLOSED, /* was open, and may still move bytes */
	TCP_PHASE_ENDED
};

struct tcp_socket {
	__u64 cgroup_id; /* of the owner; 0 with group 0 */
	__u64 began_ns;  /* CLOCK_MONOTONIC, of the phase; 0 when it began unseen */
	__u32 group;     /* its cgroup may be gone and the group be another's: compare cgroup_id */
	__u32 phase;
	__u32 connection; /* entry of connections[], CONNECTION_NONE until it is known */
	__u32 zero;
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

static __always_inline void tcp_socket_own(struct tcp_socket *socket, __u64 cgroup_id, struct cgroup *cgroup)
{
	__u32 group = socket_group(cgroup_id, cgroup);

	socket->group = group;
	socket->cgroup_id = group ? cgroup_id : 0;
}

static __always_inline void tcp_socket_own_by_maker(struct tcp_socket *socket, const struct sock *sk)
{
	tcp_socket_own(socket, socket_maker_id(sk), sock_cgroup(sk));
}

static __always_inline void tcp_socket_own_by_task(struct tcp_socket *socket, struct task_struct *task)
{
	tcp_socket_own(socket, task_cgroup_id(task), task_cgroup(task));
}

/* What is kept for the owner; that of group 0 when there is none or its cgroup is gone. */
static __always_inline struct group_tcp *tcp_group(const struct tcp_socket *socket)
{
	return socket_counts(socket->group, socket->cgroup_id);
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

/* Before the counter that tells of it, as above. */
static __always_inline void tcp_observe_bytes(struct group_tcp *tcp, enum tcp_bytes which, __u64 bytes)
{
	__u32 bucket = histogram_bytes_bucket(bytes);

	if (!tcp || bucket >= BYTES_BUCKETS)
		return;
	__sync_fetch_and_add(&tcp->bytes[which].sum_bytes, bytes);
	__sync_fetch_and_add(&tcp->bytes[which].bucket[bucket], 1);
}
