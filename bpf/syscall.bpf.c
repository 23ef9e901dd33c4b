// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* System calls: counts and errors by class into the thread's record, by number and errno into the CPU's tables; in profile
 * full the time inside a random sample of them. */
#include "lib/program.bpf.h"
#include "lib/call.bpf.h"

/*
 * Why the exit: one hook gives number, result and descriptor; a hook costs more than all the counting. Process context;
 * preemption is off up to 6.18. Since 5.5.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	on_call_exit(regs, regs->orig_ax, result, false);
	return 0;
}

/*
 * The lossless twin for kernels that run programs of system calls preemptibly (7.2, commit 439ebd5b5708) and skip a tp_btf
 * program that was preempted on the same CPU; this kind is skipped only while a bpf() call was preempted there, of which the
 * reader makes none. 23 ns dearer.
 */
SEC("tracepoint/raw_syscalls/sys_exit")
int sys_exit_tracepoint(struct trace_event_raw_sys_exit *context)
{
	on_call_exit(NULL, context->id, context->ret, true);
	return 0;
}

/* Profile full. Process context, as sys_exit. Since 5.5. */
SEC("tp_btf/sys_enter")
int sys_enter(void *context)
{
	on_call_enter(false);
	return 0;
}

/* Lossless twin, see sys_exit_tracepoint. */
SEC("tracepoint/raw_syscalls/sys_enter")
int sys_enter_tracepoint(void *context)
{
	on_call_enter(true);
	return 0;
}
