/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What compat.bpf.h is, for sockets. */

/*
 * The v2 cgroup that made a socket; NULL where it is not known. The pointer has a field of its own since commit
 * 8520e224f547, 5.15; before, its lowest bits tell that it is none (net_prio and net_cls took its place).
 */
struct sock_cgroup_data___before_5_15 {
	__u64 val;
} __attribute__((preserve_access_index));

static __always_inline struct cgroup *sock_cgroup(const struct sock *sk)
{
	struct cgroup *cgroup;
	__u64 value;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
		cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	} else {
		value = BPF_CORE_READ((const struct sock_cgroup_data___before_5_15 *)&sk->sk_cgrp_data, val);
		cgroup = value & 3 ? NULL : (struct cgroup *)value;
	}
	return cgroup;
}

static __always_inline __u64 sock_cgroup_id(const struct sock *sk)
{
	struct cgroup *cgroup = sock_cgroup(sk);

	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

/* A socket of TCP that has never sent: its first number is drawn with the first SYN. */
static __always_inline bool file_is_fresh_tcp(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if (file_kind_read(file) != DESCRIPTOR_SOCKET)
		return false;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	return BPF_CORE_READ(sk, sk_protocol) == PROTOCOL_TCP &&
	       file_protocol_read(file) == VALUE_INDEX(protocol, TCP) &&
	       !BPF_CORE_READ((struct tcp_sock *)sk, write_seq);
}
