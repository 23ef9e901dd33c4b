// SPDX-License-Identifier: Apache-2.0
/* The table of subcommands, the report, and what several subcommands need. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

char self_path[4096];

static char report_text[4096];
static size_t report_length;

static void command_noop(char **args)
{
	(void)args;
}

static const struct command {
	const char *name;
	const char *args;
	int min_args, max_args; /* max_args -1: any number */
	command_function *run;
	const char *help;
} commands[] = {
	{ "calls", "N NAME", 2, 2, command_calls, "N calls of the system call NAME, none of which fails" },
	{ "errors", "N [EBADF|ENOENT]", 1, 2, command_errors,
	  "N failing calls: close(-1), or access to no file" },
	{ "forks", "N", 1, 1, command_forks, "N children that end at once, one after the other" },
	{ "exits", "SUCCESS FAILURE SIGNAL", 3, 3, command_exits,
	  "so many children that exit with 0, exit with 3, die by SIGKILL and SIGTERM in turn" },
	{ "execs", "N", 1, 1, command_execs, "N children that execute `workload noop`" },
	{ "noop", "", 0, 0, command_noop, "nothing, and no report" },
	{ "threads", "N", 1, 1, command_threads, "N threads, at most 64 at once" },
	{ "spin", "MS", 1, 1, command_spin, "busy for MS of CPU time" },
	{ "spin-forever", "", 0, 0, command_spin_forever, "busy until killed, without a system call" },
	{ "short", "N", 1, 1, command_short, "N processes of 1 ms CPU time, at most 8 at once" },
	{ "sleep", "N MS", 2, 2, command_sleep, "N sleeps" },
	{ "poll", "N MS", 2, 2, command_poll, "N epoll_wait that time out" },
	{ "futex", "N MS", 2, 2, command_futex, "N futex waits that time out" },
	{ "pipe", "N MS", 2, 2, command_pipe, "N reads of a pipe that a sleeping child fills" },
	{ "socket", "N MS", 2, 2, command_socket, "N receives from a socket that a sleeping child fills" },
	{ "faults", "N", 1, 1, command_faults, "N anonymous pages touched, no huge pages" },
	{ "hold", "N SECONDS", 2, 2, command_hold, "the same, and keeps them so long" },
	{ "files", "N [BYTES]", 1, 2, command_files,
	  "N writes and N reads of a regular file, 4096 bytes each" },
	{ "transfer", "CALL ON N BYTES", 4, 4, command_transfer,
	  "N times BYTES through a family of calls and a file, pipe, tcp4, tcp6, udp4, udp6, unix, unix-datagram" },
	{ "odd-transfer", "WAY N", 2, 2, command_odd_transfer,
	  "N times bytes by aio, datagrams, signals, kinds, descriptors, refused, overflow" },
	{ "races", "N", 1, 1, command_races,
	  "N reads and writes by each of 3 threads through descriptors that a fourth closes and exchanges" },
	{ "source", "PORT BYTES", 2, 2, command_source, "sends BYTES to PORT on loopback" },
	{ "proxy", "PORT TO read|splice", 3, 3, command_proxy, "passes what comes in on PORT on to port TO" },
	{ "sink", "PORT", 1, 1, command_sink, "takes what comes in on PORT" },
	{ "switches", "N", 1, 1, command_switches, "N rounds of ping-pong with a child on the same CPU" },
	{ "processes", "N SECONDS", 2, 2, command_processes, "N sleeping children that live so long" },
	{ "storm", "SECONDS", 1, 1, command_storm, "forks, execs, exits and threads until the time is over" },
	{ "rename", "NAME -- COMMAND...", 3, -1, command_rename,
	  "COMMAND of this program under the name NAME" },
	{ "tcp-serve", "ADDRESS PORT", 2, 2, command_tcp_serve, "accepts until killed, reads until the end" },
	{ "tcp-proxy", "ADDRESS PORT TO PORT", 4, 4, command_tcp_proxy,
	  "the same, and passes on what comes, one connection after the other" },
	{ "tcp-connect", "ADDRESS PORT N [HOW [BYTES]]", 3, 5, command_tcp_connect,
	  "N connections, one after the other; HOW they end: close, reset, hold, abandon; BYTES each sends (100), but for reset" },
	{ "tcp-ignore", "ADDRESS PORT BACKLOG", 3, 3, command_tcp_ignore, "listens and never accepts" },
	{ "udp-ignore", "ADDRESS PORT", 2, 2, command_udp_ignore,
	  "a receiver that never reads, with the least buffer" },
	{ "udp-send", "ADDRESS PORT N", 3, 3, command_udp_send, "N datagrams of 1000 bytes" },
	{ "move", "PATH N", 2, 2, command_move,
	  "N getppid, then into the cgroup folder PATH, then N getppid" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

void report(const char *key, uint64_t value)
{
	int length = snprintf(report_text + report_length, sizeof(report_text) - report_length, "%s=%llu\n",
			      key, (unsigned long long)value);
	if (length < 0 || (size_t)length >= sizeof(report_text) - report_length)
		fail("the report is too long");
	report_length += (size_t)length;
}

void report_flush(void)
{
	if (report_length && syscall(SYS_write, STDOUT_FILENO, report_text, report_length) < 0)
		fail("cannot write the report: %s", strerror(errno));
	report_length = 0;
}

void fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("workload: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

void fail_usage(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("workload: ", stderr);
	vfprintf(stderr, format, args);
	fputs("; see workload --help\n", stderr);
	va_end(args);
	_exit(2);
}

uint64_t parse_number(const char *text)
{
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || *end || end == text || *text == '-')
		fail_usage("not a number: '%s'", text);
	return value;
}

uint64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now); /* vDSO: no system call where the clock source allows it */
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

uint64_t own_cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

uint64_t usage_cpu_ns(const struct rusage *usage)
{
	uint64_t seconds = (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec);
	uint64_t microseconds = (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
	return seconds * 1000000000ULL + microseconds * 1000ULL;
}

void sleep_ns(uint64_t duration_ns)
{
	struct timespec left = { (time_t)(duration_ns / 1000000000ULL), (long)(duration_ns % 1000000000ULL) };
	while (syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &left, &left) < 0 && errno == EINTR)
		;
}

void burn_cpu(uint64_t cpu_ns)
{
	uint64_t end = own_cpu_ns() + cpu_ns;
	do {
		for (volatile int turn = 0; turn < 50000; turn++)
			;
	} while (own_cpu_ns() < end);
}

pid_t child_fork(void)
{
	long pid = syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
	if (pid < 0)
		fail("cannot fork: %s", strerror(errno));
	return (pid_t)pid;
}

void child_exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

int child_wait(pid_t pid)
{
	int status = 0;
	while (syscall(SYS_wait4, pid, &status, 0, NULL) < 0)
		if (errno != EINTR)
			fail("cannot wait for a child: %s", strerror(errno));
	return status;
}

static void print_usage(FILE *stream)
{
	fputs("usage: workload COMMAND [ARGUMENT...]\n"
	      "Does exactly known work, then prints what it did as key=value lines.\n\n",
	      stream);
	for (size_t i = 0; i < COMMANDS; i++) {
		char left[64];
		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].args);
		fprintf(stream, "  %-30s %s\n", left, commands[i].help);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? 2 : 0;
	}
	const struct command *command = NULL;
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			command = &commands[i];
	if (!command)
		fail_usage("no such command: '%s'", argv[1]);
	if (argc - 2 < command->min_args || (command->max_args >= 0 && argc - 2 > command->max_args))
		fail_usage("wrong number of arguments: %s %s", command->name, command->args);

	ssize_t length = readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	if (length < 0) /* no procfs here */
		snprintf(self_path, sizeof(self_path), "%s", argv[0]);
	else
		self_path[length] = '\0';

	command->run(argv + 2);
	report_flush();
	child_exit(0);
}
