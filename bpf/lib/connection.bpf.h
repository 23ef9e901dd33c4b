/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/*
 * TCP connections by the other end: an entry of connections[] per cgroup, direction, peer and port of the service. A socket finds
 * its entry once, at connect() or when it is established, and refers to it until its last state, so that what ends later, or is
 * sent again, needs no look-up.
 */
#include "lib/tcp_socket.bpf.h"

#define FAMILY_INET 2
#define FAMILY_INET6 10
#define SOCKET_IS_DONE (1UL << SOCK_DONE)

static __always_inline struct connection_row *connection_at(__u32 number)
{
	return bpf_map_lookup_elem(&connections, &number);
}

/* Of this key, made at first sight where `may_make`; CONNECTION_NONE when there is none, or none is free. */
static __noinline __u32 connection_get(struct connection_row_key *key, bool may_make)
{
	__u32 *found = bpf_map_lookup_elem(&connection_by_key, key), number = 0;
	struct connection_row *row;

	if (found)
		return *found;
	if (!may_make || bpf_map_pop_elem(&free_connections, &number))
		return CONNECTION_NONE;
	row = connection_at(number);
	if (!row)
		return CONNECTION_NONE;
	row->key = *key;
	if (bpf_map_update_elem(&connection_by_key, key, &number, BPF_NOEXIST) == 0) {
		barrier();
		*(volatile __u32 *)&row->state = CONNECTION_LIVE;
		return number;
	}
	/* another CPU was first, or the table is full */
	row->key = (struct connection_row_key){};
	bpf_map_push_elem(&free_connections, &number, 0);
	found = bpf_map_lookup_elem(&connection_by_key, key);
	return found ? *found : CONNECTION_NONE;
}

/* The machines that bpf/ is for are little-endian. */
static __always_inline __u16 socket_peer_port(const struct sock *sk)
{
	return __builtin_bswap16(sk->__sk_common.skc_dport);
}

static __always_inline void connection_key_fill(struct connection_row_key *key, const struct sock *sk,
						bool is_out)
{
	if (sk->__sk_common.skc_family == FAMILY_INET6) {
		struct in6_addr peer = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);

		__builtin_memcpy(key->address, &peer, sizeof(key->address));
	} else {
		__u32 address = sk->__sk_common.skc_daddr;

		key->address[10] = key->address[11] = 0xff;
		__builtin_memcpy(&key->address[12], &address, sizeof(address));
	}
	key->port = is_out ? socket_peer_port(sk) : sk->__sk_common.skc_num;
}

/* A listener may outlive its cgroup, with another process: what it then takes in is nobody's, as in tcp_group(). */
static __always_inline void connection_own(struct tcp_socket *socket)
{
	__u32 number = socket->group;
	struct group *group = bpf_map_lookup_elem(&groups, &number);

	if (!group || group->cgroup_id != socket->cgroup_id) {
		socket->cgroup_id = 0;
		socket->group = 0;
	}
}

/* Gives the socket its entry: that of its key, else that of all other keys of its cgroup, else that of all. */
static __always_inline struct connection_row *connection_choose(struct tcp_socket *socket,
								const struct sock *sk, bool is_out)
{
	__u16 direction = is_out ? VALUE_INDEX(direction, OUT) : VALUE_INDEX(direction, IN);
	struct connection_row_key key = { .direction = direction };
	struct connection_row *row;
	struct group_tcp *tcp;
	bool has_room;

	connection_own(socket);
	key.cgroup_id = socket->cgroup_id;
	tcp = tcp_group(socket);
	has_room = tcp && tcp->connections < cfg.connections_per_cgroup;
	connection_key_fill(&key, sk, is_out);
	socket->connection = connection_get(&key, false);
	if (!socket->connection && has_room) {
		socket->connection = connection_get(&key, true);
		if (socket->connection && tcp)
			__sync_fetch_and_add(&tcp->connections, 1);
	}
	if (!socket->connection) {
		__builtin_memset(key.address, 0, sizeof(key.address));
		key.port = 0;
		socket->connection = connection_get(&key, true) ?: CONNECTION_REST;
	}
	row = connection_at(socket->connection);
	if (row)
		__sync_fetch_and_add(&row->references, 1);
	return row;
}

/* The socket's entry; NULL when it has none, or it is another's by now. */
static __always_inline struct connection_row *connection_of(const struct tcp_socket *socket)
{
	struct connection_row *row = connection_at(socket->connection);

	if (socket->connection == CONNECTION_REST)
		return row;
	return socket->connection && row && row->key.cgroup_id == socket->cgroup_id ? row : NULL;
}

/* Payload, however often it was sent. */
static __always_inline __u64 socket_sent(const struct sock *sk)
{
	const struct tcp_sock *tcp = (const struct tcp_sock *)sk;
	__u64 again = BPF_CORE_READ(tcp, bytes_retrans), sent = BPF_CORE_READ(tcp, bytes_sent);

	return sent > again ? sent - again : 0;
}

/* The end of the stream counts as a byte there (tcp_rcv_nxt_update()); tcp_fin() sets SOCK_DONE. */
static __always_inline __u64 socket_received(const struct sock *sk)
{
	__u64 end = BPF_CORE_READ(sk, __sk_common.skc_flags) & SOCKET_IS_DONE ? 1 : 0;
	__u64 received = BPF_CORE_READ((const struct tcp_sock *)sk, bytes_received);

	return received > end ? received - end : 0;
}

/* tcp_sock.srtt_us is 8 times the smoothed round trip in us */
static __always_inline __u64 socket_round_trip_us(const struct sock *sk)
{
	return BPF_CORE_READ((const struct tcp_sock *)sk, srtt_us) >> 3;
}

/* The last of the socket's connection: what it moved is known now, and its entry may be given back. */
static __always_inline void connection_end(struct tcp_socket *socket, const struct sock *sk)
{
	struct connection_row *row = connection_of(socket);

	socket->connection = CONNECTION_NONE;
	if (!row)
		return;
	__sync_fetch_and_add(&row->sent_bytes, socket_sent(sk));
	__sync_fetch_and_add(&row->received_bytes, socket_received(sk));
	__sync_fetch_and_add(&row->references, -1);
}

/* A socket that is there, with what it moved so far. */
static __always_inline void connection_survey(const struct tcp_socket *socket, const struct sock *sk)
{
	struct connection_row *row = connection_of(socket);
	__u64 trip_us;

	if (!row)
		return;
	row->open_sent_bytes += socket_sent(sk);
	row->open_received_bytes += socket_received(sk);
	trip_us = socket->phase == TCP_PHASE_OPEN ? socket_round_trip_us(sk) : 0;
	row->open_trip_us += trip_us;
	row->open_trips += trip_us != 0;
}
