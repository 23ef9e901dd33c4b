// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Context switches: the one hook that sees every thread. It finds births and deaths, copies what the kernel counts, times
 * waits, and tells the other programs of this CPU which record is the current thread's. */
#include "lib/program.bpf.h"
#include "lib/switch.bpf.h"

/*
 * Why here: interrupts are off and the run queue is locked, so it cannot be preempted, nested or skipped, also on 7.x; the
 * task counters were brought up to date just before. The fourth argument (prev_state, 5.17) is not used: 5.10 refuses it.
 * Since 5.5.
 */
SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempted, struct task_struct *prev, struct task_struct *next)
{
	on_switch(preempted, prev, next);
	return 0;
}

/* A thread that moves itself would count into its old cgroup until its next switch; others are found at their next one. */
static __always_inline void on_attach(struct task_struct *task)
{
	__u32 number, slot;
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record;

	if (!cpu)
		return;
	slot = cpu->slot;
	record = record_at(slot);
	if (!record || record->task != (__u64)task || record->cset == (__u64)BPF_CORE_READ(task, cgroups))
		return;
	switch_bring_up(record, task);
	cpu->slot = record_move(cpu, record, slot, task);
}

/* Fires for the leader of the moved group, after the move. Process context. Since 5.5. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *destination, const char *path, struct task_struct *task)
{
	if ((__u64)task == bpf_get_current_task())
		on_attach(task);
	return 0;
}

/* Beside the other on 7.0 and later, see sched_process_exec_tracepoint. */
SEC("tracepoint/cgroup/cgroup_attach_task")
int cgroup_attach_task_tracepoint(struct trace_event_raw_cgroup_migrate *context)
{
	if ((__u32)context->pid == (__u32)bpf_get_current_pid_tgid())
		on_attach((struct task_struct *)bpf_get_current_task());
	return 0;
}

/* Never attached: run by the reader with BPF_PROG_TEST_RUN on each CPU that is not idle, for what its current thread did since
 * it came (about 30 us, an interrupt). Since 5.10. */
SEC("raw_tp/sched_switch")
int poke(void *context)
{
	on_poke();
	return 0;
}
