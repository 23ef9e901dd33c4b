/* SPDX-License-Identifier: Apache-2.0 */
/* Counting of system calls: by class, by number, by errno, and the random sample of profile full. */
#include "bpf_host_setup.h"

#define GETPID 39
#define READ 0
#define NANOSLEEP 35
#define FUTEX 202
#define CLONE 56
#define RESTART_ALWAYS 513
#define LAST_NUMBER (SYSCALL_NUMBERS - 1)
#define EINTR_ 4
#define EBADF_ 9

static struct probe_config config;
static struct host_task *task;
static struct record *record;

static void start(void)
{
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	host_sched_switch(false, NULL, task);
	record = host_record(host_cpu(0)->slot);
}

static void set_up(void)
{
	host_settings(&config);
	start();
}

static void tear_down(void)
{
	host_task_free(task);
	host_stop();
}

TestSuite(bpf_call, .init = set_up, .fini = tear_down, .timeout = 60);

static uint64_t sum_of_numbers(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < SYSCALL_NUMBERS; i++)
		sum += host_cpu(0)->calls_by_number[i];
	return sum;
}

static uint64_t sum_of_errors(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < ERRNO_NUMBERS; i++)
		sum += host_cpu(0)->errors_by_number[i];
	return sum;
}

Test(bpf_call, a_call_is_counted_in_the_record_and_in_both_tables_of_the_cpu)
{
	for (int i = 0; i < 23; i++)
		host_sys_exit(GETPID, 0, 101);
	eq(record->calls, 23);
	eq(record->value[CALL(PROCESS)], 23);
	eq(record->value[ERROR(PROCESS)], 0);
	eq(host_cpu(0)->calls, 23);
	eq(host_cpu(0)->calls_by_number[GETPID], 23);
	eq(sum_of_numbers(), 23);
	eq(sum_of_errors(), 0);
}

Test(bpf_call, every_call_of_the_table_is_counted_in_its_own_class)
{
	for (unsigned int number = 0; number < LAST_NUMBER; number++) {
		unsigned int class = config.call[number].class;
		uint64_t before;

		if (class == CALL_BY_DESCRIPTOR)
			class = VALUE_INDEX(class, OTHER);
		before = record->value[V_SYSCALLS + class];
		host_sys_exit(number, 15, 1);
		cr_expect(record->value[V_SYSCALLS + class] == before + 1, "call %u", number);
	}
	eq(record->calls, LAST_NUMBER);
	eq(sum_of_numbers(), LAST_NUMBER);
}

Test(bpf_call, the_class_of_reads_and_writes_is_that_of_the_descriptor)
{
	static const struct {
		unsigned int mode, class;
	} rows[] = {
		{ HOST_FILE, CALL(FILE) }, { HOST_SOCKET, CALL(NETWORK) },
		{ HOST_FIFO, CALL(IPC) },  { HOST_DEVICE, CALL(OTHER) },
		{ 0, CALL(OTHER) },
	};

	for (unsigned int cast = 0; cast < 2; cast++) {
		config.has_rdonly_cast = cast;
		tear_down();
		start();
		for (unsigned int i = 0; i < 5; i++) {
			uint64_t before = record->value[rows[i].class];

			host_task_set_descriptor(task, 7, rows[i].mode);
			for (int j = 0; j < 13; j++)
				host_sys_exit(READ, 7, 4096);
			eq(record->value[rows[i].class] - before, 13);
		}
		eq(record->calls, 5 * 13);
	}
}

Test(bpf_call, a_descriptor_beyond_the_table_is_other)
{
	for (unsigned int cast = 0; cast < 2; cast++) {
		config.has_rdonly_cast = cast;
		tear_down();
		start();
		host_sys_exit(READ, 16, -EBADF_);
		host_sys_exit(READ, 0xffffffff, -EBADF_);
		eq(record->value[CALL(OTHER)], 2);
		eq(record->value[ERROR(OTHER)], 2);
		eq(host_cpu(0)->errors_by_number[EBADF_], 2);
	}
}

Test(bpf_call, an_error_is_counted_by_class_and_by_number)
{
	for (int i = 0; i < 11; i++)
		host_sys_exit(GETPID, 0, -13);
	host_sys_exit(GETPID, 0, 0);
	eq(record->calls, 12);
	eq(record->value[ERROR(PROCESS)], 11);
	eq(host_cpu(0)->errors_by_number[13], 11);
	eq(sum_of_errors(), 11);
}

Test(bpf_call, large_results_that_are_addresses_are_no_errors)
{
	host_sys_exit(9, 0, 0x7f0000000000);
	host_sys_exit(9, 0, -4096); /* one beyond the last errno */
	eq(record->value[ERROR(MEMORY)], 0);
	host_sys_exit(9, 0, -4095);
	eq(record->value[ERROR(MEMORY)], 1);
	eq(host_cpu(0)->errors_by_number[ERRNO_NUMBERS - 1], 1);
}

Test(bpf_call, an_errno_beyond_the_table_is_in_its_last_cell)
{
	host_sys_exit(GETPID, 0, -(ERRNO_NUMBERS - 2));
	host_sys_exit(GETPID, 0, -(ERRNO_NUMBERS - 1));
	host_sys_exit(GETPID, 0, -ERRNO_NUMBERS);
	host_sys_exit(GETPID, 0, -511);
	host_sys_exit(GETPID, 0, -517);
	eq(host_cpu(0)->errors_by_number[ERRNO_NUMBERS - 2], 1);
	eq(host_cpu(0)->errors_by_number[ERRNO_NUMBERS - 1], 4);
	eq(record->value[ERROR(PROCESS)], 5);
}

Test(bpf_call, a_call_to_be_restarted_is_interrupted)
{
	for (int error = 512; error <= 516; error++)
		if (error != RESTART_ALWAYS)
			host_sys_exit(NANOSLEEP, 0, -error);
	eq(host_cpu(0)->errors_by_number[EINTR_], 4);
	eq(record->value[ERROR(TIME)], 4);
	eq(sum_of_errors(), 4);
}

Test(bpf_call, a_call_that_always_begins_anew_is_counted_when_it_is_over)
{
	record->enter_ns = 1009;
	for (int i = 0; i < 7; i++)
		host_sys_exit(CLONE, 0, -RESTART_ALWAYS);
	eq(host_cpu(0)->calls, 0);
	eq(record->enter_ns, 1009); /* of the whole of it */
	host_sys_exit(CLONE, 0, 103);
	eq(record->calls, 1);
	eq(record->value[CALL(PROCESS)], 1);
	eq(sum_of_errors(), 0);
}

Test(bpf_call, minus_one_is_rt_sigreturn_without_an_error)
{
	host_sys_exit(-1ULL, 0, -11);
	eq(host_cpu(0)->calls_by_number[15], 1);
	eq(record->value[CALL(PROCESS)], 1);
	eq(record->value[ERROR(PROCESS)], 0);
	eq(sum_of_errors(), 0);
	eq(host_cpu(0)->calls, 1);
}

Test(bpf_call, numbers_beyond_the_table_are_in_its_last_cell)
{
	host_sys_exit(SYSCALL_NUMBERS - 2, 0, -38);
	host_sys_exit(SYSCALL_NUMBERS - 1, 0, -38);
	host_sys_exit(SYSCALL_NUMBERS, 0, -38);
	host_sys_exit(0x40000000 + GETPID, 0, 101); /* x32 */
	host_sys_exit(-2ULL, 0, -38);
	eq(host_cpu(0)->calls_by_number[SYSCALL_NUMBERS - 2], 1);
	eq(host_cpu(0)->calls_by_number[LAST_NUMBER], 4);
	eq(record->value[CALL(OTHER)], 5);
	eq(sum_of_numbers(), 5);
}

Test(bpf_call, calls_by_the_32_bit_entry_are_in_the_last_cell)
{
	host_task_set_compat(task, true);
	host_sys_exit(GETPID, 0, 101);
	host_sys_exit(57, 0, 0);     /* not fork there */
	host_sys_exit(-1ULL, 0, -5); /* its sigreturn */
	eq(host_cpu(0)->calls_by_number[LAST_NUMBER], 3);
	eq(sum_of_numbers(), 3);
	eq(record->calls, 3);
	eq(record->value[CALL(OTHER)], 3);
	eq(record->value[ERROR(OTHER)], 0);
}

Test(bpf_call, the_first_return_of_a_child_is_not_a_call_of_its_own)
{
	static const uint64_t births[] = { 56, 57, 58, 435 };

	for (int i = 0; i < 4; i++)
		host_sys_exit(births[i], 0, 0);
	eq(record->calls, 0);
	eq(host_cpu(0)->calls, 0);
	eq(sum_of_numbers(), 0);
	for (int i = 0; i < 4; i++) {
		host_sys_exit(births[i], 0, 107);
		host_sys_exit(births[i], 0, -11);
	}
	eq(record->calls, 8);
	eq(record->value[ERROR(PROCESS)], 4);
	eq(sum_of_numbers(), 8);
}

Test(bpf_call, neighbours_of_fork_that_return_nothing_are_counted)
{
	host_sys_exit(55, 0, 0);
	host_sys_exit(59, 0, 0);
	host_sys_exit(434, 0, 0);
	host_sys_exit(436, 0, 0);
	eq(record->calls, 4);
}

Test(bpf_call, exit_and_exit_group_are_counted_at_death)
{
	static const uint64_t exits[] = { 60, 231 };

	for (unsigned int i = 0; i < 2; i++) {
		struct host_task *dying = host_task_new(NULL, 211 + i, AFTER, CGROUP_A, "dying");
		__u32 slot;

		host_leave(task, false, HOST_SLEEPING, dying);
		slot = host_cpu(0)->slot;
		host_task_set_call(dying, exits[i], 3);
		host_task_exit(dying, 3 << 8, true);
		host_leave(dying, false, HOST_DEAD, task);
		eq(host_record(slot)->calls, 1);
		eq(host_record(slot)->value[CALL(PROCESS)], 1);
		eq(host_cpu(0)->calls_by_number[exits[i]], 1);
		eq(host_cpu(0)->calls, i + 1);
		host_task_free(dying);
	}
}

Test(bpf_call, a_thread_killed_in_another_call_has_no_exit_call)
{
	struct host_task *dying = host_task_new(NULL, 211, AFTER, CGROUP_A, "dying");
	__u32 slot;

	host_leave(task, false, HOST_SLEEPING, dying);
	slot = host_cpu(0)->slot;
	host_task_set_call(dying, NANOSLEEP, 0);
	host_task_exit(dying, 9, true);
	host_leave(dying, false, HOST_DEAD, task);
	eq(host_record(slot)->calls, 0);
	eq(host_cpu(0)->calls, 0);
	host_task_free(dying);
}

Test(bpf_call, the_preemptible_program_counts_the_same)
{
	host_task_set_descriptor(task, 3, HOST_SOCKET);
	for (int i = 0; i < 17; i++)
		host_sys_exit_tracepoint(READ, 3, -EBADF_);
	host_sys_exit_tracepoint(57, 0, 0);
	host_sys_exit_tracepoint(-1ULL, 0, -11);
	eq(record->calls, 18);
	eq(record->value[CALL(NETWORK)], 17);
	eq(record->value[ERROR(NETWORK)], 17);
	eq(host_cpu(0)->calls, 18);
	eq(host_cpu(0)->calls_by_number[READ], 17);
	eq(host_cpu(0)->errors_by_number[EBADF_], 17);
}

Test(bpf_call, the_preemptible_program_does_not_trust_the_current_slot)
{
	struct host_task *other = host_task_new(NULL, 103, AFTER, CGROUP_A, "other");
	__u32 slot = host_cpu(0)->slot;

	host_leave(task, false, HOST_RUNNING, other);
	/* moved back in between: the program runs for `task` while the CPU's slot is the other's */
	host_switch_unseen(task);
	for (int i = 0; i < 7; i++)
		host_sys_exit_tracepoint(GETPID, 0, 101);
	eq(host_record(slot)->calls, 7);
	eq(host_record(host_cpu(0)->slot)->calls, 0);
	eq(host_cpu(0)->stale_slot, 0);
	host_task_free(other);
}

Test(bpf_call, a_stale_slot_is_found_again_by_pid_and_mended)
{
	struct host_task *other = host_task_new(NULL, 103, AFTER, CGROUP_A, "other");
	__u32 slot = host_cpu(0)->slot;

	host_leave(task, false, HOST_RUNNING, other);
	host_switch_unseen(task);
	for (int i = 0; i < 7; i++)
		host_sys_exit(GETPID, 0, 101);
	eq(host_record(slot)->calls, 7);
	eq(host_cpu(0)->slot, slot);
	eq(host_cpu(0)->stale_slot, 1);
	eq(host_cpu(0)->calls, 7);
	host_task_free(other);
}

Test(bpf_call, without_any_free_slot_calls_go_to_the_catch_all)
{
	struct host_task *other = host_task_new(NULL, 103, BEFORE, CGROUP_A, "other");

	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_RUNNING, other);
	eq(host_cpu(0)->slot, 0);
	for (int i = 0; i < 19; i++)
		host_sys_exit(GETPID, 0, -13);
	eq(host_record(0)->calls, 19);
	eq(host_record(0)->value[CALL(PROCESS)], 19);
	eq(host_record(0)->value[ERROR(PROCESS)], 19);
	eq(host_cpu(0)->calls, 19);
	eq(host_cpu(0)->no_slot, 0); /* not born here */
	host_task_free(other);
}

Test(bpf_call, calls_of_a_newborn_without_a_slot_do_not_count_its_start_again)
{
	struct host_task *newborn = host_task_new(NULL, 103, AFTER, CGROUP_A, "newborn");

	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
	host_leave(task, false, HOST_RUNNING, newborn);
	for (int i = 0; i < 5; i++)
		host_sys_exit(GETPID, 0, 103);
	host_poke();
	eq(host_cpu(0)->no_slot, 1);
	eq(host_cpu(0)->slotless_starts, 1);
	host_task_free(newborn);
}

Test(bpf_call, a_newborn_that_gets_its_slot_late_is_started_once)
{
	struct host_task *newborn = host_task_new(NULL, 103, AFTER, CGROUP_A, "newborn");
	uint64_t starts;

	host_start(&config, HOST_CPUS + 1, GROUPS);
	host_sched_switch(false, NULL, task);
	host_task_exit(task, 0, true);
	host_leave(task, false, HOST_DEAD, newborn);
	eq(host_cpu(0)->slotless_starts, 1);
	host_give_back(FIRST_SLOT);
	host_sys_exit(GETPID, 0, 103);
	starts = host_cpu(0)->slotless_starts;
	if (host_record(FIRST_SLOT)->state == RECORD_LIVE)
		starts += !!(host_record(FIRST_SLOT)->flags & RECORD_BORN);
	eq(starts, 1);
	host_task_free(newborn);
}

/* ---- profile full ------------------------------------------------------------------------------------------------- */

#define DRAWS 100003

Test(bpf_call, samples_are_eight_calls_apart_on_average_and_never_none)
{
	uint64_t samples = 0, distance = 0, longest = 0, by_distance[32] = { 0 };

	for (int i = 0; i < DRAWS; i++) {
		distance++;
		record->enter_ns = 0;
		host_set_time(1000 + i);
		host_sys_enter();
		if (!record->enter_ns)
			continue;
		eq(record->enter_ns, 1000 + i);
		samples++;
		longest = distance > longest ? distance : longest;
		by_distance[distance & 31]++;
		distance = 0;
	}
	cr_expect(longest == 15, "the longest distance is %llu", (unsigned long long)longest);
	/* mean 8, standard deviation 4.3: four deviations of the mean of 12,500 draws are 0.16 */
	cr_expect(samples > DRAWS / 8.16 && samples < DRAWS / 7.84, "%llu samples",
		  (unsigned long long)samples);
	for (int i = 1; i <= 15; i++)
		cr_expect(by_distance[i] > samples / 15 * 8 / 10 && by_distance[i] < samples / 15 * 12 / 10,
			  "%llu samples at distance %d", (unsigned long long)by_distance[i], i);
	cr_expect_neq(host_cpu(0)->sample_state, 0);
}

Test(bpf_call, each_cpu_draws_its_own_distances)
{
	uint64_t samples[2][101] = { 0 };

	for (unsigned int cpu = 0; cpu < 2; cpu++) {
		host_set_cpu(cpu);
		host_switch_unseen(task);
		host_cpu(cpu)->slot = FIRST_SLOT;
		for (int i = 0; i < 101; i++) {
			host_sys_enter();
			samples[cpu][i] = host_cpu(cpu)->sample_in;
		}
	}
	cr_expect_arr_neq(samples[0], samples[1], sizeof(samples[0]));
}

Test(bpf_call, a_sampled_call_is_observed_in_the_class_of_the_call)
{
	const struct group_latency *latency = host_latency(record->group);
	unsigned int bucket = host_histogram_bucket(&config, 1000003), class = VALUE_INDEX(class, SYNC);

	host_cpu(0)->sample_in = 1;
	host_set_time(5000011);
	host_sys_enter();
	host_set_time(6000014);
	host_sys_exit(FUTEX, 0, 0);
	eq(latency->class[class].bucket[bucket], 1);
	eq(latency->class[class].sum_ns, 1000003);
	eq(record->enter_ns, 0);
	host_set_time(7000000);
	host_sys_exit(FUTEX, 0, 0); /* not drawn */
	eq(latency->class[class].bucket[bucket], 1);
	eq(latency->class[class].sum_ns, 1000003);
}

Test(bpf_call, the_preemptible_entry_samples_the_thread_itself)
{
	host_cpu(0)->sample_in = 1;
	host_cpu(0)->slot = 0;
	host_set_time(7001);
	host_sys_enter_tracepoint();
	eq(record->enter_ns, 7001);
	eq(host_record(0)->enter_ns, 0);
}

Test(bpf_call, a_stale_slot_is_never_sampled_for_another)
{
	struct host_task *other = host_task_new(NULL, 103, AFTER, CGROUP_A, "other");

	host_switch_unseen(other);
	host_cpu(0)->sample_in = 1;
	host_set_time(7001);
	host_sys_enter();
	eq(record->enter_ns, 0);
	host_task_free(other);
}
