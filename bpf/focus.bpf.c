// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every system call of the containers that somebody looks at: by number, with errors and the time inside. Programs of their own, attached only
 * while somebody looks: else they cost nothing at all, which no flag in the other programs could.
 */
#include "lib/program.bpf.h"
#include "lib/focus.bpf.h"

/* Context and twins as in syscall.bpf.c. Since 5.5. */
SEC("tp_btf/sys_enter")
int BPF_PROG(focus_enter, struct pt_regs *regs, long call)
{
	on_focus_enter(call);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_enter")
int focus_enter_tracepoint(struct trace_event_raw_sys_enter *context)
{
	on_focus_enter(context->id);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(focus_exit, struct pt_regs *regs, long result)
{
	on_focus_exit(regs->orig_ax, result);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int focus_exit_tracepoint(struct trace_event_raw_sys_exit *context)
{
	on_focus_exit(context->id, context->ret);
	return 0;
}
