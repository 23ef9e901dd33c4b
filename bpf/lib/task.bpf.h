/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What the kernel already counts, exactly, in every task_struct. */

/*
 * Rows of source TASK in metrics.def and where task_struct keeps them. run_delay and pcount are there with
 * CONFIG_SCHED_INFO (on in every distribution through SCHEDSTATS or TASK_DELAY_ACCT), ioac with TASK_IO_ACCOUNTING.
 * self_exec_id grows by one with every exec past its point of no return (fs/exec.c, begin_new_exec), so no hook is spent
 * on counting them. utime and stime are tick samples, scaled by the reader as the kernel does for procfs.
 */
#define TASK_COUNTER_LIST                                                      \
	TASK_VALUE(V_CPU, se.sum_exec_runtime)                                 \
	TASK_VALUE(V_CPU_USER, utime)                                          \
	TASK_VALUE(V_CPU_SYSTEM, stime)                                        \
	TASK_VALUE(V_RUNQUEUE, sched_info.run_delay)                           \
	TASK_VALUE(V_RUNQUEUE_WAITS, sched_info.pcount)                        \
	TASK_VALUE(V_SWITCHES + VALUE_INDEX(switch_type, VOLUNTARY), nvcsw)    \
	TASK_VALUE(V_SWITCHES + VALUE_INDEX(switch_type, INVOLUNTARY), nivcsw) \
	TASK_VALUE(V_MIGRATIONS, se.nr_migrations)                             \
	TASK_VALUE(V_FAULTS + VALUE_INDEX(fault_type, MINOR), min_flt)         \
	TASK_VALUE(V_FAULTS + VALUE_INDEX(fault_type, MAJOR), maj_flt)         \
	TASK_VALUE(V_DISK_READ, ioac.read_bytes)                               \
	TASK_VALUE(V_DISK_WRITTEN, ioac.write_bytes)

#define TASK_VALUE_LIST   \
	TASK_COUNTER_LIST \
	TASK_VALUE(V_EXECS, self_exec_id)

/* CLOCK_BOOTTIME. Named so since commit cf25e24db61c, 5.5. */
static __always_inline __u64 task_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ(task, start_boottime);
}

/* Began after ktally did and has not run yet: all its counters start at 0. */
static __always_inline bool task_is_newborn(struct task_struct *task)
{
	return task_start_ns(task) >= cfg.started_ns && !BPF_CORE_READ(task, nvcsw) &&
	       !BPF_CORE_READ(task, nivcsw);
}

/* Copies all of them, by plain loads: only where `task` is a pointer the verifier trusts. */
static __always_inline void task_copy(struct record *record, struct task_struct *task)
{
#define TASK_VALUE(index, field) record->value[index] = task->field;
	TASK_VALUE_LIST
#undef TASK_VALUE
}

/* The same by helpers, for an address only; without the number of execs. */
static __always_inline void task_copy_counters(struct record *record, struct task_struct *task)
{
#define TASK_VALUE(index, field) record->value[index] = BPF_CORE_READ(task, field);
	TASK_COUNTER_LIST
#undef TASK_VALUE
}

/* wait_reason of a thread that leaves the CPU: WAIT_NONE while runnable, and for idle kernel threads. */
static __always_inline __u32 task_wait_reason(struct task_struct *task, __u32 state, bool preempted)
{
	struct task_call call;
	__u32 reason;

	if (!state || preempted || state & TASK_DEAD_BIT)
		return WAIT_NONE;
	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		return 1 + VALUE_INDEX(wait_reason, DISK);
	if (task->flags & PF_KTHREAD_BIT)
		return WAIT_NONE;
	if (task->thread_info.status & THREAD_COMPAT_BIT) /* its numbers are others */
		return 1 + VALUE_INDEX(wait_reason, OTHER);
	call = task_call_now(task);
	if (call.number >= SYSCALL_NUMBERS)
		return 1 + VALUE_INDEX(wait_reason, OTHER);
	reason = cfg.call[call.number & (SYSCALL_NUMBERS - 1)].wait;
	if (reason == CALL_WAIT_BY_DESCRIPTOR) {
		switch (file_kind(task_file(task, call.argument))) {
		case DESCRIPTOR_FILE:
			reason = VALUE_INDEX(wait_reason, DISK);
			break;
		case DESCRIPTOR_SOCKET:
			reason = VALUE_INDEX(wait_reason, NETWORK);
			break;
		case DESCRIPTOR_PIPE:
			reason = VALUE_INDEX(wait_reason, PIPE);
			break;
		default:
			reason = VALUE_INDEX(wait_reason, OTHER);
		}
	}
	return 1 + reason;
}

/* Exit code of a whole process as wait_task_zombie() (kernel/exit.c) gives it. */
static __always_inline __s32 task_group_exit_code(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	if (signal->flags & SIGNAL_GROUP_EXIT_BIT)
		return signal->group_exit_code;
	return BPF_CORE_READ(task, group_leader, exit_code);
}
