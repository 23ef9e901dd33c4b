// SPDX-License-Identifier: Apache-2.0
/* Work that waits. The program measures each wait itself; a child that must wake it sleeps meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

/* What a wait needs: a descriptor to wait on, and how long. */
struct wait {
	int fd;
	uint64_t duration_ns;
};

static void wait_many(char **args, void (*wait_once)(const struct wait *wait), struct wait *wait)
{
	uint64_t count = parse_number(args[0]), waited_ns = 0;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t start_ns = now_ns();
		wait_once(wait);
		waited_ns += now_ns() - start_ns;
	}
	report("waits", count);
	report("waited_ns", waited_ns);
}

static void wait_sleep(const struct wait *wait)
{
	sleep_ns(wait->duration_ns);
}

void command_sleep(char **args)
{
	struct wait wait = { .duration_ns = parse_number(args[1]) * 1000000ULL };
	wait_many(args, wait_sleep, &wait);
}

static void wait_poll(const struct wait *wait)
{
	struct epoll_event event;
	if (epoll_wait(wait->fd, &event, 1, (int)(wait->duration_ns / 1000000ULL)) != 0)
		fail("epoll_wait did not time out");
}

void command_poll(char **args)
{
	struct wait wait = { .fd = epoll_create1(EPOLL_CLOEXEC),
			     .duration_ns = parse_number(args[1]) * 1000000ULL };
	wait_many(args, wait_poll, &wait);
}

static void wait_futex(const struct wait *wait)
{
	static int word;
	struct timespec timeout = { (time_t)(wait->duration_ns / 1000000000ULL),
				    (long)(wait->duration_ns % 1000000000ULL) };
	if (syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &timeout, NULL, 0) != -1 || errno != ETIMEDOUT)
		fail("the futex wait did not time out");
}

void command_futex(char **args)
{
	struct wait wait = { .duration_ns = parse_number(args[1]) * 1000000ULL };
	wait_many(args, wait_futex, &wait);
}

/* A child that sends one byte to `fd` after each `duration_ns`. */
static pid_t start_sender(int fd, uint64_t count, uint64_t duration_ns)
{
	pid_t pid = child_fork();
	if (!pid) {
		for (uint64_t i = 0; i < count; i++) {
			sleep_ns(duration_ns);
			if (syscall(SYS_write, fd, "x", 1UL) != 1)
				child_exit(1);
		}
		child_exit(0);
	}
	return pid;
}

static void wait_read(const struct wait *wait)
{
	char byte;
	if (syscall(SYS_read, wait->fd, &byte, 1UL) != 1)
		fail("cannot read from the pipe");
}

static void wait_receive(const struct wait *wait)
{
	char byte;
	if (syscall(SYS_recvfrom, wait->fd, &byte, 1UL, 0, NULL, NULL) != 1)
		fail("cannot receive from the socket");
}

static void wait_for_sender(char **args, int ends[2], void (*wait_once)(const struct wait *wait))
{
	struct wait wait = { .fd = ends[0], .duration_ns = parse_number(args[1]) * 1000000ULL };
	pid_t sender = start_sender(ends[1], parse_number(args[0]), wait.duration_ns);
	wait_many(args, wait_once, &wait);
	child_wait(sender);
}

void command_pipe(char **args)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("cannot make a pipe: %s", strerror(errno));
	wait_for_sender(args, ends, wait_read);
}

void command_socket(char **args)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		fail("cannot make a socket pair: %s", strerror(errno));
	wait_for_sender(args, ends, wait_receive);
}

/* Both ends on one CPU and in SCHED_BATCH, where a wake-up does not preempt: each round is one voluntary switch
 * of either side, but for the tick. What the kernel counted is reported. */
void command_switches(char **args)
{
	uint64_t count = parse_number(args[0]);
	int there[2], back[2];
	cpu_set_t one;
	struct sched_param priority = { 0 };
	char byte = 'x';
	if (pipe2(there, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		fail("cannot make a pipe: %s", strerror(errno));
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	sched_setscheduler(0, SCHED_BATCH, &priority);

	pid_t child = child_fork();
	if (!child) {
		for (uint64_t i = 0; i < count; i++)
			if (syscall(SYS_read, there[0], &byte, 1UL) != 1 ||
			    syscall(SYS_write, back[1], &byte, 1UL) != 1)
				child_exit(1);
		child_exit(0);
	}
	struct rusage before, after, other;
	getrusage(RUSAGE_SELF, &before);
	for (uint64_t i = 0; i < count; i++)
		if (syscall(SYS_write, there[1], &byte, 1UL) != 1 ||
		    syscall(SYS_read, back[0], &byte, 1UL) != 1)
			fail("the ping-pong broke");
	getrusage(RUSAGE_SELF, &after);
	child_wait(child);
	getrusage(RUSAGE_CHILDREN, &other);
	report("rounds", count);
	report("voluntary", (uint64_t)(after.ru_nvcsw - before.ru_nvcsw));
	report("involuntary", (uint64_t)(after.ru_nivcsw - before.ru_nivcsw));
	report("child_voluntary", (uint64_t)other.ru_nvcsw);
	report("child_involuntary", (uint64_t)other.ru_nivcsw);
}
