/* SPDX-License-Identifier: Apache-2.0 */
/* What a context switch does to the records: births, deaths and moves. */
#include "bpf_host_pair.h"

#define NANOSLEEP 35

TestSuite(bpf_switch, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- birth -------------------------------------------------------------------------------------------------------- */

Test(bpf_switch, a_thread_is_born_at_its_first_switch)
{
	const struct record *record;

	host_sched_switch(false, NULL, task);
	record = current_record();
	eq(current_slot(), FIRST_SLOT);
	eq(host_cpu(0)->idle, 0);
	eq(record->state, RECORD_LIVE);
	eq(record->flags, RECORD_BORN | RECORD_LEADER);
	eq(record->pid, 101);
	eq(record->tgid, 101);
	eq(host_base(FIRST_SLOT)->start_ns, AFTER);
	eq(record->cgroup_id, CGROUP_A);
	eq(record->task, host_task_address(task));
	eq(record->group, 1);
	eq(record->seq & 1, 0);
	eq(host_group(1)->cgroup_id, CGROUP_A);
	eq(host_group(1)->state, GROUP_LIVE);
	cr_expect_str_eq(host_name(FIRST_SLOT), "worker");
	eq(slot_of(101), FIRST_SLOT);
	eq(host_cpu(0)->births, 1);
	eq(host_cpu(0)->switches, 0); /* the idle task's are not counted */
	eq(host_free_slots(), SLOTS - HOST_CPUS - 1);
}

Test(bpf_switch, a_birth_is_counted_once)
{
	for (int i = 0; i < 7; i++) {
		host_sched_switch(false, NULL, task);
		host_leave(task, false, HOST_SLEEPING, NULL);
	}
	eq(host_cpu(0)->births, 1);
	eq(host_cpu(0)->switches, 7);
	eq(host_record(FIRST_SLOT)->switches, 7);
	eq(host_record(FIRST_SLOT)->value[VOLUNTARY], 7);
	eq(host_cpu(0)->slot, 0);
	eq(host_cpu(0)->idle, 1);
}

Test(bpf_switch, a_second_thread_is_born_but_starts_no_process)
{
	struct host_task *thread = host_task_new(task, 107, AFTER + 2, CGROUP_A, "worker");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, thread);
	eq(current_record()->flags, RECORD_BORN);
	eq(current_record()->tgid, 101);
	eq(host_base(current_slot())->start_ns, AFTER); /* the process's */
	eq(host_cpu(0)->births, 2);
	host_task_free(thread);
}

Test(bpf_switch, all_that_a_newborn_did_counts_but_the_execs_of_its_parent)
{
	host_task_set(task, V_EXECS, 13);
	host_task_set(task, V_CPU, 997);
	host_sched_switch(false, NULL, task);
	eq(host_base(current_slot())->value[V_CPU], 0);
	eq(host_base(current_slot())->value[V_EXECS], 13);
	eq(current_record()->value[V_EXECS], 13);
	host_task_set(task, V_CPU, 1999);
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 1999);
	eq(host_record(FIRST_SLOT)->value[V_EXECS], 13);
}

Test(bpf_switch, an_older_thread_begins_with_its_counters_as_base)
{
	struct host_task *old = host_task_new(NULL, 109, BEFORE, CGROUP_A, "old");

	for (int i = 0; i < TASK_VALUES; i++)
		host_task_set(old, i, 1009 + i);
	host_sched_switch(false, NULL, old);
	eq(current_record()->flags, RECORD_LEADER);
	eq(host_cpu(0)->births, 0);
	for (int i = 0; i < TASK_VALUES; i++) {
		eq(host_base(current_slot())->value[i], 1009 + i);
		eq(current_record()->value[i], 1009 + i);
	}
	host_task_free(old);
}

Test(bpf_switch, a_thread_that_has_run_unseen_is_not_born)
{
	host_task_set(task, INVOLUNTARY, 1);
	host_sched_switch(false, NULL, task);
	eq(current_record()->flags, RECORD_LEADER);
	eq(host_cpu(0)->births, 0);
}

Test(bpf_switch, a_kernel_thread_is_marked_and_named_by_its_command)
{
	struct host_task *kernel = host_task_new(NULL, 113, AFTER, 1, "kworker/3:1");

	host_task_set_kernel_thread(kernel);
	host_sched_switch(false, NULL, kernel);
	eq(current_record()->flags & RECORD_KERNEL, RECORD_KERNEL);
	cr_expect_str_eq(host_name(current_slot()), "kworker/3:1");
	host_leave(kernel, false, HOST_IDLE, NULL);
	eq(host_record(FIRST_SLOT)->wait_reason, WAIT_NONE);
	host_task_free(kernel);
}

Test(bpf_switch, a_long_executable_name_is_cut_and_ended)
{
	char name[100];
	struct host_task *long_named;

	memset(name, 'x', 99);
	name[99] = '\0';
	long_named = host_task_new(NULL, 113, AFTER, CGROUP_A, name);
	host_sched_switch(false, NULL, long_named);
	eq(strlen(host_name(current_slot())), NAME_SIZE - 1);
	host_task_free(long_named);
}

Test(bpf_switch, threads_of_one_cgroup_share_a_group)
{
	struct host_task *third = host_task_new(NULL, 107, AFTER, CGROUP_B, "third");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, other);
	host_leave(other, false, HOST_SLEEPING, third);
	eq(host_record(slot_of(101))->group, 1);
	eq(host_record(slot_of(103))->group, 1);
	eq(host_record(slot_of(107))->group, 2);
	eq(host_free_groups(), GROUPS - 1 - 2);
	host_task_free(third);
}

Test(bpf_switch, without_a_free_group_the_first_takes_all_and_says_so)
{
	struct host_task *tasks[GROUPS + 1];

	for (int i = 0; i <= GROUPS; i++) {
		tasks[i] = host_task_new(NULL, 211 + i, AFTER, 5003 + i, "x");
		host_leave(i ? tasks[i - 1] : NULL, false, HOST_SLEEPING, tasks[i]);
	}
	eq(current_record()->group, 0);
	eq(host_cpu(0)->no_group, 2); /* GROUPS - 1 groups for GROUPS + 1 cgroups */
	for (int i = 0; i <= GROUPS; i++)
		host_task_free(tasks[i]);
}

static __u32 group_of_new(uint32_t pid, uint64_t cgroup_id)
{
	struct host_task *new = host_task_new(NULL, pid, AFTER, cgroup_id, "x");
	__u32 group;

	host_sched_switch(false, NULL, new);
	group = host_record(slot_of(pid))->group;
	host_leave(new, false, HOST_SLEEPING, NULL);
	host_task_free(new);
	return group;
}

Test(bpf_switch, in_a_container_that_has_its_share_no_more_groups_are_made)
{
	host_cgroup_put_below(5009, 5003);
	host_cgroup_put_below(5011, 5009);
	host_cgroup_put_below(5003, 1);
	eq(group_of_new(211, 5009), 1);
	host_set_crowd(0, 6007);
	host_set_crowd(1, 5003);
	eq(group_of_new(223, 5011), 0);
	eq(group_of_new(227, 5003), 0);
	eq(group_of_new(229, 5009), 1); /* it has one */
	eq(group_of_new(233, 5021), 2); /* is elsewhere */
	eq(host_cpu(0)->crowded, 2);
	eq(host_cpu(0)->no_group, 0);
	eq(host_free_groups(), GROUPS - 1 - 2);
	host_set_crowd(1, 0);
	eq(group_of_new(239, 5011), 3);
}

Test(bpf_switch, in_a_container_that_has_its_share_nobody_hides_far_below)
{
	for (uint64_t id = 7000; id < 7040; id++)
		host_cgroup_put_below(id + 1, id);
	eq(group_of_new(211, 7040), 1);
	host_set_crowd(0, 6007);
	eq(group_of_new(223, 7031), 2); /* 32 levels, up to 7000 */
	eq(group_of_new(227, 7032), 0);
}

Test(bpf_switch, on_v1_the_cgroup_is_that_of_the_cpu_hierarchy_unless_it_is_the_root)
{
	struct host_task *v1, *root;

	config.cgroup_v1 = 1;
	host_start(&config, SLOTS, GROUPS);
	v1 = host_task_new(NULL, 107, AFTER, CGROUP_V1 | 4127, "v1");
	root = host_task_new(NULL, 109, AFTER, 4129, "root");
	host_sched_switch(false, NULL, v1);
	eq(current_record()->cgroup_id, CGROUP_V1 | 4127);
	host_leave(v1, false, HOST_SLEEPING, root);
	eq(current_record()->cgroup_id, 4129);
	host_task_free(v1);
	host_task_free(root);
}

/* ---- death -------------------------------------------------------------------------------------------------------- */

static __u32 die(__s32 code, bool group)
{
	__u32 slot;

	host_sched_switch(false, NULL, task);
	slot = current_slot();
	host_task_exit(task, code, group);
	host_leave(task, false, HOST_DEAD, NULL);
	return slot;
}

Test(bpf_switch, a_dead_thread_gives_up_its_pid_and_is_announced)
{
	__u32 slot = die(0, false);

	eq(host_record(slot)->state, RECORD_DEAD);
	eq(host_record(slot)->flags, RECORD_BORN | RECORD_LEADER | RECORD_GROUP_DEAD);
	eq(host_record(slot)->switches, 1);
	eq(host_record(slot)->seq & 1, 0);
	eq(slot_of(101), 0);
	eq(host_cpu(0)->deaths, 1);
	eq(host_cpu(0)->retired, 1);
	eq(host_cpu(0)->retired_slot[0], slot);
	eq(host_free_slots(), SLOTS - HOST_CPUS - 1); /* the reader gives it back */
}

Test(bpf_switch, the_exit_code_is_that_of_the_process)
{
	eq(host_record(die(0, false))->exit_code, 0);
}

Test(bpf_switch, a_failure_keeps_its_code)
{
	eq(host_record(die(7 << 8, true))->exit_code, 7 << 8);
}

Test(bpf_switch, a_signal_keeps_its_number)
{
	eq(host_record(die(9, true))->exit_code, 9);
}

Test(bpf_switch, only_the_last_thread_ends_the_process)
{
	struct host_task *thread = host_task_new(task, 107, AFTER + 2, CGROUP_A, "worker");

	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_SLEEPING, thread);
	host_task_exit(thread, 0, false);
	host_leave(thread, false, HOST_DEAD, task);
	eq(host_record(FIRST_SLOT + 1)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT + 1)->flags & RECORD_GROUP_DEAD, 0);
	host_task_exit(task, 3 << 8, true);
	host_leave(task, false, HOST_DEAD, NULL);
	eq(host_record(FIRST_SLOT)->flags & RECORD_GROUP_DEAD, RECORD_GROUP_DEAD);
	eq(host_record(FIRST_SLOT)->exit_code, 3 << 8);
	eq(host_cpu(0)->deaths, 2);
	host_task_free(thread);
}

Test(bpf_switch, a_leader_that_ends_first_leaves_its_code_to_the_last_thread)
{
	struct host_task *thread = host_task_new(task, 107, AFTER + 2, CGROUP_A, "worker");

	host_sched_switch(false, NULL, thread);
	host_leave(thread, false, HOST_SLEEPING, task);
	host_task_exit(task, 5 << 8, false); /* pthread_exit() of main */
	host_leave(task, false, HOST_DEAD, thread);
	host_task_exit(thread, 0, false);
	host_leave(thread, false, HOST_DEAD, NULL);
	eq(host_record(FIRST_SLOT)->flags & RECORD_GROUP_DEAD, RECORD_GROUP_DEAD);
	eq(host_record(FIRST_SLOT)->exit_code, 5 << 8);
	host_task_free(thread);
}

Test(bpf_switch, the_list_of_the_retired_wraps_around)
{
	for (unsigned int i = 0; i < 2 * RETIRED_SLOTS + 3; i++) {
		struct host_task *brief = host_task_new(NULL, 211 + i, AFTER, CGROUP_A, "brief");
		__u32 slot;

		host_sched_switch(false, NULL, brief);
		slot = current_slot();
		host_task_exit(brief, 0, true);
		host_leave(brief, false, HOST_DEAD, NULL);
		eq(host_cpu(0)->retired_slot[i % RETIRED_SLOTS], slot);
		host_give_back(slot);
		host_task_free(brief);
	}
	eq(host_cpu(0)->retired, 2 * RETIRED_SLOTS + 3);
	eq(host_cpu(0)->deaths, 2 * RETIRED_SLOTS + 3);
	eq(host_cpu(0)->births, 2 * RETIRED_SLOTS + 3);
	eq(host_free_slots(), SLOTS - HOST_CPUS);
}

Test(bpf_switch, a_slot_given_back_is_used_again)
{
	__u32 slot = die(0, true);

	host_give_back(slot);
	host_sched_switch(false, NULL, other);
	eq(current_slot(), slot);
	eq(current_record()->pid, 103);
	eq(current_record()->switches, 0);
	eq(current_record()->flags, RECORD_BORN | RECORD_LEADER);
}

/* ---- moves -------------------------------------------------------------------------------------------------------- */

static void check_move(__u32 fresh)
{
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_MOVED, RECORD_MOVED);
	eq(host_record(FIRST_SLOT)->flags & RECORD_GROUP_DEAD, 0);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 2003);
	eq(host_record(fresh)->state, RECORD_LIVE);
	eq(host_record(fresh)->flags, RECORD_LEADER);
	eq(host_record(fresh)->cgroup_id, CGROUP_B);
	eq(host_base(fresh)->value[V_CPU], 2003);
	eq(host_record(fresh)->value[V_CPU], 2003);
	eq(slot_of(101), fresh);
	eq(host_cpu(0)->births, 1);
	eq(host_cpu(0)->deaths, 0);
	eq(host_cpu(0)->retired, 1);
}

Test(bpf_switch, a_thread_moved_while_it_runs_is_found_at_its_switch_away)
{
	host_sched_switch(false, NULL, task);
	host_task_set(task, V_CPU, 2003);
	host_task_set_cgroup(task, CGROUP_B);
	host_leave(task, false, HOST_SLEEPING, NULL);
	check_move(FIRST_SLOT + 1);
	eq(host_record(FIRST_SLOT)->switches, 1);
	eq(host_record(FIRST_SLOT + 1)->switches, 0);
}

Test(bpf_switch, a_thread_moved_while_it_is_away_is_found_at_its_return)
{
	host_sched_switch(false, NULL, task);
	host_task_set(task, V_CPU, 2003);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_task_set_cgroup(task, CGROUP_B);
	host_sched_switch(false, NULL, task);
	check_move(FIRST_SLOT + 1);
	eq(current_slot(), FIRST_SLOT + 1);
}

Test(bpf_switch, a_thread_that_moves_itself_counts_to_its_new_cgroup_at_once)
{
	host_sched_switch(false, NULL, task);
	host_task_set(task, V_CPU, 2003);
	host_task_set_cgroup(task, CGROUP_B);
	host_cgroup_attach_task(task);
	check_move(FIRST_SLOT + 1);
	eq(current_slot(), FIRST_SLOT + 1);
	host_sys_exit(39, 0, 101);
	eq(host_record(FIRST_SLOT)->calls, 0);
	eq(host_record(FIRST_SLOT + 1)->calls, 1);
}

Test(bpf_switch, a_move_without_a_free_slot_keeps_the_old_record)
{
	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
	host_task_set_cgroup(task, CGROUP_B);
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->state, RECORD_LIVE);
	eq(slot_of(101), FIRST_SLOT);
	eq(host_cpu(0)->no_slot, 0);
	eq(host_cpu(0)->retired, 0);
}

Test(bpf_switch, a_wait_that_goes_on_after_a_move_is_in_one_record_only)
{
	host_set_time(5000);
	host_sched_switch(false, NULL, task);
	host_task_set_call(task, NANOSLEEP, 0);
	host_task_set_cgroup(task, CGROUP_B);
	host_leave(task, false, HOST_SLEEPING, NULL);
	eq(host_record(FIRST_SLOT)->wait_reason, WAIT_NONE);
	eq(host_record(FIRST_SLOT + 1)->wait_reason, 1 + VALUE_INDEX(wait_reason, SLEEP));
	eq(host_record(FIRST_SLOT + 1)->departed_ns, 5000);
	host_set_time(12000);
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_RUNNING, NULL);
	eq(host_record(FIRST_SLOT)->value[WAIT(SLEEP)], 0);
	eq(host_record(FIRST_SLOT + 1)->value[WAIT(SLEEP)], 7000);
}

Test(bpf_switch, a_wait_during_which_the_thread_was_moved_counts_to_the_old_cgroup)
{
	host_set_time(5000);
	host_sched_switch(false, NULL, task);
	host_task_set_call(task, NANOSLEEP, 0);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_task_set_cgroup(task, CGROUP_B);
	host_set_time(12000);
	host_sched_switch(false, NULL, task);
	eq(host_record(FIRST_SLOT)->value[WAIT(SLEEP)], 7000);
	host_leave(task, false, HOST_RUNNING, NULL);
	eq(host_record(FIRST_SLOT + 1)->value[WAIT(SLEEP)], 0);
}
