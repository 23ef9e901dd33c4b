/* SPDX-License-Identifier: Apache-2.0 */
/* Waits by reason and for a CPU, and how the records are brought up to date without a switch. */
#include "bpf_host_setup.h"

#define NANOSLEEP 35
#define FUTEX 202
#define EPOLL_WAIT 232
#define READ 0

static struct probe_config config;
static struct host_task *task;

static void set_up(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
}

static void tear_down(void)
{
	host_task_free(task);
	host_stop();
}

TestSuite(bpf_wait, .init = set_up, .fini = tear_down, .timeout = 60);

/* ---- waits -------------------------------------------------------------------------------------------------------- */

/* Waits 5 ms in a call and 1009 ns more for a CPU; the record after the switch away that follows. */
static struct record *wait_in(__u64 number, __u64 argument, __u32 state, bool in_iowait)
{
	host_sched_switch(false, NULL, task);
	host_set_time(7000003);
	host_task_set_call(task, number, argument);
	host_task_set_state(task, state, in_iowait);
	host_task_add(task, VOLUNTARY, 1);
	host_sched_switch(false, task, NULL);
	host_set_time(7000003 + 5000000 + 1009);
	host_sched_switch(false, NULL, task);
	host_task_add(task, V_RUNQUEUE, 1009);
	host_leave(task, true, HOST_RUNNING, NULL);
	return host_record(FIRST_SLOT);
}

static uint64_t sum_of_waits(const struct record *record)
{
	uint64_t sum = 0;

	for (int i = 0; i < DIMENSION_WIDTH(wait_reason); i++)
		sum += record->value[V_WAIT + i];
	return sum;
}

#define waits_for(reason, ...)                                       \
	do {                                                         \
		const struct record *record_ = wait_in(__VA_ARGS__); \
		eq(record_->value[WAIT(reason)], 5000000);           \
		eq(sum_of_waits(record_), 5000000);                  \
		eq(record_->wait_reason, WAIT_NONE);                 \
	} while (0)

Test(bpf_wait, a_sleep_in_a_call_of_32_bit_is_other_for_its_numbers_are_not_these)
{
	host_task_set_compat(task, true);
	waits_for(OTHER, FUTEX, 0, HOST_SLEEPING, false);
	host_task_set_compat(task, false);
}

Test(bpf_wait, a_sleep_is_exact_without_the_time_on_the_run_queue)
{
	waits_for(SLEEP, NANOSLEEP, 0, HOST_SLEEPING, false);
}

Test(bpf_wait, a_futex_is_a_lock)
{
	waits_for(LOCK, FUTEX, 0, HOST_SLEEPING, false);
}

Test(bpf_wait, epoll_is_a_poll)
{
	waits_for(POLL, EPOLL_WAIT, 3, HOST_SLEEPING, false);
}

Test(bpf_wait, a_read_of_a_pipe_waits_for_it)
{
	host_task_set_descriptor(task, 5, HOST_FIFO);
	waits_for(PIPE, READ, 5, HOST_SLEEPING, false);
}

Test(bpf_wait, a_read_of_a_socket_waits_for_the_network)
{
	host_task_set_descriptor(task, 5, HOST_SOCKET);
	waits_for(NETWORK, READ, 5, HOST_SLEEPING, false);
}

Test(bpf_wait, a_read_of_a_file_waits_for_the_disk)
{
	host_task_set_descriptor(task, 5, HOST_FILE);
	waits_for(DISK, READ, 5, HOST_UNINTERRUPTIBLE, false);
}

Test(bpf_wait, a_read_of_a_device_waits_for_something_else)
{
	host_task_set_descriptor(task, 5, HOST_DEVICE);
	waits_for(OTHER, READ, 5, HOST_SLEEPING, false);
}

Test(bpf_wait, a_wait_for_storage_is_the_disk_whatever_the_call)
{
	waits_for(DISK, NANOSLEEP, 0, HOST_UNINTERRUPTIBLE, true);
}

Test(bpf_wait, a_wait_outside_of_calls_is_something_else)
{
	waits_for(OTHER, -1ULL, 0, HOST_UNINTERRUPTIBLE, false);
}

Test(bpf_wait, the_freezable_bit_does_not_hide_a_wait)
{
	waits_for(SLEEP, NANOSLEEP, 0, 0x2001, false);
}

Test(bpf_wait, a_preempted_thread_does_not_wait)
{
	host_sched_switch(false, NULL, task);
	host_task_set_call(task, NANOSLEEP, 0);
	host_leave(task, true, HOST_SLEEPING, NULL); /* on its way to sleep */
	eq(host_record(FIRST_SLOT)->wait_reason, WAIT_NONE);
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_RUNNING, NULL);
	eq(host_record(FIRST_SLOT)->wait_reason, WAIT_NONE);
	eq(sum_of_waits(host_record(FIRST_SLOT)), 0);
}

Test(bpf_wait, a_wait_shorter_than_its_time_on_the_run_queue_is_nothing)
{
	host_sched_switch(false, NULL, task);
	host_set_time(7000003);
	host_task_set_call(task, NANOSLEEP, 0);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_set_time(7000013);
	host_sched_switch(false, NULL, task);
	host_task_add(task, V_RUNQUEUE, 11);
	host_leave(task, true, HOST_RUNNING, NULL);
	eq(sum_of_waits(host_record(FIRST_SLOT)), 0);
}

Test(bpf_wait, without_waits_no_clock_is_read)
{
	config.waits = 0;
	host_start(&config, SLOTS, GROUPS);
	eq(sum_of_waits(wait_in(NANOSLEEP, 0, HOST_SLEEPING, false)), 0);
	eq(host_record(FIRST_SLOT)->departed_ns, 0);
}

Test(bpf_wait, a_poke_ends_a_wait_and_brings_the_counters_up_to_date)
{
	host_sched_switch(false, NULL, task);
	host_set_time(7000003);
	host_task_set_call(task, FUTEX, 0);
	host_leave(task, false, HOST_SLEEPING, NULL);
	host_set_time(7000003 + 3001);
	host_sched_switch(false, NULL, task);
	host_task_set(task, V_CPU, 2003);
	host_task_add(task, V_RUNQUEUE, 1001);
	host_poke();
	host_poke();
	eq(current_record()->value[WAIT(LOCK)], 2000);
	eq(current_record()->value[V_CPU], 2003);
	eq(current_record()->wait_reason, WAIT_NONE);
	eq(current_record()->switches, 1);
	eq(current_record()->seq & 1, 0);
	host_leave(task, false, HOST_RUNNING, NULL);
	eq(host_record(FIRST_SLOT)->value[WAIT(LOCK)], 2000);
}

Test(bpf_wait, a_poke_tells_the_cpu_whose_slot_is_current)
{
	host_sched_switch(false, NULL, task);
	host_cpu(0)->slot = 0;
	host_poke();
	eq(current_slot(), FIRST_SLOT);
	eq(host_cpu(0)->idle, 0);
	host_switch_unseen(NULL);
	host_poke();
	eq(current_slot(), 0);
	eq(host_cpu(0)->idle, 1);
}

Test(bpf_wait, waits_on_the_run_queue_past_30_us_are_in_the_histogram_of_the_cgroup)
{
	unsigned int sum = 0, bucket = host_histogram_bucket(&config, 1000003);
	const struct group *group;

	host_sched_switch(false, NULL, task);
	group = host_group(current_record()->group);
	host_task_add(task, V_RUNQUEUE,
		      30517); /* 2^-15 s: in the first bucket, which is the task's own count */
	host_leave(task, true, HOST_RUNNING, task);
	host_task_add(task, V_RUNQUEUE, 30518);
	host_leave(task, true, HOST_RUNNING, task);
	host_task_add(task, V_RUNQUEUE, 1000003);
	host_leave(task, true, HOST_RUNNING, NULL);
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum += group->runqueue[i];
	eq(sum, 2);
	eq(group->runqueue[bucket], 1);
	eq(group->runqueue[host_histogram_bucket(&config, 30518)], 1);
}

/* ---- the survey, profile light ------------------------------------------------------------------------------------ */

Test(bpf_wait, a_survey_makes_records_of_all_that_exist)
{
	struct host_task *old = host_task_new(NULL, 109, BEFORE, CGROUP_A, "old");

	host_task_set(old, V_CPU, 1000003);
	host_survey(old, 1, true);
	eq(slot_of(109), FIRST_SLOT);
	eq(host_record(FIRST_SLOT)->flags, RECORD_LEADER | RECORD_SEEDED);
	eq(host_record(FIRST_SLOT)->seen, 1);
	eq(host_base(FIRST_SLOT)->value[V_CPU], 1000003);
	host_survey(task, 2, false);
	eq(slot_of(101), 0);
	host_survey(old, 2, false);
	eq(host_record(FIRST_SLOT)->seen, 2);
	host_sched_switch(false, NULL, old);
	eq(current_slot(), FIRST_SLOT);
	eq(host_cpu(0)->births, 0);
	host_task_free(old);
}

Test(bpf_wait, what_slept_before_the_hooks_came_is_found_by_the_second_survey)
{
	struct host_task *old = host_task_new(NULL, 109, BEFORE, CGROUP_A, "old");

	host_task_set(old, V_CPU, 2003);
	host_survey(old, 1, true);
	host_task_set(old, V_CPU, 3001);
	host_task_set_cgroup(old, CGROUP_B);
	host_survey(old, 2, false);
	eq(slot_of(109), FIRST_SLOT);
	host_survey(old, 3, true);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_MOVED, RECORD_MOVED);
	eq(slot_of(109), FIRST_SLOT + 1);
	eq(host_record(FIRST_SLOT + 1)->cgroup_id, CGROUP_B);
	eq(host_record(FIRST_SLOT)->value[V_CPU] - host_base(FIRST_SLOT)->value[V_CPU], 998);
	eq(host_base(FIRST_SLOT + 1)->value[V_CPU], 3001);
	host_survey(old, 4, true);
	eq(slot_of(109), FIRST_SLOT + 1);
	host_task_free(old);
}

Test(bpf_wait, a_program_that_began_before_the_hooks_came_has_its_name_by_the_second_survey)
{
	host_survey(task, 1, true);
	host_task_exec(task, "program");
	host_task_set_in_exec(task, true);
	host_survey(task, 2, true);
	eq(slot_of(101), FIRST_SLOT); /* the hook is still to come */
	host_task_set_in_exec(task, false);
	host_survey(task, 3, true);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	cr_assert_str_eq(host_name(FIRST_SLOT + 1), "program");
	eq(host_record(FIRST_SLOT + 1)->value[V_EXECS] - host_base(FIRST_SLOT + 1)->value[V_EXECS], 1);
}

Test(bpf_wait, profile_light_counts_births_and_deaths_without_switches)
{
	config.survey_copies = 1;
	config.waits = 0;
	host_start(&config, SLOTS, GROUPS);
	host_task_newtask(task);
	host_task_newtask(task);
	eq(host_cpu(0)->births, 1);
	host_task_set(task, V_CPU, 2003);
	host_survey(task, 1, true);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 2003);
	host_task_set(task, V_CPU, 3001);
	host_task_exit(task, 1 << 8, true);
	host_sched_process_free(task);
	host_sched_process_free(task);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 3001);
	eq(host_record(FIRST_SLOT)->exit_code, 1 << 8);
	eq(host_cpu(0)->deaths, 1);
	eq(slot_of(101), 0);
}

Test(bpf_wait, profile_light_follows_a_thread_to_another_cgroup_at_the_survey)
{
	config.survey_copies = 1;
	host_start(&config, SLOTS, GROUPS);
	host_task_newtask(task);
	host_task_set(task, V_CPU, 2003);
	host_task_set_cgroup(task, CGROUP_B);
	host_survey(task, 3, true);
	eq(host_record(FIRST_SLOT)->state, RECORD_DEAD);
	eq(host_record(FIRST_SLOT)->flags & RECORD_MOVED, RECORD_MOVED);
	eq(host_record(FIRST_SLOT)->value[V_CPU], 2003);
	eq(host_record(FIRST_SLOT + 1)->cgroup_id, CGROUP_B);
	eq(host_base(FIRST_SLOT + 1)->value[V_CPU], 2003);
	eq(slot_of(101), FIRST_SLOT + 1);
	eq(host_record(FIRST_SLOT + 1)->seen, 3);
}
