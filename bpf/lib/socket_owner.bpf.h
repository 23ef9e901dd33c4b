/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What is kept for the cgroup that owns a socket. */
#include "lib/compat_socket.bpf.h"
#include "lib/group.bpf.h"

/* Group of a cgroup, made at first sight; 0 for cgroup 0, or when none is free. */
static __always_inline __u32 socket_group(__u64 cgroup_id, struct cgroup *cgroup)
{
	__u32 number;
	struct cpu_state *cpu = cpu_current(&number);

	return cpu && cgroup_id ? group_get(cpu, cgroup_id, cgroup) : 0;
}

/* Owner by the socket itself. On v1 and hybrid the v2 root says nothing: the v1 cgroup is what counts. */
static __always_inline __u64 socket_maker_id(const struct sock *sk)
{
	__u64 cgroup_id = sock_cgroup_id(sk);

	return cfg.cgroup_v1 && cgroup_id <= 1 ? 0 : cgroup_id;
}

/* That of group 0 when the group is not this cgroup's any more. */
static __always_inline struct group_tcp *socket_counts(__u32 number, __u64 cgroup_id)
{
	struct group *group = bpf_map_lookup_elem(&groups, &number);

	if (!group || group->cgroup_id != cgroup_id)
		number = 0;
	return bpf_map_lookup_elem(&group_tcps, &number);
}

static __always_inline void tcp_add(struct group_tcp *tcp, __u32 value, __u64 number)
{
	if (tcp && value < TCP_VALUES)
		__sync_fetch_and_add(&tcp->value[value], number);
}
