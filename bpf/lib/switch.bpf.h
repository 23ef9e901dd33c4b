/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What a context switch does to the records of the two threads. Interrupts are off: nothing else writes on this CPU. */
#include "lib/record.bpf.h"

/* Books a wait that ended: the time away without the time then spent runnable, which is known only now (sched_info of a
 * thread is updated after the tracepoint that switches to it). */
static __always_inline void switch_end_wait(struct record *record, __u64 runqueue_ns)
{
	__u32 reason = record->wait_reason;
	__u64 away_ns;

	if (!reason || !record->arrived_ns)
		return;
	away_ns = record->arrived_ns - record->departed_ns;
	reason = (reason - 1) & 7;
	barrier_var(reason);
	reason &= 7;
	record->value[V_WAIT + reason] += away_ns > runqueue_ns ? away_ns - runqueue_ns : 0;
}

static __always_inline __u32 switch_exit_status(__s32 code)
{
	if (code & 0x7f)
		return VALUE_INDEX(exit_status, SIGNAL);
	return code & 0xff00 ? VALUE_INDEX(exit_status, FAILURE) : VALUE_INDEX(exit_status, SUCCESS);
}

/* exit and exit_group never return: they are counted when the thread is gone. */
static __always_inline void switch_count_exit_call(struct cpu_state *cpu, struct record *record,
						   struct task_struct *prev)
{
	__u64 number = task_call_now(prev).number;

	if (number != CALL_EXIT && number != CALL_EXIT_GROUP)
		return;
	record->calls++;
	record->value[V_SYSCALLS + VALUE_INDEX(class, PROCESS)]++;
	cpu->calls_by_number[number & (SYSCALL_NUMBERS - 1)]++;
	barrier();
	cpu->calls++;
}

/* The thread of `record` leaves the CPU. */
static __always_inline void switch_leave(struct cpu_state *cpu, struct record *record, __u32 slot,
					 struct task_struct *prev, bool preempted, __u64 *now_ns)
{
	__u64 runqueue_ns = record->value[V_RUNQUEUE], execs = record->value[V_EXECS];
	__u32 state = task_state(prev), seq = record->seq;

	*(volatile __u32 *)&record->seq = seq + 1;
	barrier();
	task_copy(record, prev);
	if (record->named_exec != (__u32)record->value[V_EXECS]) {
		if (task_is_in_exec(prev)) {
			/* the hook is still to come: the exec belongs to the record that it makes */
			record->value[V_EXECS] = execs;
		} else {
			/* it was skipped; the name may be the command's by now */
			record_set_name(slot, prev);
			record->named_exec = record->value[V_EXECS];
		}
	}
	runqueue_ns = record->value[V_RUNQUEUE] - runqueue_ns;
	group_observe_runqueue(record->group, runqueue_ns);
	if (cfg.waits) {
		switch_end_wait(record, runqueue_ns);
		record->wait_reason = task_wait_reason(prev, state, preempted);
		if (record->wait_reason) {
			*now_ns = bpf_ktime_get_ns();
			record->departed_ns = *now_ns;
			record->arrived_ns = 0;
		}
	}
	record->switches++;
	barrier();
	*(volatile __u32 *)&record->seq = seq + 2;
	if (state & TASK_DEAD_BIT) {
		switch_count_exit_call(cpu, record, prev);
		if (prev->signal->live.counter == 0) {
			record->flags |= RECORD_GROUP_DEAD;
			record->exit_code = task_group_exit_code(prev);
		}
		slot_drop(record->pid, slot);
		record_retire(cpu, record, slot);
		cpu->deaths++;
		return;
	}
	/* exec by another thread than the leader: it took over the leader's pid */
	if (record->pid != (__u32)prev->pid) {
		slot_drop(record->pid, slot);
		record->pid = prev->pid;
		slot_put(record->pid, slot);
	}
	if (record->cset != (__u64)prev->cgroups)
		record_move(cpu, record, slot, prev);
}

/* What a thread without a record did since it came, or since the last time here, goes to the catch-all of its CPU. */
static __noinline void switch_count_slotless(struct cpu_state *cpu, __u32 number, struct task_struct *task)
{
	struct record *record = record_at(number);

	if (!record || cpu->base_task != (__u64)task)
		return;
#define TASK_VALUE(index, field)                                  \
	{                                                         \
		__u64 value = BPF_CORE_READ(task, field);         \
		record->value[index] += value - cpu->base[index]; \
		cpu->base[index] = value;                         \
	}
	TASK_VALUE_LIST
#undef TASK_VALUE
}

/* A thread without a record leaves: what it did since it came goes to the catch-all of this CPU. */
static __noinline void switch_leave_slotless(struct cpu_state *cpu, __u32 number, struct task_struct *prev)
{
	struct record *record = record_at(number);

	if (!record)
		return;
	switch_count_slotless(cpu, number, prev);
	cpu->base_task = 0;
	record->switches++;
	if (!(task_state(prev) & TASK_DEAD_BIT)) {
		/* its coming went unseen, or a slot has become free since */
		record_new(cpu, prev, 0, RECORD_LATE);
		return;
	}
	switch_count_exit_call(cpu, record, prev);
	/* several threads may be past the last one's end: only the leader, of which there is one, speaks for the process */
	if (prev->pid == prev->tgid) {
		__u32 status = switch_exit_status(task_group_exit_code(prev));

		if (status < DIMENSION_WIDTH(exit_status))
			cpu->slotless_exits[status]++;
	}
}

/* Slot of a thread whose table entry does not name it: a new one; a record left under its pid belonged to a task whose
 * death went unseen. */
static __noinline __u32 switch_enter_unknown(struct cpu_state *cpu, struct task_struct *next, __u32 stale)
{
	struct record *record = stale ? record_at(stale) : NULL;

	if (record && record->state == RECORD_LIVE && record->pid == (__u32)next->pid) {
		cpu->stale_slot++;
		record->flags |= RECORD_VANISHED;
		record_retire(cpu, record, stale);
	}
	return record_new(cpu, next, 0, 0);
}

/* `next` comes onto the CPU. */
static __always_inline void switch_enter(struct cpu_state *cpu, __u32 number, struct task_struct *next,
					 __u64 now_ns)
{
	__u32 pid = next->pid, slot;
	struct record *record;

	if (!pid) {
		cpu->slot = number;
		cpu->idle = 1;
		return;
	}
	slot = slot_find(pid);
	record = slot ? record_at(slot) : NULL;
	if (!record || record->task != (__u64)next) {
		slot = switch_enter_unknown(cpu, next, slot);
	} else {
		if (record->wait_reason)
			record->arrived_ns = now_ns ?: bpf_ktime_get_ns();
		if (record->cset != (__u64)next->cgroups) {
			/* the wait ends in the old cgroup; its time on the run queue is not known yet */
			switch_end_wait(record, 0);
			record->wait_reason = WAIT_NONE;
			task_copy(record, next);
			slot = record_move(cpu, record, slot, next);
		}
	}
	if (!slot) {
		slotless_begin(cpu, next);
		slot = number;
	}
	cpu->slot = slot;
	cpu->idle = 0;
}

/* Brings the record of the running thread up to date, as if it had just left the CPU and come back. */
static __noinline void switch_bring_up(struct record *record, struct task_struct *task)
{
	__u64 runqueue_ns = record->value[V_RUNQUEUE];

	record->seq++;
	barrier();
	task_copy_counters(record, task); /* an exec counts for the program that it begins: see on_exec() */
	runqueue_ns = record->value[V_RUNQUEUE] - runqueue_ns;
	group_observe_runqueue(record->group, runqueue_ns);
	switch_end_wait(record, runqueue_ns);
	record->wait_reason = WAIT_NONE;
	barrier();
	record->seq++;
}

static __always_inline void on_switch(bool preempted, struct task_struct *prev, struct task_struct *next)
{
	__u32 number, slot;
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record;
	__u64 now_ns = 0;

	if (!cpu)
		return;
	slot = cpu->slot;
	record = record_at(slot);
	if (record && record->task != (__u64)prev && prev->pid) {
		/* not the thread that this CPU was last seen to run: a switch went unseen, or it has no record */
		slot = slot_find(prev->pid);
		record = slot ? record_at(slot) : NULL;
		if (record && record->task == (__u64)prev)
			cpu->stale_slot++;
		else
			record = NULL;
	}
	if (prev->pid) {
		if (record)
			switch_leave(cpu, record, slot, prev, preempted, &now_ns);
		else
			switch_leave_slotless(cpu, number, prev);
		barrier();
		cpu->switches++;
	}
	switch_enter(cpu, number, next, now_ns);
}

/*
 * The thread now on this CPU, brought up to date without a switch. Runs in an interrupt of that thread (or on the reader's
 * own CPU in its system call), so no switch can be halfway. The hook of exec can: then the current slot is retired already.
 */
static __always_inline void on_poke(void)
{
	__u32 number, slot, pid;
	struct cpu_state *cpu = cpu_current(&number);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct record *record;

	if (!cpu)
		return;
	pid = BPF_CORE_READ(task, pid);
	if (!pid) {
		cpu->slot = number;
		cpu->idle = 1;
		return;
	}
	slot = cpu->slot;
	record = record_at(slot);
	if (!record || record->task != (__u64)task || record->state != RECORD_LIVE) {
		slot = slot_find(pid);
		record = slot ? record_at(slot) : NULL;
		if (!record || record->task != (__u64)task) {
			if (cpu->base_task == (__u64)task) {
				switch_count_slotless(cpu, number, task);
				return;
			}
			slot = record_new(cpu, task, 0, 0);
			if (!slot) {
				slotless_begin(cpu, task);
				slot = number;
			}
			record = NULL;
		}
		cpu->slot = slot;
		cpu->idle = 0;
		if (!record)
			return;
	}
	switch_bring_up(record, task);
}
