/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "lib/socket_owner.bpf.h"

/*
 * Datagrams that a UDP socket had no room for, counted for the cgroup that owns the socket, whoever runs in the softirq.
 *
 * On v2 that is the cgroup that made it, which the socket knows (sk_cgrp_data). On v1 nothing tells it while the right task is
 * current: no tracepoint comes by when a UDP socket is made or bound. There a socket's first drops count in group 0 and are
 * remembered with the socket, until survey_drops meets a process that has it, and moves them to that process's cgroup. The reader
 * has it run between two readings, so nobody sees group 0 shrink. Without socket storage (before 5.11) they stay there.
 */

/* include/linux/socket.h and errno are macros. */
#define UDP_PROTOCOL 17
#define UDP_LITE_PROTOCOL 136
#define ERROR_NO_MEMORY 12

struct udp_socket {
	__u64 cgroup_id; /* of the owner, set before the group */
	__u32 group;     /* 0: not known yet */
	__u32 zero;
	__u64 ownerless[DIMENSION_WIDTH(udp_receive_drop)]; /* counted in group 0; atomic adds */
};

/* socket -> its owner, for sockets that dropped something on v1; deleted with the socket */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct udp_socket);
} udp_sockets SEC(".maps");

/* Softirqs of several CPUs at once. */
static __always_inline void udp_on_drop(const struct sock *sk, int result)
{
	__u32 cause = result == -ERROR_NO_MEMORY ? VALUE_INDEX(udp_receive_drop, RECEIVE_BUFFER) :
						   VALUE_INDEX(udp_receive_drop, MEMORY);
	struct udp_socket *socket;
	__u64 cgroup_id = 0;
	__u32 group = 0;

	if (cfg.cgroup_v1 && cfg.has_socket_storage) {
		socket = bpf_sk_storage_get(&udp_sockets, (void *)sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
		if (socket && socket->group) {
			group = socket->group;
			cgroup_id = socket->cgroup_id;
		} else if (socket) {
			__sync_fetch_and_add(&socket->ownerless[cause], 1);
		}
	} else {
		cgroup_id = socket_maker_id(sk);
		group = socket_group(cgroup_id, sock_cgroup(sk));
	}
	tcp_add(socket_counts(group, cgroup_id), UDP_VALUE(RECEIVE_DROPS) + cause, 1);
}

static __always_inline void udp_on_survey(const struct sock *sk, struct task_struct *task)
{
	struct group_tcp *owner, *nobody;
	struct udp_socket *socket;

	if (sk->sk_protocol != UDP_PROTOCOL && sk->sk_protocol != UDP_LITE_PROTOCOL)
		return;
	socket = bpf_sk_storage_get(&udp_sockets, (void *)sk, NULL, 0);
	if (!socket)
		return;
	if (!socket->group) {
		socket->cgroup_id = task_cgroup_id(task);
		barrier();
		socket->group = socket_group(socket->cgroup_id, task_cgroup(task));
	}
	owner = socket_counts(socket->group, socket->cgroup_id);
	nobody = socket_counts(0, 0);
	/* also what a hook still added that had met no owner */
	for (__u32 i = 0; i < DIMENSION_WIDTH(udp_receive_drop); i++) {
		__u64 drops = *(volatile __u64 *)&socket->ownerless[i];

		if (!drops)
			continue;
		__sync_fetch_and_add(&socket->ownerless[i], -drops);
		tcp_add(owner, UDP_VALUE(RECEIVE_DROPS) + i, drops);
		tcp_add(nobody, UDP_VALUE(RECEIVE_DROPS) + i, -drops);
	}
}
