/* SPDX-License-Identifier: Apache-2.0 */
/* Switches that went unseen, pids that share a cell, and threads that find no slot: nothing is lost. */
#include "bpf_host_pair.h"

TestSuite(bpf_slotless, .init = set_up, .fini = tear_down, .timeout = 60);

Test(bpf_slotless, a_thread_whose_coming_went_unseen_is_found_at_its_switch_away)
{
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, other);
	host_switch_unseen(task);
	host_task_set(task, V_CPU, 2003);
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->switches, 2);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 2003);
	eq(host_record(FIRST_SLOT + 1)->switches, 0);
	eq(host_cpu(0)->stale_slot, 1);
	eq(host_cpu(0)->switches, 2);
}

Test(bpf_slotless, a_record_left_by_a_task_that_died_unseen_is_retired)
{
	struct host_task *later = host_task_new(NULL, 101, AFTER + 3, CGROUP_A, "later");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_sched_switch(false, NULL, later);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_VANISHED, RECORD_VANISHED);
	eq(current_slot(), FIRST_SLOT + 1);
	eq(current_record()->flags, RECORD_BORN | RECORD_LEADER);
	eq(host_cpu(0)->stale_slot, 1);
	eq(host_cpu(0)->deaths, 0);
	host_task_free(later);
}

Test(bpf_slotless, a_pid_that_points_to_the_slot_of_another_does_it_no_harm)
{
	struct host_task *later = host_task_new(NULL, 101, AFTER + 3, CGROUP_A, "later");

	/* the reader found that `task` was gone: its slot is given to `other`, its pid still points there */
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_give_back(FIRST_SLOT);
	host_sched_switch(false, NULL, other);
	eq(current_slot(), FIRST_SLOT);
	host_leave(other, false, HOST_SLEEPING, later);
	eq(host_record(FIRST_SLOT)->state, RECORD_LIVE);
	eq(host_record(FIRST_SLOT)->flags & RECORD_VANISHED, 0);
	host_leave(later, false, HOST_SLEEPING, other);
	eq(current_slot(), FIRST_SLOT);
	host_task_free(later);
}

Test(bpf_slotless, pids_that_share_a_cell_are_told_apart)
{
	struct host_task *twin = host_task_new(NULL, 101 + SLOT_CELLS, AFTER, CGROUP_A, "twin");
	bool far;

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, twin);
	eq(host_slot(101, &far), FIRST_SLOT);
	eq(far, false);
	eq(host_slot(101 + SLOT_CELLS, &far), FIRST_SLOT + 1);
	eq(far, true);
	host_leave(twin, false, HOST_SLEEPING, task);
	eq(current_slot(), FIRST_SLOT);
	host_task_exit(task, 0, true);
	host_leave(task, false, HOST_DEAD, twin);
	eq(current_slot(), FIRST_SLOT + 1); /* also behind a cell that is free again */
	host_task_exit(twin, 0, true);
	host_leave(twin, false, HOST_DEAD, NULL);
	eq(host_slot(101 + SLOT_CELLS, &far), 0);
	eq(far, false);
	eq(host_cpu(0)->stale_slot, 0);
	host_task_free(twin);
}

Test(bpf_slotless, a_pid_that_gets_its_cell_late_leaves_nothing_in_the_second_table)
{
	struct host_task *twin = host_task_new(NULL, 101 + SLOT_CELLS, AFTER, CGROUP_A, "twin");
	bool far;

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, twin);
	host_leave(twin, false, HOST_SLEEPING, task);
	host_task_exit(task, 0, true);
	host_leave(task, false, HOST_DEAD, NULL);
	host_task_set_cgroup(twin, CGROUP_B);
	host_sched_switch(false, NULL, twin); /* the new record's slot goes into the free cell */
	eq(host_slot(101 + SLOT_CELLS, &far), FIRST_SLOT + 2);
	host_task_exit(twin, 0, true);
	host_leave(twin, false, HOST_DEAD, NULL);
	eq(host_slot(101 + SLOT_CELLS, &far), 0);
	eq(far, false);
	host_task_free(twin);
}

static void fill_table(void)
{
	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
}

Test(bpf_slotless, without_a_slot_the_catch_all_takes_exact_differences)
{
	struct host_task *old = host_task_new(NULL, 109, BEFORE, CGROUP_A, "old");

	fill_table();
	for (int i = 0; i < TASK_VALUES; i++)
		host_task_set(old, i, 1000000 + i);
	for (int round = 0; round < 3; round++) {
		host_leave(task, false, HOST_SLEEPING, old);
		eq(current_slot(), 0);
		for (int i = 0; i < TASK_VALUES; i++)
			host_task_add(old, i, 101 + i);
		host_sched_switch(false, old, task);
	}
	for (int i = 0; i < TASK_VALUES; i++)
		eq(host_record(0)->value[i], 3 * (101 + i));
	eq(host_record(0)->switches, 3);
	eq(host_cpu(0)->switches, 6);
	eq(host_record(FIRST_SLOT)->switches, 3);
	eq(host_cpu(0)->no_slot, 0);
	host_task_free(old);
}

Test(bpf_slotless, what_began_before_it_was_met_is_not_in_the_catch_all)
{
	struct host_task *old = host_task_new(NULL, 109, BEFORE, CGROUP_A, "old");

	fill_table();
	host_task_set(old, V_CPU, 1000003);
	host_switch_unseen(old);
	host_leave(old, false, HOST_SLEEPING, task);
	eq(host_record(0)->value[V_CPU], 0);
	eq(host_record(0)->switches, 1);
	host_task_free(old);
}

Test(bpf_slotless, births_starts_and_ends_of_the_slotless_are_counted)
{
	static const __s32 codes[] = { 0, 0, 0, 1 << 8, 2 << 8, 9, 6 };
	struct host_task *thread;

	fill_table();
	for (int i = 0; i < 7; i++) {
		struct host_task *brief = host_task_new(NULL, 211 + i, AFTER, CGROUP_A, "brief");

		host_leave(task, false, HOST_SLEEPING, brief);
		host_task_exit(brief, codes[i], true);
		host_leave(brief, false, HOST_DEAD, task);
		host_task_free(brief);
	}
	thread = host_task_new(task, 307, AFTER, CGROUP_A, "thread");
	host_leave(task, false, HOST_SLEEPING, thread);
	host_task_exit(thread, 0, false);
	host_leave(thread, false, HOST_DEAD, task);
	eq(host_cpu(0)->no_slot, 8);
	eq(host_cpu(0)->slotless_starts, 7);
	eq(host_cpu(0)->slotless_exits[VALUE_INDEX(exit_status, SUCCESS)], 3);
	eq(host_cpu(0)->slotless_exits[VALUE_INDEX(exit_status, FAILURE)], 2);
	eq(host_cpu(0)->slotless_exits[VALUE_INDEX(exit_status, SIGNAL)], 2);
	eq(host_cpu(0)->births, 1);
	eq(host_cpu(0)->deaths, 0);
	eq(host_record(0)->switches, 8);
	host_task_free(thread);
}

Test(bpf_slotless, a_slotless_thread_gets_the_slot_that_became_free)
{
	fill_table();
	host_leave(task, false, HOST_SLEEPING, other);
	eq(current_slot(), 0);
	host_task_add(other, V_CPU, 503);
	host_give_back(FIRST_SLOT);
	host_leave(other, false, HOST_SLEEPING, NULL);
	eq(host_record(0)->value[V_CPU], 503);
	eq(slot_of(103), FIRST_SLOT);
	eq(host_record(FIRST_SLOT)->flags & (RECORD_BORN | RECORD_LEADER),
	   RECORD_LEADER); /* counted already */
	eq(host_base(FIRST_SLOT)->value[V_CPU], 503);
	host_sched_switch(false, NULL, other);
	eq(current_slot(), FIRST_SLOT);
	eq(host_cpu(0)->no_slot, 1);
	eq(host_cpu(0)->births, 1);
}

Test(bpf_slotless, a_poke_of_a_slotless_thread_loses_nothing)
{
	fill_table();
	host_leave(task, false, HOST_SLEEPING, other);
	for (int i = 0; i < 3; i++) {
		host_task_add(other, V_CPU, 101);
		host_poke();
	}
	host_task_add(other, V_CPU, 7);
	host_leave(other, false, HOST_SLEEPING, task);
	eq(host_record(0)->value[V_CPU], 3 * 101 + 7);
}

Test(bpf_slotless, a_slot_found_in_the_middle_of_a_run_loses_nothing)
{
	fill_table();
	host_task_exit(task, 0, true);
	host_leave(task, false, HOST_DEAD, other);
	host_task_add(other, V_CPU, 101);
	host_give_back(FIRST_SLOT);
	host_sys_exit(39, 0, 103);
	host_poke();
	host_task_add(other, V_CPU, 7);
	host_leave(other, false, HOST_SLEEPING, NULL);
	eq(host_record(0)->value[V_CPU] + host_record(FIRST_SLOT)->value[V_CPU] -
		   host_base(FIRST_SLOT)->value[V_CPU],
	   101 + 7);
	eq(host_record(0)->calls + host_record(FIRST_SLOT)->calls, 1);
	eq(host_record(0)->switches + host_record(FIRST_SLOT)->switches, 1);
}
