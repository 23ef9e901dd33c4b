// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that do nothing, on the hooks of ktally: what a hook costs whatever is done in it. */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_exit")
int empty_exit(void *context)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int empty_enter(void *context)
{
	return 0;
}

SEC("tp_btf/sched_switch")
int empty_switch(void *context)
{
	return 0;
}

SEC("tp_btf/sock_send_length")
int empty_send(void *context)
{
	return 0;
}

SEC("tp_btf/sock_recv_length")
int empty_receive(void *context)
{
	return 0;
}
