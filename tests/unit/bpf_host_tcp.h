/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* A part of bpf_host.c: TCP and UDP sockets and their storage. */

static void connection_maps_start(void)
{
	map_start(&connections, HOST_CONNECTIONS);
	map_start(&connection_by_key, HOST_CONNECTIONS);
	map_start(&free_connections, HOST_CONNECTIONS);
	for (__u32 number = HOST_CONNECTIONS - 1; number >= CONNECTION_FIRST; number--)
		bpf_map_push_elem(&free_connections, &number, 0);
}

struct host_socket {
	struct tcp_sock tcp; /* first: one address for all that it is */
	struct tcp_socket storage;
	struct udp_socket drops;
	struct socket socket;
	bool has_storage, has_drops;
};

static struct sock *sock_of(struct host_socket *socket)
{
	return socket ? (struct sock *)&socket->tcp : NULL;
}

struct host_socket *host_socket_new(__u16 family, __u64 maker_cgroup_id)
{
	struct host_socket *socket = zeroed(sizeof(*socket));
	struct sock *sk = sock_of(socket);

	sk->__sk_common.skc_family = family;
	sk->__sk_common.skc_state = TCP_CLOSE;
	sk->sk_protocol = 6;
	sk->sk_cgrp_data.cgroup = &cgroup_get(maker_cgroup_id)->v2;
	return socket;
}

struct host_socket *host_socket_child(struct host_socket *listener)
{
	struct host_socket *child = zeroed(sizeof(*child));

	__builtin_memcpy(child, listener, sizeof(*child));
	host_socket_set_state(child, TCP_SYN_RECV);
	return child;
}

void host_socket_set_protocol(struct host_socket *socket, __u16 protocol)
{
	sock_of(socket)->sk_protocol = protocol;
}

void host_socket_set_error(struct host_socket *socket, int error)
{
	sock_of(socket)->sk_err = error;
}

void host_socket_set_sent(struct host_socket *socket, __u32 packets)
{
	socket->tcp.segs_out = packets;
}

void host_socket_set_round_trip(struct host_socket *socket, __u32 round_trip_us)
{
	socket->tcp.srtt_us = round_trip_us << 3;
}

void host_socket_set_state(struct host_socket *socket, int state)
{
	struct sock *sk = sock_of(socket);

	inet_sock_set_state(sk, sk->__sk_common.skc_state, state);
	if (host.twins)
		inet_sock_set_state_twin(sk, sk->__sk_common.skc_state, state);
	host_socket_state_unseen(socket, state);
}

void host_set_twins(bool twins)
{
	host.twins = twins;
}

void host_socket_state_unseen(struct host_socket *socket, int state)
{
	*(volatile unsigned char *)&sock_of(socket)->__sk_common.skc_state = state;
}

void host_socket_destroy(struct host_socket *socket)
{
	tcp_destroy_sock(sock_of(socket));
	free(socket);
}

void host_socket_retransmit(struct host_socket *socket, __u16 segments)
{
	struct sk_buff *skb = zeroed(sizeof(*skb));

	((struct tcp_skb_cb *)&skb->cb)->tcp_gso_segs = segments;
	tcp_retransmit_skb(sock_of(socket), skb);
	free(skb);
}

void host_socket_retransmit_synack(struct host_socket *listener)
{
	tcp_retransmit_synack(sock_of(listener));
}

void host_socket_send_reset(struct host_socket *socket)
{
	tcp_send_reset(sock_of(socket));
}

void host_socket_receive_reset(struct host_socket *socket)
{
	tcp_receive_reset(sock_of(socket));
}

static void survey_file(struct host_task *task, struct host_socket *socket,
			int (*program)(struct bpf_iter__task_file *))
{
	struct file *file = zeroed(sizeof(*file));
	struct bpf_iter__task_file context = { .task = &task->task, .file = file };

	if (socket)
		socket->socket.sk = sock_of(socket);
	file->private_data = socket ? &socket->socket : NULL;
	program(&context);
	free(file);
}

void host_survey_socket(struct host_task *task, struct host_socket *socket, bool only_listeners)
{
	__u32 zero = 0;
	struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	control->survey_listeners = only_listeners;
	survey_file(task, socket, survey_sockets);
}

void host_survey_drops(struct host_task *task, struct host_socket *socket)
{
	survey_file(task, socket, survey_drops);
}

void host_socket_drop(struct host_socket *socket, int result)
{
	udp_fail_queue_rcv_skb(result, sock_of(socket));
}

const struct group_tcp *host_group_tcp(__u32 group)
{
	return bpf_map_lookup_elem(&group_tcps, &group);
}

__u32 host_group_of(__u64 cgroup_id)
{
	const __u32 *number = bpf_map_lookup_elem(&group_by_cgroup, &cgroup_id);

	return number ? *number : 0;
}

__u32 host_sockets_by_address(void)
{
	return map_of(&tcp_sockets_by_address)->count;
}

void host_group_lose(__u64 cgroup_id)
{
	__u32 number = host_group_of(cgroup_id);
	struct group *group = bpf_map_lookup_elem(&groups, &number);

	__builtin_memset(group, 0, sizeof(*group));
	bpf_map_delete_elem(&group_by_cgroup, &cgroup_id);
	bpf_map_push_elem(&free_groups, &number, 0);
}

static void *bpf_sk_storage_get(const void *map, void *sk, void *value, __u64 flags)
{
	struct host_socket *socket = sk;
	bool *has = map == &udp_sockets ? &socket->has_drops : &socket->has_storage;

	if ((map != &tcp_sockets && map != &udp_sockets) || (!*has && !(flags & BPF_SK_STORAGE_GET_F_CREATE)))
		return NULL;
	*has = true;
	return map == &udp_sockets ? (void *)&socket->drops : &socket->storage;
}

static struct socket *bpf_sock_from_file(struct file *file)
{
	return file->private_data;
}

void host_socket_set_peer(struct host_socket *socket, const __u8 address[16], __u16 peer_port, __u16 own_port)
{
	struct sock_common *common = &socket->tcp.inet_conn.icsk_inet.sk.__sk_common;

	__builtin_memcpy(&common->skc_v6_daddr, address, 16);
	__builtin_memcpy(&common->skc_daddr, address + 12, 4);
	common->skc_dport = __builtin_bswap16(peer_port);
	common->skc_num = own_port;
}

void host_socket_set_moved(struct host_socket *socket, __u64 sent, __u64 sent_again, __u64 received,
			   bool has_end)
{
	socket->tcp.bytes_sent = sent + sent_again;
	socket->tcp.bytes_retrans = sent_again;
	socket->tcp.bytes_received = received + has_end;
	sock_of(socket)->__sk_common.skc_flags = has_end ? 1UL << SOCK_DONE : 0;
}

void host_survey_connection(struct host_socket *socket)
{
	struct bpf_iter__bpf_sk_storage_map context = { .sk = sock_of(socket), .value = &socket->storage };

	survey_connections(&context);
}

const struct connection_row *host_connection(__u64 cgroup_id, __u32 direction, const __u8 address[16],
					     __u16 port)
{
	struct connection_row_key key = { .cgroup_id = cgroup_id, .port = port, .direction = direction };
	const __u32 *number;

	if (address)
		__builtin_memcpy(key.address, address, sizeof(key.address));
	number = bpf_map_lookup_elem(&connection_by_key, &key);
	return number ? connection_at(*number) : NULL;
}

const struct connection_row *host_connection_rest(void)
{
	return connection_at(CONNECTION_REST);
}
