/* SPDX-License-Identifier: Apache-2.0 */
/* What an exec does to the records, also where its hook is skipped or comes late. */
#include "bpf_host_pair.h"

TestSuite(bpf_exec, .init = set_up, .fini = tear_down, .timeout = 60);

Test(bpf_exec, an_exec_begins_a_new_record_under_the_new_name)
{
	host_sched_switch(false, NULL, task);
	host_sys_exit(39, 0, 101);
	host_task_exec(task, "program");
	host_sched_process_exec(task, 101);
	host_sys_exit(59, 0, 0);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_MOVED, RECORD_MOVED);
	eq(host_record(FIRST_SLOT)->calls, 1);
	cr_expect_str_eq(host_name(FIRST_SLOT), "worker");
	eq(current_slot(), FIRST_SLOT + 1);
	eq(current_record()->calls, 1);
	cr_expect_str_eq(host_name(current_slot()), "program");
	eq(slot_of(101), FIRST_SLOT + 1);
	eq(host_cpu(0)->births, 1);
}

Test(bpf_exec, an_exec_without_a_free_slot_renames_the_record)
{
	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
	host_task_exec(task, "program");
	host_sched_process_exec(task, 101);
	eq(host_record(FIRST_SLOT)->state, RECORD_LIVE);
	cr_expect_str_eq(host_name(FIRST_SLOT), "program");
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->value[V_EXECS] - host_base(FIRST_SLOT)->value[V_EXECS], 1);
}

Test(bpf_exec, an_exec_whose_hook_was_skipped_renames_the_record_at_the_switch)
{
	host_sched_switch(false, NULL, task);
	host_task_exec(task, "program");
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->state, RECORD_LIVE);
	cr_expect_str_eq(host_name(FIRST_SLOT), "program");
	eq(host_record(FIRST_SLOT)->value[V_EXECS] - host_base(FIRST_SLOT)->value[V_EXECS], 1);
}

Test(bpf_exec, an_exec_that_is_switched_away_before_its_hook_belongs_to_the_new_program)
{
	const struct record *old = host_record(FIRST_SLOT);
	__u32 fresh;

	host_sched_switch(false, NULL, task);
	host_task_exec(task, "program");
	host_task_set_in_exec(task, true);
	host_leave(task, true, HOST_RUNNING, NULL);
	eq(old->value[V_EXECS] - host_base(FIRST_SLOT)->value[V_EXECS], 0);
	cr_expect_str_eq(host_name(FIRST_SLOT), "worker");
	host_sched_switch(false, NULL, task);
	host_sched_process_exec(task, 101);
	host_task_set_in_exec(task, false);
	eq(old->state, RECORD_DEAD);
	fresh = current_slot();
	cr_expect_str_eq(host_name(fresh), "program");
	eq(host_record(fresh)->value[V_EXECS] - host_base(fresh)->value[V_EXECS], 1);
}

Test(bpf_exec, an_exec_by_another_thread_than_the_leader_keeps_its_record_by_its_new_pid)
{
	struct host_task *thread = host_task_new(task, 107, AFTER + 2, CGROUP_A, "worker");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, thread);
	host_sys_exit(39, 0, 107);
	/* the leader ends, then the pids are exchanged; the hook is skipped */
	host_set_cpu(1);
	host_switch_unseen(task);
	host_cpu(1)->slot = FIRST_SLOT;
	host_task_exit(task, 0, false);
	host_leave(task, false, HOST_DEAD, NULL);
	host_set_cpu(0);
	host_task_exec(thread, "program");
	eq(host_task_pid(thread), 101);
	host_leave(thread, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_GROUP_DEAD, 0);
	eq(host_record(FIRST_SLOT + 1)->state, RECORD_LIVE);
	eq(host_record(FIRST_SLOT + 1)->pid, 101);
	eq(host_record(FIRST_SLOT + 1)->calls, 1);
	eq(slot_of(101), FIRST_SLOT + 1);
	eq(slot_of(107), 0);
	host_sched_switch(false, NULL, thread);
	eq(current_slot(), FIRST_SLOT + 1);
	eq(host_cpu(0)->stale_slot, 0);
	host_task_free(thread);
}

Test(bpf_exec, a_leader_whose_last_switch_comes_after_the_exchange_takes_no_pid_away)
{
	struct host_task *thread = host_task_new(task, 107, AFTER + 2, CGROUP_A, "worker");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, thread);
	host_set_cpu(1);
	host_switch_unseen(task);
	host_cpu(1)->slot = FIRST_SLOT;
	host_task_exit(task, 0, false);
	host_set_cpu(0);
	host_task_exec(thread, "program");
	host_sched_process_exec(thread, 107);
	host_set_cpu(1);
	host_leave(task, false, HOST_DEAD, NULL);
	host_set_cpu(0);
	eq(slot_of(101), FIRST_SLOT + 2);
	eq(slot_of(107), 0);
	eq(host_record(FIRST_SLOT + 2)->pid, 101);
	host_leave(thread, false, HOST_SLEEPING, NULL);
	host_sched_switch(false, NULL, thread);
	eq(current_slot(), FIRST_SLOT + 2);
	eq(host_cpu(0)->stale_slot, 0);
	eq(host_cpu(0)->births, 2);
	eq(host_cpu(1)->deaths, 1);
	host_task_free(thread);
}
