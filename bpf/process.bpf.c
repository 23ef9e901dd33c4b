// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Threads as a whole: the survey of all that exist (at start, and each tick in profile light), the memory of processes, the
 * executable's name after exec, and births and deaths where sched_switch is not attached. */
#include "lib/program.bpf.h"
#include "lib/resident.bpf.h"
#include "lib/switch.bpf.h"

static __always_inline void survey_task(struct cpu_state *cpu, const struct control *control,
					struct task_struct *task)
{
	__u32 slot = slot_find(task->pid);
	struct record *record = slot ? record_at(slot) : NULL;
	bool is_other; /* cgroup or program than the record's */

	if (!record || record->task != (__u64)task) {
		if (!control->survey_makes ||
		    task->exit_state) /* a zombie runs no more: nobody would end its record */
			return;
		slot = record_new(cpu, task, 0, RECORD_SEEDED);
		record = slot ? record_at(slot) : NULL;
		if (!record)
			return;
	}
	record->seen = control->survey_number;
	is_other = record->cset != (__u64)task->cgroups;
	if (!cfg.survey_copies) {
		if (!control->survey_makes)
			return;
		/* before the hooks were there, and it sleeps since: no switch tells of it */
		is_other |= record->named_exec != (__u32)task->self_exec_id && !task_is_in_exec(task);
		if (!is_other)
			return;
	}
	/* all of them change by what the task does: one that did not run since is not read by the reader either */
	if (record->value[V_CPU] != task->se.sum_exec_runtime) {
		record->seq++;
		barrier();
		if (cfg.survey_copies)
			task_copy(record, task);
		else
			task_copy_counters(record, task); /* the exec counts for the program that it began */
		barrier();
		record->seq++;
	}
	if (is_other) {
		slot = record_move(cpu, record, slot, task);
		record = record_at(slot);
		if (record)
			record->seen = control->survey_number;
	}
}

/* Run by reading the iterator's descriptor: process context of the reader, preemptible. About 1 us a thread. Since 5.8. */
SEC("iter/task")
int survey(struct bpf_iter__task *context)
{
	__u32 number, zero = 0;
	struct cpu_state *cpu = cpu_current(&number);
	const struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	struct task_struct *task = context->task;

	if (task && cpu && control)
		survey_task(cpu, control, task);
	return 0;
}

/* Run by reading the iterator's descriptor, some rows at a time. Process context of the reader, preemptible. Since 5.8. */
SEC("iter/task")
int resident(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct resident_row row = {};

	if (task && resident_tell(task, &row))
		bpf_seq_write(context->meta->seq, &row, sizeof(row));
	return 0;
}

/* Never attached: run by the reader with BPF_PROG_TEST_RUN in its own system call. Puts back what control_map lists. Since 5.10. */
SEC("raw_tp/sched_switch")
int give(void *context)
{
	__u32 zero = 0;
	struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	if (!control)
		return 0;
	for (__u32 i = 0; i < GIVEN_SLOTS && i < control->slot_count; i++)
		bpf_map_push_elem(&free_slots, &control->slot[i], 0);
	for (__u32 i = 0; i < GIVEN_GROUPS && i < control->group_cgroup_count; i++)
		bpf_map_delete_elem(&group_by_cgroup, &control->group_cgroup[i]);
	for (__u32 i = 0; i < GIVEN_GROUPS && i < control->group_count; i++)
		bpf_map_push_elem(&free_groups, &control->group[i], 0);
	for (__u32 i = 0; i < GIVEN_CONNECTIONS && i < control->connection_key_count; i++)
		bpf_map_delete_elem(&connection_by_key, &control->connection_key[i]);
	for (__u32 i = 0; i < GIVEN_CONNECTIONS && i < control->connection_count; i++)
		bpf_map_push_elem(&free_connections, &control->connection[i], 0);
	for (__u32 i = 0; i < GIVEN_DISKS && i < control->disk_count; i++) {
		bpf_map_delete_elem(&disk_by_owner, &control->disk_owner[i]);
		bpf_map_push_elem(&free_disks, &control->disk[i], 0);
	}
	return 0;
}

/* A new program begins a new record, so that not a call of the old one counts for it. */
static __always_inline void on_exec(struct task_struct *task, __u32 pid, __u32 old_pid)
{
	__u32 number, slot = slot_find(old_pid), fresh;
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record = slot ? record_at(slot) : NULL;

	if (!record || record->task != (__u64)task) {
		slot = slot_find(pid);
		record = slot ? record_at(slot) : NULL;
	}
	if (!cpu || !record || record->task != (__u64)task)
		return;
	if (record->named_exec == (__u32)BPF_CORE_READ(task, self_exec_id)) /* the twin was here */
		return;
	switch_bring_up(record, task);
	if (record->pid != pid)
		slot_drop(record->pid, slot);
	fresh = record_move(cpu, record, slot, task);
	if (cpu->slot == slot)
		cpu->slot = fresh;
	if (fresh == slot) /* none is free: the old record goes on under the new name */
		record_set_name(slot, task);
}

/*
 * Execs are counted by self_exec_id: one that this hook misses costs the sharp edge between two programs, no count. Here the
 * new memory is in place; at the thread's end it may be gone before the next switch. Process context. Since 5.5.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid)
{
	on_exec(task, task->pid, old_pid);
	return 0;
}

/*
 * Beside the other on 7.0 and later, which run tp_btf programs of such tracepoints preemptibly and skip one that was preempted
 * on the same CPU (commit a46023d5616e). This kind is skipped too, but at other moments: while a bpf() call of the reader was
 * preempted on that CPU. Whichever comes first does the work.
 */
SEC("tracepoint/sched/sched_process_exec")
int sched_process_exec_tracepoint(struct trace_event_raw_sched_process_exec *context)
{
	on_exec((struct task_struct *)bpf_get_current_task(), context->pid, context->old_pid);
	return 0;
}

/* Profile light: births. Process context of the parent, after the child is made and before it runs. Since 5.5. */
SEC("tp_btf/task_newtask")
int BPF_PROG(task_newtask, struct task_struct *task)
{
	__u32 number, zero = 0, slot = slot_find(task->pid);
	struct cpu_state *cpu = cpu_current(&number);
	const struct control *control = bpf_map_lookup_elem(&control_map, &zero);
	struct record *record = slot ? record_at(slot) : NULL;

	if (!cpu || !control || (record && record->task == (__u64)task))
		return 0;
	slot = record_new(cpu, task, 0, 0);
	record = slot ? record_at(slot) : NULL;
	if (record)
		record->seen = control->survey_number;
	return 0;
}

/* Profile light: what a task that ends did, and how its process ended when it was the last. */
static __always_inline void take_end(struct record *record, struct task_struct *task)
{
	task_copy(record, task);
	if (task->signal->live.counter == 0) {
		record->flags |= RECORD_GROUP_DEAD;
		record->exit_code = task_group_exit_code(task);
	}
}

/*
 * Profile light: the end as the task itself comes to it. Its last moments are still to come; they are told by
 * sched_process_free, but where that is not seen (it may run on behalf of any task) this is what counts. Process context of
 * the task. Since 5.5.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	__u32 slot = slot_find(task->pid);
	struct record *record = slot ? record_at(slot) : NULL;

	if (record && record->task == (__u64)task && record->state == RECORD_LIVE)
		take_end(record, task);
	return 0;
}

/* Profile light: deaths. From RCU, after the last switch: the task's counters are final. Since 5.5. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	__u32 number, slot = slot_find(task->pid);
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record = slot ? record_at(slot) : NULL;

	if (!cpu || !record || record->task != (__u64)task || record->state != RECORD_LIVE)
		return 0;
	take_end(record, task);
	slot_drop(record->pid, slot);
	record_retire(cpu, record, slot);
	cpu->deaths++;
	return 0;
}
