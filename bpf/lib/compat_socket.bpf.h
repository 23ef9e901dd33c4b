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
