/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"

#define PAIRS 2

static struct loop *loop;
static int pipes[PAIRS][2];
static int calls[PAIRS], prepares, last_signal;

static void setup(void)
{
	cr_assert_eq(loop_new(&loop), 0);
	for (int i = 0; i < PAIRS; i++)
		cr_assert_eq(pipe2(pipes[i], O_CLOEXEC), 0);
}

static void teardown(void)
{
	loop_free(loop);
}

TestSuite(loop, .init = setup, .fini = teardown, .timeout = 20);

static void make_readable(int i)
{
	cr_assert_eq(write(pipes[i][1], "x", 1), 1);
}

static void count_and_stop(void *context)
{
	(*(int *)context)++;
	loop_stop(loop);
}

static void count(void *context)
{
	(*(int *)context)++;
}

/* Ends the run after one turn without waiting. */
static int one_turn(void *context)
{
	(void)context;
	if (++prepares == 2)
		loop_stop(loop);
	return 0;
}

static void run_one_turn(void)
{
	prepares = 0;
	loop_set_prepare(loop, one_turn, NULL);
	cr_assert_eq(loop_run(loop), 0);
}

Test(loop, wrong_descriptors_are_errors)
{
	char path[] = "/tmp/ktally-test-loop-XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	cr_assert_eq(loop_add_fd(loop, -1, count, NULL), -EBADF);
	cr_assert_eq(loop_add_fd(loop, 1000, count, NULL), -EBADF);
	cr_assert_eq(loop_add_fd(loop, fd, count, NULL), -EPERM, "epoll takes no regular files");
	cr_assert_eq(loop_remove_fd(loop, -1), -ENOENT);
	cr_assert_eq(loop_remove_fd(loop, pipes[0][0]), -ENOENT);
	cr_assert_eq(loop_remove_fd(loop, 100000), -ENOENT);
	cr_assert_eq(loop_add_timer(loop, 0, count, NULL), -EINVAL);
	loop_free(NULL);
	close(fd);
}

Test(loop, a_descriptor_is_added_and_removed_once)
{
	cr_assert_eq(loop_add_fd(loop, pipes[0][0], count, &calls[0]), 0);
	cr_assert_eq(loop_add_fd(loop, pipes[0][0], count, &calls[1]), -EEXIST);
	make_readable(0);
	run_one_turn();
	cr_assert_eq(calls[0], 1);
	cr_assert_eq(calls[1], 0);
	cr_assert_eq(loop_remove_fd(loop, pipes[0][0]), 0);
	cr_assert_eq(loop_remove_fd(loop, pipes[0][0]), -ENOENT);
	run_one_turn();
	cr_assert_eq(calls[0], 1);
}

static void remove_both(void *context)
{
	(*(int *)context)++;
	for (int i = 0; i < PAIRS; i++)
		cr_assert_eq(loop_remove_fd(loop, pipes[i][0]), 0);
}

Test(loop, event_of_a_descriptor_removed_in_the_same_turn_is_dropped)
{
	for (int i = 0; i < PAIRS; i++) {
		cr_assert_eq(loop_add_fd(loop, pipes[i][0], remove_both, &calls[i]), 0);
		make_readable(i);
	}
	run_one_turn();
	cr_assert_eq(calls[0] + calls[1], 1, "only the first of the two");
}

static int fresh_calls;

/* Closes both and gives the numbers to new descriptors that are readable, too. */
static void replace_both(void *context)
{
	int fresh[2];

	(*(int *)context)++;
	for (int i = 0; i < PAIRS; i++) {
		cr_assert_eq(loop_remove_fd(loop, pipes[i][0]), 0);
		cr_assert_eq(pipe2(fresh, O_CLOEXEC), 0);
		cr_assert_eq(write(fresh[1], "x", 1), 1);
		cr_assert_eq(dup2(fresh[0], pipes[i][0]), pipes[i][0]);
		cr_assert_eq(loop_add_fd(loop, pipes[i][0], count, &fresh_calls), 0);
	}
}

Test(loop, stale_event_does_not_reach_a_new_owner_of_the_number)
{
	for (int i = 0; i < PAIRS; i++) {
		cr_assert_eq(loop_add_fd(loop, pipes[i][0], replace_both, &calls[i]), 0);
		make_readable(i);
	}
	run_one_turn();
	cr_assert_eq(calls[0] + calls[1], 1);
	cr_assert_eq(fresh_calls, 0);
	run_one_turn();
	cr_assert_eq(fresh_calls, 2);
}

Test(loop, descriptor_closed_before_its_removal_is_forgotten)
{
	int number = pipes[0][0], fresh[2];

	cr_assert_eq(loop_add_fd(loop, number, count, &calls[0]), 0);
	make_readable(0);
	close(number);
	cr_assert_eq(loop_remove_fd(loop, number), 0);
	run_one_turn();
	cr_assert_eq(calls[0], 0);

	/* And without removal: the number can be added again. */
	cr_assert_eq(loop_add_fd(loop, pipes[1][0], count, &calls[1]), 0);
	cr_assert_eq(pipe2(fresh, O_CLOEXEC), 0);
	close(pipes[1][0]);
	cr_assert_eq(dup2(fresh[0], pipes[1][0]), pipes[1][0]);
	cr_assert_eq(loop_add_fd(loop, pipes[1][0], count, &fresh_calls), 0);
	cr_assert_eq(write(fresh[1], "x", 1), 1);
	run_one_turn();
	cr_assert_eq(fresh_calls, 1);
	cr_assert_eq(calls[1], 0);
}

static void add_many(void *context)
{
	int fd;

	(*(int *)context)++;
	while ((fd = dup(pipes[1][0])) >= 0 && fd < 300)
		cr_assert_eq(loop_add_fd(loop, fd, count, &calls[1]), 0);
	loop_remove_fd(loop, pipes[0][0]);
	make_readable(1);
}

Test(loop, adding_descriptors_in_a_callback_may_move_the_table)
{
	cr_assert_eq(loop_add_fd(loop, pipes[0][0], add_many, &calls[0]), 0);
	make_readable(0);
	run_one_turn();
	cr_assert_eq(calls[0], 1);
	for (int i = 0; i < 8; i++)
		run_one_turn(); /* 64 events each */
	cr_assert_gt(calls[1], 250);
}

Test(loop, hang_up_is_reported_as_readable)
{
	cr_assert_eq(loop_add_fd(loop, pipes[0][0], count_and_stop, &calls[0]), 0);
	close(pipes[0][1]);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0], 1);
}

Test(loop, stop_ends_the_turn_and_the_rest_stays_pending)
{
	for (int i = 0; i < PAIRS; i++) {
		cr_assert_eq(loop_add_fd(loop, pipes[i][0], count_and_stop, &calls[i]), 0);
		make_readable(i);
	}
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0] + calls[1], 1);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0] + calls[1], 2);
}

Test(loop, stop_before_run_ends_it_at_once)
{
	loop_stop(loop);
	cr_assert_eq(loop_run(loop), 0);
}

static void stop_at_three(void *context)
{
	if (++*(int *)context == 3)
		loop_stop(loop);
}

Test(loop, timer_fires_every_interval)
{
	uint64_t start_ns = time_monotonic_ns();

	cr_assert_eq(loop_add_timer(loop, 20 * NS_PER_MS, stop_at_three, &calls[0]), 0);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0], 3);
	cr_assert_geq(time_monotonic_ns() - start_ns, 60 * NS_PER_MS);
}

#define BLOCKED_NS (250 * NS_PER_MS)
#define INTERVAL_NS (20 * NS_PER_MS)

/* Misses at least twelve intervals in the first call. */
static void block_then_stop(void *context)
{
	uint64_t end_ns = time_monotonic_ns() + BLOCKED_NS;

	if (++*(int *)context == 5)
		loop_stop(loop);
	while (*(int *)context == 1 && time_monotonic_ns() < end_ns)
		;
}

Test(loop, overrun_of_a_timer_is_one_call)
{
	uint64_t start_ns = time_monotonic_ns();

	cr_assert_eq(loop_add_timer(loop, INTERVAL_NS, block_then_stop, &calls[0]), 0);
	cr_assert_eq(loop_run(loop), 0);
	/* One call before, one for all that was missed, then one per interval: however slow the machine is. */
	cr_assert_leq((uint64_t)calls[0], (time_monotonic_ns() - start_ns - BLOCKED_NS) / INTERVAL_NS + 2);
}

static void take_signal(void *context, int signal)
{
	(*(int *)context)++;
	last_signal = signal;
	loop_stop(loop);
}

Test(loop, signals_arrive_in_the_loop)
{
	static const int signals[] = { SIGTERM, SIGHUP };
	static const int wrong[] = { 0 };

	cr_assert_eq(loop_add_signals(loop, wrong, 1, take_signal, &calls[0]), -EINVAL);
	cr_assert_eq(loop_add_signals(loop, signals, 2, take_signal, &calls[0]), 0);
	cr_assert_eq(loop_add_signals(loop, signals, 2, take_signal, &calls[0]), -EEXIST);
	raise(SIGHUP);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(last_signal, SIGHUP);
	raise(SIGTERM);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(last_signal, SIGTERM);
	cr_assert_eq(calls[0], 2);
}

static int wait_10_ms(void *context)
{
	if (++*(int *)context == 3)
		loop_stop(loop);
	return 10;
}

Test(loop, prepare_limits_the_wait)
{
	uint64_t start_ns = time_monotonic_ns(), passed_ns;

	loop_set_prepare(loop, wait_10_ms, &prepares);
	cr_assert_eq(loop_run(loop), 0);
	passed_ns = time_monotonic_ns() - start_ns;
	cr_assert_eq(prepares, 3);
	cr_assert_geq(passed_ns, 20 * NS_PER_MS);
}

static unsigned int last_ready;

static void note_ready(void *context, int fd, unsigned int ready)
{
	cr_assert_eq(fd, *(int *)context);
	calls[0]++;
	last_ready = ready;
}

Test(loop, readiness_to_write_is_told_while_somebody_waits_for_it)
{
	int fd = pipes[0][1];

	cr_assert_eq(loop_change_io(loop, fd, LOOP_WRITE), -ENOENT);
	cr_assert_eq(loop_add_io(loop, fd, LOOP_WRITE, note_ready, &fd), 0);
	run_one_turn();
	cr_assert_eq(calls[0], 1);
	cr_assert_eq(last_ready, LOOP_WRITE);
	cr_assert_eq(loop_change_io(loop, fd, LOOP_READ), 0);
	run_one_turn();
	cr_assert_eq(calls[0], 1);
	close(pipes[0][0]);
	run_one_turn();
	cr_assert_eq(calls[0], 2);
	cr_assert_eq(last_ready, LOOP_READ | LOOP_WRITE, "an error makes it ready for all");
	cr_assert_eq(loop_remove_fd(loop, fd), 0);
	cr_assert_eq(loop_change_io(loop, fd, LOOP_READ), -ENOENT);
}

Test(loop, an_alarm_rings_once_each_time_it_is_set)
{
	int alarm;

	cr_assert_eq(loop_add_alarm(loop, count_and_stop, &calls[0], &alarm), 0);
	cr_assert_eq(loop_set_alarm(loop, alarm, 0), 0);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0], 1);
	run_one_turn();
	cr_assert_eq(calls[0], 1, "once");
	cr_assert_eq(loop_set_alarm(loop, alarm, NS_PER_MS), 0);
	cr_assert_eq(loop_set_alarm(loop, alarm, LOOP_NEVER), 0);
	usleep(5000);
	run_one_turn();
	cr_assert_eq(calls[0], 1, "taken back");
	cr_assert_eq(loop_set_alarm(loop, alarm, NS_PER_MS), 0);
	loop_set_prepare(loop, NULL, NULL);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(calls[0], 2);
	loop_remove_alarm(loop, alarm);
	loop_remove_alarm(loop, -1);
	cr_assert_eq(loop_set_alarm(loop, alarm, 0), -ENOENT);
}
