/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Counting of system calls. Only the thread itself writes these fields, at the end of its calls. */
#include "lib/call_end.bpf.h"
#include "lib/transfer.bpf.h"

/* What a call on one descriptor moved is counted, *ret_bytes is how much of it; returns the class that the descriptor gives it. */
static __always_inline __u32 call_transfer(struct cpu_state *cpu, struct record *record,
					   struct task_struct *current, const struct pt_regs *regs, __u32 how,
					   long result, __u64 *ret_bytes, bool preemptible)
{
	struct call_arguments arguments;
	enum descriptor_kind kind;
	struct file *file;

	if (preemptible)
		call_arguments_now(&arguments);
	file = task_file(current, preemptible ? arguments.first : regs->di);
	kind = file_kind(file);
	if (how == TRANSFER_RECEIVE &&
	    (preemptible ? arguments.fourth : regs->r10) & (FLAG_PEEK | FLAG_ERRORS))
		return VALUE_INDEX(class, NETWORK);
	if (how == TRANSFER_RECEIVE_MESSAGE &&
	    (preemptible ? arguments.third : regs->dx) & (FLAG_PEEK | FLAG_ERRORS))
		return VALUE_INDEX(class, NETWORK);
	*ret_bytes = transfer_side(cpu, record, file, kind, how == TRANSFER_WRITE || how == TRANSFER_SEND,
				   false, result, preemptible);
	switch (kind) {
	case DESCRIPTOR_FILE:
		return VALUE_INDEX(class, FILE);
	case DESCRIPTOR_SOCKET:
		return VALUE_INDEX(class, NETWORK);
	case DESCRIPTOR_PIPE:
		return VALUE_INDEX(class, IPC);
	default:
		return VALUE_INDEX(class, OTHER);
	}
}

/* Profile full: the call was drawn at its entry. */
static __noinline void call_observe(struct record *record, __u32 class)
{
	__u64 latency_ns = bpf_ktime_get_ns() - record->enter_ns;

	record->enter_ns = 0;
	group_observe_latency(record->group, class, latency_ns);
}

/*
 * `preemptible`: the program may be preempted, moved to another CPU, and run by another thread in between. Then the current
 * slot of a CPU says nothing, and the per-CPU numbers need atomic adds; the record is still written by its thread only.
 *
 * `regs`: where the registers of the thread lie, at the top of its stack. The same as at its last call: the slot is its own, and
 * no helper need be asked who it is (8 to 10 ns).
 */
static __always_inline void on_call_exit(struct pt_regs *regs, __u64 call, long result, bool preemptible)
{
	__u32 number, class, how, error;
	__u64 task, bytes = 0;
	struct cpu_state *cpu = cpu_current(&number);
	struct task_struct *current;
	struct record *record;
	bool compat;

	if (!cpu || result == -ERRNO_RESTART_ALWAYS)
		return;
	record = record_at(preemptible ? slot_find((__u32)bpf_get_current_pid_tgid()) : cpu->slot);
	if (!record)
		return;
	if (!cfg.has_rdonly_cast || preemptible || record->regs != (__u64)regs) {
		task = bpf_get_current_task();
		if (record->task == task)
			record->regs = (__u64)regs;
		else
			record = record_far(cpu, number, task, preemptible);
		if (!record)
			return;
	} else {
		task = record->task;
	}
	if (cfg.has_rdonly_cast) {
		current = bpf_rdonly_cast((void *)task, bpf_core_type_id_kernel(struct task_struct));
		compat = current->thread_info.status & THREAD_COMPAT_BIT;
	} else {
		current = (struct task_struct *)task;
		compat = BPF_CORE_READ(current, thread_info.status) & THREAD_COMPAT_BIT;
	}
	error = call_end_error(result);
	/* a child's first return is not a call of its own: the parent's is counted */
	if (result == 0 && !compat && CALL_IS_CLONE(call))
		return;
	if (call == -1ULL) { /* restored registers: x86 clears the number */
		call = CALL_RT_SIGRETURN;
		error = 0;
	}
	call = call_end_number(call, compat);
	class = cfg.call[call].class;
	how = cfg.call[call].transfer;
	if (how > TRANSFER_RECEIVE_MESSAGE) {
		bytes = transfer_count(cpu, record, regs, how | (preemptible ? TRANSFER_PREEMPTIBLE : 0),
				       result);
	} else if (how && (how <= TRANSFER_WRITE || !cfg.has_socket_hooks)) {
		__u32 by_descriptor = call_transfer(cpu, record, current, regs, how, result, &bytes,
						    preemptible);

		if (class == CALL_BY_DESCRIPTOR)
			class = by_descriptor;
	}
	if (record->enter_ns)
		call_observe(record, class);
	barrier_var(class);
	class &= 15;
	record->value[V_SYSCALLS + class]++;
	if (error)
		record->value[V_SYSCALL_ERRORS + class]++;
	barrier();
	*(volatile __u64 *)&record->calls += 1; /* the reader knows by it that the rest is there */
	CPU_ADD(cpu->calls_by_number[call]);
	if (error) {
		error = call_end_error_cell(error);
		if (error < ERRNO_NUMBERS)
			CPU_ADD(cpu->errors_by_number[error]);
	}
	barrier();
	CPU_ADD(cpu->calls);
	if (bytes)
		CPU_ADD_MANY(cpu->bytes, bytes);
}

/* One call in 2^SAMPLE_SHIFT on average, at random distances, so that no loop of a program can hide from it. */
static __always_inline void on_call_enter(bool preemptible)
{
	__u32 number;
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record;
	__u64 state;

	if (!cpu)
		return;
	if (cpu->sample_in > 1) {
		cpu->sample_in--;
		return;
	}
	state = cpu->sample_state ?: 0x9e3779b97f4a7c15ULL + number;
	state ^= state << 13; /* xorshift64, Marsaglia 2003 */
	state ^= state >> 7;
	state ^= state << 17;
	cpu->sample_state = state;
	/* uniform on 1 .. 2^(shift+1) - 1: mean 2^shift */
	cpu->sample_in = 1 + (state >> 11) % ((2ULL << SAMPLE_SHIFT) - 1);
	record = record_at(preemptible ? slot_find((__u32)bpf_get_current_pid_tgid()) : cpu->slot);
	if (record && record->task == bpf_get_current_task())
		record->enter_ns = bpf_ktime_get_ns();
}
