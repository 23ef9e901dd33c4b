// SPDX-License-Identifier: Apache-2.0
/* Work of many processes and threads: births, deaths, programs executed. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

enum { THREADS_AT_ONCE = 64, SHORT_AT_ONCE = 8 };

void command_forks(char **args)
{
	uint64_t count = parse_number(args[0]);
	for (uint64_t i = 0; i < count; i++) {
		pid_t pid = child_fork();
		if (!pid)
			child_exit(0);
		child_wait(pid);
	}
	report("forks", count);
}

/* A child that ends by `signal`, or with `status` when signal is 0; fails unless it ended just so. */
static void child_end(int signal, int status)
{
	pid_t pid = child_fork();
	if (!pid) {
		if (signal)
			syscall(SYS_kill, syscall(SYS_getpid), signal);
		child_exit(status);
	}
	int got = child_wait(pid);
	bool as_meant = signal ? WIFSIGNALED(got) && WTERMSIG(got) == signal :
				 WIFEXITED(got) && WEXITSTATUS(got) == status;
	if (!as_meant)
		fail("a child ended with wait status %#x", (unsigned)got);
}

void command_exits(char **args)
{
	uint64_t success = parse_number(args[0]), failure = parse_number(args[1]);
	uint64_t killed = parse_number(args[2]);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGTERM, SIG_DFL);

	for (uint64_t i = 0; i < success; i++)
		child_end(0, 0);
	for (uint64_t i = 0; i < failure; i++)
		child_end(0, 3);
	for (uint64_t i = 0; i < killed; i++)
		child_end(i % 2 ? SIGTERM : SIGKILL, 0);
	report("success", success);
	report("failure", failure);
	report("signal", killed);
}

static pid_t start_noop(void)
{
	pid_t pid = child_fork();
	if (!pid) {
		char *argv[] = { self_path, (char *)"noop", NULL };
		execve(self_path, argv, environ);
		child_exit(127);
	}
	return pid;
}

void command_execs(char **args)
{
	uint64_t count = parse_number(args[0]);
	for (uint64_t i = 0; i < count; i++)
		if (child_wait(start_noop()))
			fail("cannot execute '%s'", self_path);
	report("execs", count);
}

static void *thread_main(void *context)
{
	return context;
}

static void run_threads(uint64_t count)
{
	pthread_t threads[THREADS_AT_ONCE];
	while (count) {
		uint64_t now = count < THREADS_AT_ONCE ? count : THREADS_AT_ONCE;
		for (uint64_t i = 0; i < now; i++) {
			int error = pthread_create(&threads[i], NULL, thread_main, NULL);
			if (error)
				fail("cannot create a thread: %s", strerror(error));
		}
		for (uint64_t i = 0; i < now; i++)
			pthread_join(threads[i], NULL);
		count -= now;
	}
}

void command_threads(char **args)
{
	uint64_t count = parse_number(args[0]);
	run_threads(count);
	report("threads", count);
}

void command_short(char **args)
{
	uint64_t count = parse_number(args[0]), alive = 0;
	for (uint64_t i = 0; i < count; i++) {
		if (alive == SHORT_AT_ONCE) {
			child_wait(-1);
			alive--;
		}
		if (!child_fork()) {
			burn_cpu(1000000);
			child_exit(0);
		}
		alive++;
	}
	while (alive--)
		child_wait(-1);

	struct rusage usage;
	getrusage(RUSAGE_CHILDREN, &usage);
	report("processes", count);
	report("cpu_ns", usage_cpu_ns(&usage));
}

/* The one subcommand that reports in between: a test must know when all of them are there. */
void command_processes(char **args)
{
	uint64_t count = parse_number(args[0]), seconds = parse_number(args[1]);
	uint64_t end_ns = now_ns() + seconds * 1000000000ULL;
	for (uint64_t i = 0; i < count; i++)
		if (!child_fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			uint64_t now = now_ns();
			sleep_ns(now < end_ns ? end_ns - now : 0);
			child_exit(0);
		}
	report("started", count);
	report_flush();
	for (uint64_t i = 0; i < count; i++)
		child_wait(-1);
	report("ended", count);
}

void command_storm(char **args)
{
	enum { CHILD_THREADS = 3, OWN_THREADS = 5 };
	uint64_t end_ns = now_ns() + parse_number(args[0]) * 1000000000ULL;
	uint64_t processes = 0, execs = 0, threads = 0;
	while (now_ns() < end_ns) {
		pid_t plain = child_fork();
		if (!plain)
			child_exit(0);
		pid_t threaded = fork(); /* not child_fork(): pthreads must know of it */
		if (!threaded) {
			run_threads(CHILD_THREADS);
			child_exit(0);
		}
		pid_t executed = start_noop();
		run_threads(OWN_THREADS);
		child_wait(plain);
		if (child_wait(threaded) || child_wait(executed))
			fail("a child of the storm failed");
		processes += 3;
		execs++;
		threads += CHILD_THREADS + OWN_THREADS;
	}
	report("processes", processes);
	report("execs", execs);
	report("threads", threads);
}
