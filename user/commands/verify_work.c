/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "commands/verify_work.h"

#define REPORT_FD 3
#define ORDER_FD 4
#define WAIT_MS 10

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void *thread_nothing(void *context)
{
	return context;
}

static void spin(uint64_t ms)
{
	uint64_t end_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) + ms * NS_PER_MS;

	while (cpu_ns(CLOCK_PROCESS_CPUTIME_ID) < end_ns)
		for (volatile int i = 0; i < 10000; i++)
			;
}

/* `amount` children, one after the other, that end as `how` says: an exit code, or minus a signal. */
static void make_children(uint64_t amount, int how)
{
	for (uint64_t i = 0; i < amount; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			if (how < 0)
				raise(-how);
			_exit(how);
		}
		waitpid(pid, NULL, 0);
	}
}

static void touch_pages(uint64_t amount)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, (amount + 1) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		return;
	madvise(memory, (amount + 1) * page, MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < amount; i++)
		*(volatile char *)(memory + i * page) = 1;
}

static void sleep_once(const int *fds)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * NS_PER_MS };

	(void)fds;
	nanosleep(&pause, NULL);
}

static void poll_once(const int *fds)
{
	struct epoll_event event;

	epoll_wait(fds[2], &event, 1, WAIT_MS);
}

static void futex_once(const int *fds)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * NS_PER_MS };
	static uint32_t word;

	(void)fds;
	syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &pause, NULL, 0);
}

static void pipe_once(const int *fds)
{
	char byte;

	if (read(fds[0], &byte, 1) != 1)
		_exit(EXIT_FAILURE);
}

/* A child that fills the pipe byte by byte. */
static pid_t start_writer(int fd, uint64_t amount)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (uint64_t i = 0; i < amount; i++) {
		sleep_once(NULL);
		if (write(fd, "x", 1) != 1)
			_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

/* Wall time of `amount` waits of one kind, by the waiting thread itself, without what it was ready to run and others had the CPU. */
static uint64_t wait_often(uint64_t amount, void (*once)(const int *fds))
{
	int fds[3] = { -1, -1, -1 };
	uint64_t waited_ns = 0;
	pid_t writer = 0;

	if (pipe2(fds, O_CLOEXEC))
		_exit(EXIT_FAILURE);
	fds[2] = epoll_create1(EPOLL_CLOEXEC);
	if (once == pipe_once)
		writer = start_writer(fds[1], amount);
	for (uint64_t i = 0; i < amount; i++) {
		uint64_t begin_ns = time_monotonic_ns() - time_waited_ns();

		once(fds);
		waited_ns += time_monotonic_ns() - time_waited_ns() - begin_ns;
	}
	if (writer > 0)
		waitpid(writer, NULL, 0);
	return waited_ns;
}

static void exec_again(uint64_t amount)
{
	char left[32], work[8];
	char *arguments[] = {
		(char *)"ktally", (char *)"verify", (char *)"--work", work, left, (char *)"on", NULL
	};

	snprintf(work, sizeof(work), "%d", WORK_EXECS);
	snprintf(left, sizeof(left), "%llu", (unsigned long long)amount - 1);
	execv("/proc/self/exe", arguments);
}

static size_t part_of(uint64_t left, size_t size)
{
	return left < size ? left : size;
}

static void write_file(uint64_t amount)
{
	_cleanup_(cleanup_close) int file = memfd_create("verify", MFD_CLOEXEC);
	char block[4096] = { 0 };
	ssize_t size;

	for (; amount; amount -= size) {
		size = write(file, block, part_of(amount, sizeof(block)));
		if (size <= 0)
			_exit(EXIT_FAILURE);
	}
}

static void pass_on(uint64_t amount)
{
	char block[4096] = { 0 };
	ssize_t size;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		_exit(EXIT_FAILURE);
	for (; amount; amount -= size) {
		size = send(fds[0], block, part_of(amount, sizeof(block)), 0);
		if (size <= 0 || recv(fds[1], block, size, MSG_WAITALL) != size)
			_exit(EXIT_FAILURE);
	}
	close(fds[0]);
	close(fds[1]);
}

static void work_do(enum verify_work work, uint64_t amount, struct verify_report *report)
{
	pthread_t thread;

	switch (work) {
	case WORK_CALLS:
		for (uint64_t i = 0; i < amount; i++)
			syscall(SYS_getppid);
		break;
	case WORK_ERRORS:
		for (uint64_t i = 0; i < amount; i++)
			syscall(SYS_close, -1);
		break;
	case WORK_FORKS:
		make_children(amount, 0);
		break;
	case WORK_FAILURES:
		make_children(amount, 3);
		break;
	case WORK_SIGNALS:
		make_children(amount, -SIGKILL);
		break;
	case WORK_EXECS:
		if (amount)
			exec_again(amount);
		break;
	case WORK_THREADS:
		for (uint64_t i = 0; i < amount; i++)
			if (pthread_create(&thread, NULL, thread_nothing, NULL) == 0)
				pthread_join(thread, NULL);
		break;
	case WORK_FAULTS:
		touch_pages(amount);
		break;
	case WORK_SPIN:
		spin(amount);
		break;
	case WORK_SLEEP:
		report->waited_ns = wait_often(amount, sleep_once);
		break;
	case WORK_POLL:
		report->waited_ns = wait_often(amount, poll_once);
		break;
	case WORK_FUTEX:
		report->waited_ns = wait_often(amount, futex_once);
		break;
	case WORK_PIPE:
		report->waited_ns = wait_often(amount, pipe_once);
		break;
	case WORK_FILE:
		write_file(amount);
		break;
	case WORK_SOCKET:
		pass_on(amount);
		break;
	case WORK_NOTHING:
		break;
	}
}

/* One byte each way; the other side is gone when there is none. */
static void wait_for_byte(void)
{
	char byte;

	if (read(ORDER_FD, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
}

int verify_work_main(int argc, char **argv)
{
	struct verify_report report = { 0 };
	bool goes_on = argc == 3; /* in the middle of a chain of execs */
	uint64_t begin_ns;

	if (argc < 2)
		return EXIT_FAILURE;
	if (!goes_on) {
		/* once in nothing: code and memory that the work itself needs are there afterwards */
		work_do(strtoul(argv[0], NULL, 10), 0, &report);
		if (write(REPORT_FD, &report, sizeof(report)) != sizeof(report))
			return EXIT_FAILURE;
		wait_for_byte();
	}
	begin_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	work_do(strtoul(argv[0], NULL, 10), strtoull(argv[1], NULL, 10), &report);
	report.cpu_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_ns;
	if (write(REPORT_FD, &report, sizeof(report)) != sizeof(report))
		return EXIT_FAILURE;
	wait_for_byte();
	return EXIT_SUCCESS;
}

/* This binary in memory, under another name: to the kernel another program. */
static int copy_self(const char *program)
{
	_cleanup_(cleanup_close) int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_(cleanup_close) int copy = memfd_create(program, MFD_CLOEXEC);
	ssize_t size;

	if (self < 0 || copy < 0)
		return -errno;
	do
		size = sendfile(copy, self, NULL, INT_MAX);
	while (size > 0);
	return size < 0 ? -errno : take_fd(copy);
}

struct verify_worker {
	pid_t pid;
	int report_fd, order_fd;
};

static void cleanup_worker(struct verify_worker **worker)
{
	verify_work_end(*worker);
}

/* The working process, from its fork on. */
static void become_worker(int copy, int report_fd, int order_fd, enum verify_work work, uint64_t amount)
{
	char number[8], text[32];
	char *arguments[] = { (char *)"ktally", (char *)"verify", (char *)"--work", number, text, NULL };

	snprintf(number, sizeof(number), "%d", work);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)amount);
	/* by way of higher numbers, so that none is in another's place */
	copy = fcntl(copy, F_DUPFD_CLOEXEC, ORDER_FD + 1);
	report_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, ORDER_FD + 1);
	order_fd = fcntl(order_fd, F_DUPFD_CLOEXEC, ORDER_FD + 1);
	if (dup2(report_fd, REPORT_FD) < 0 || dup2(order_fd, ORDER_FD) < 0)
		_exit(EXIT_FAILURE);
	fexecve(copy, arguments, environ);
	_exit(EXIT_FAILURE);
}

static int take_report(const struct verify_worker *worker, struct verify_report *ret_report)
{
	return read(worker->report_fd, ret_report, sizeof(*ret_report)) == sizeof(*ret_report) ? 0 : -ECHILD;
}

int verify_work_begin(enum verify_work work, uint64_t amount, const char *program,
		      struct verify_worker **ret_worker)
{
	_cleanup_(cleanup_worker) struct verify_worker *worker = calloc(1, sizeof(*worker));
	_cleanup_(cleanup_close) int copy = copy_self(program);
	int reports[2], orders[2], error;
	struct verify_report nothing;

	if (!worker)
		return -ENOMEM;
	worker->report_fd = worker->order_fd = -1;
	if (copy < 0)
		return copy;
	if (pipe2(reports, O_CLOEXEC))
		return -errno;
	worker->report_fd = reports[0];
	if (pipe2(orders, O_CLOEXEC)) {
		close(reports[1]);
		return -errno;
	}
	worker->order_fd = orders[1];
	worker->pid = fork();
	if (worker->pid == 0)
		become_worker(copy, reports[1], orders[0], work, amount);
	close(reports[1]);
	close(orders[0]);
	if (worker->pid < 0)
		return -errno;
	error = take_report(worker, &nothing);
	if (!error)
		*ret_worker = take_ptr(worker);
	return error;
}

int verify_work_do(struct verify_worker *worker, struct verify_report *ret_report)
{
	if (write(worker->order_fd, "x", 1) != 1)
		return -errno;
	return take_report(worker, ret_report);
}

void verify_work_end(struct verify_worker *worker)
{
	if (!worker)
		return;
	if (worker->order_fd >= 0)
		close(worker->order_fd);
	if (worker->report_fd >= 0)
		close(worker->report_fd);
	if (worker->pid > 0)
		waitpid(worker->pid, NULL, 0);
	free(worker);
}
