/* SPDX-License-Identifier: Apache-2.0 */
/* System calls of a container that is looked at: which threads count, what is counted, and what is not. */
#include "bpf_host_setup.h"

#define GETPID 39
#define READ 0
#define FORK 57
#define EXIT_GROUP 231
#define SIGRETURN 15
#define LAST_NUMBER (SYSCALL_NUMBERS - 1)
#define CGROUP_BELOW 4127
#define CGROUP_NESTED 4129

static struct probe_config config;
static struct host_task *task, *other;

static void set_up(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	other = host_task_new(NULL, 103, AFTER, CGROUP_B, "other");
	host_sched_switch(false, NULL, other);
	host_leave(other, false, HOST_SLEEPING, task);
	host_set_time(5000000);
}

static void tear_down(void)
{
	host_task_free(task);
	host_task_free(other);
	host_stop();
}

TestSuite(bpf_focus, .init = set_up, .fini = tear_down, .timeout = 60);

static void look_at(uint64_t cgroup_id, unsigned int place)
{
	host_set_group_focus(host_group_of(cgroup_id), FOCUS_FIRST + place);
}

static uint64_t sum_of_calls(unsigned int place)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < SYSCALL_NUMBERS; i++)
		sum += host_focus(place)->calls[i];
	return sum;
}

static void call(unsigned int number, long result)
{
	host_focus_enter(number);
	host_focus_exit(number, result);
}

Test(bpf_focus, calls_and_errors_are_counted_by_number_for_the_place)
{
	look_at(CGROUP_A, 2);
	for (int i = 0; i < 23; i++)
		call(GETPID, 0);
	for (int i = 0; i < 7; i++)
		call(READ, -9);
	call(READ, -512); /* ERESTARTSYS is EINTR */
	call(READ, -4000);
	eq(host_focus(2)->calls[GETPID], 23);
	eq(host_focus(2)->errors[GETPID], 0);
	eq(host_focus(2)->calls[READ], 9);
	eq(host_focus(2)->errors[READ], 9);
	eq(host_focus(2)->errors_by_number[9], 7);
	eq(host_focus(2)->errors_by_number[4], 1);
	eq(host_focus(2)->errors_by_number[ERRNO_NUMBERS - 1], 1);
	eq(sum_of_calls(0) + sum_of_calls(1) + sum_of_calls(3), 0);
	eq(host_focus(2)->untimed, 0);
}

Test(bpf_focus, only_threads_of_its_cgroup_count)
{
	look_at(CGROUP_A, 0);
	host_set_group_focus(host_group_of(CGROUP_B), FOCUS_NONE);
	call(GETPID, 0);
	host_leave(task, false, HOST_SLEEPING, other);
	call(GETPID, 0);
	eq(sum_of_calls(0), 1);
	look_at(CGROUP_B, 1);
	call(GETPID, 0);
	eq(sum_of_calls(0), 1);
	eq(sum_of_calls(1), 1);
}

Test(bpf_focus, latencies_go_to_the_bucket_of_their_number)
{
	/* bounds at 2^(i/2) s: 2^-10 s is bound 20, so 1 ms lies in bucket 21 */
	static const struct {
		uint64_t latency_ns;
		unsigned int bucket;
	} cases[] = { { 100, 0 },
		      { 953, 0 },
		      { 954, 1 },
		      { 976562, 20 },
		      { 976563, 21 },
		      { 1000000, 21 },
		      { 1ULL << 41, FOCUS_BUCKETS - 1 } };

	look_at(CGROUP_A, 0);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t before = host_focus(0)->latency[7 * FOCUS_BUCKETS + cases[i].bucket];

		host_set_time(5000000 + i);
		host_focus_enter(7);
		host_set_time(5000000 + i + cases[i].latency_ns);
		host_focus_exit(7, 1);
		cr_expect(host_focus(0)->latency[7 * FOCUS_BUCKETS + cases[i].bucket] == before + 1,
			  "case %u", i);
	}
	eq(host_focus(0)->calls[7], 7);
}

Test(bpf_focus, a_call_that_began_unseen_is_counted_without_a_latency)
{
	look_at(CGROUP_A, 0);
	host_focus_exit(READ, 5);
	eq(host_focus(0)->calls[READ], 1);
	eq(host_focus(0)->untimed, 1);
	/* a thread whose pid shares the cell */
	host_focus_enter(READ);
	host_task_free(other);
	other = host_task_new(NULL, 101 + FOCUS_CELLS, AFTER, CGROUP_A, "other");
	host_leave(task, false, HOST_SLEEPING, other);
	call(READ, 1);
	host_leave(other, false, HOST_SLEEPING, task);
	host_focus_exit(READ, 1);
	eq(host_focus(0)->calls[READ], 3);
	eq(host_focus(0)->untimed, 2);
}

Test(bpf_focus, what_never_returns_counts_when_it_begins_and_a_child_does_not)
{
	look_at(CGROUP_A, 0);
	host_focus_enter(EXIT_GROUP);
	eq(host_focus(0)->calls[EXIT_GROUP], 1);
	host_focus_exit(FORK, 0);
	eq(sum_of_calls(0), 1);
	call(FORK, 107);
	eq(host_focus(0)->calls[FORK], 1);
	host_focus_enter(SIGRETURN);
	host_focus_exit(-1ULL, -4); /* what the registers that it restored say */
	eq(host_focus(0)->calls[SIGRETURN], 1);
	eq(host_focus(0)->errors[SIGRETURN], 0);
	call(5000, 0);
	eq(host_focus(0)->calls[LAST_NUMBER], 1);
	host_task_set_compat(task, true);
	call(1, 0);
	eq(host_focus(0)->calls[LAST_NUMBER], 2);
}

Test(bpf_focus, a_cgroup_that_is_not_known_belongs_to_the_nearest_above)
{
	struct focus_list *list = host_focus_list();

	host_cgroup_put_below(CGROUP_BELOW, CGROUP_A);
	host_cgroup_put_below(CGROUP_NESTED, CGROUP_BELOW);
	list->cgroup_id[0] = CGROUP_A;
	list->focus[0] = FOCUS_FIRST + 3;
	host_task_set_cgroup(task, CGROUP_NESTED);
	host_cgroup_attach_task(task);
	call(GETPID, 0);
	eq(sum_of_calls(3), 1);
	eq(host_group(host_group_of(CGROUP_NESTED))->focus, FOCUS_FIRST + 3);
	/* told to be another container's */
	list->cgroup_id[1] = CGROUP_NESTED;
	list->focus[1] = FOCUS_NONE;
	host_set_group_focus(host_group_of(CGROUP_NESTED), FOCUS_UNDECIDED);
	call(GETPID, 0);
	eq(sum_of_calls(3), 1);
	host_leave(task, false, HOST_SLEEPING, other);
	call(GETPID, 0);
	eq(host_group(host_group_of(CGROUP_B))->focus, FOCUS_NONE);
	eq(sum_of_calls(3), 1);
}

Test(bpf_focus, preemptible_programs_count_the_same)
{
	look_at(CGROUP_A, 1);
	for (int i = 0; i < 19; i++) {
		host_focus_enter_tracepoint(READ);
		host_focus_exit_tracepoint(READ, -9);
	}
	eq(host_focus(1)->calls[READ], 19);
	eq(host_focus(1)->errors_by_number[9], 19);
	eq(host_focus(1)->untimed, 0);
}

Test(bpf_focus, a_thread_without_a_slot_counts_for_nobody)
{
	look_at(CGROUP_A, 0);
	host_task_free(other);
	other = host_task_new(NULL, 113, AFTER, CGROUP_A, "unknown");
	host_switch_unseen(other);
	call(GETPID, 0);
	eq(sum_of_calls(0), 0);
}
