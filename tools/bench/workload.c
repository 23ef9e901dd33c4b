// SPDX-License-Identifier: Apache-2.0
/* What the variants are measured on. All on one CPU; system calls by the instruction itself, so that no library stands between. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"

#define RING_THREADS 300

static int read_fd = -1, write_fd = -1;
static pid_t peer;
static const char *noop;

static inline long call(long number, long first, const void *second, long third, long fourth)
{
	register long r10 __asm__("r10") = fourth;
	register long r8 __asm__("r8") = 0; /* address and its length: none */
	register long r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static void finish(void)
{
	if (read_fd >= 0)
		close(read_fd);
	if (write_fd >= 0)
		close(write_fd);
	read_fd = write_fd = -1;
	process_end(peer, SIGKILL);
	peer = 0;
}

static bool start_nothing(const struct bench_options *options)
{
	noop = options->noop;
	return true;
}

static void run_getppid(long count)
{
	for (long i = 0; i < count; i++)
		call(SYS_getppid, 0, NULL, 0, 0);
}

static bool start_zero(const struct bench_options *options)
{
	(void)options;
	read_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	return read_fd >= 0;
}

static void run_read(long count)
{
	char byte;

	for (long i = 0; i < count; i++)
		call(SYS_read, read_fd, &byte, 1, 0);
}

static bool start_file(const struct bench_options *options)
{
	char path[] = "/tmp/ktally-bench.XXXXXX";
	char page[4096] = { 0 };

	(void)options;
	read_fd = mkostemp(path, O_CLOEXEC);
	if (read_fd < 0)
		return false;
	unlink(path);
	return write(read_fd, page, sizeof(page)) == sizeof(page);
}

static void run_pread(long count)
{
	char byte;

	for (long i = 0; i < count; i++)
		call(SYS_pread64, read_fd, &byte, 1, 0);
}

static void run_pwrite(long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++)
		call(SYS_pwrite64, read_fd, &byte, 1, 0);
}

static void run_open(long count)
{
	for (long i = 0; i < count; i++)
		call(SYS_close, call(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY, 0), NULL, 0, 0);
}

/* A file of its own on whatever disk has /var/tmp, past the page cache: each read waits for the disk. */
#define DIRECT_BYTES 4096
#define DIRECT_BLOCKS 256

static char direct_memory[DIRECT_BYTES] __attribute__((aligned(DIRECT_BYTES)));

static bool start_direct(const struct bench_options *options)
{
	char path[] = "/var/tmp/ktally-bench.XXXXXX";
	bool is_full = true;

	(void)options;
	read_fd = mkostemp(path, O_CLOEXEC | O_DIRECT);
	if (read_fd < 0)
		return false;
	unlink(path);
	for (int i = 0; i < DIRECT_BLOCKS; i++)
		is_full &= write(read_fd, direct_memory, DIRECT_BYTES) == DIRECT_BYTES;
	return is_full && fsync(read_fd) == 0;
}

static void run_direct(long count)
{
	for (long i = 0; i < count; i++)
		call(SYS_pread64, read_fd, direct_memory, DIRECT_BYTES, i % DIRECT_BLOCKS * DIRECT_BYTES);
}

static bool start_socket(const struct bench_options *options)
{
	int fds[2];

	(void)options;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return false;
	read_fd = fds[0];
	write_fd = fds[1];
	return true;
}

/* Two ends on loopback, in one process: the send does the work of the receiving side too. */
static bool start_inet(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *any = (struct sockaddr *)&address;
	int one = 1, listener = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);

	write_fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (listener < 0 || write_fd < 0 || bind(listener, any, size) || getsockname(listener, any, &size))
		return false;
	if (type == SOCK_STREAM && listen(listener, 1))
		return false;
	if (connect(write_fd, any, size))
		return false;
	read_fd = listener;
	if (type == SOCK_STREAM) {
		read_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		close(listener);
		setsockopt(write_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	return read_fd >= 0;
}

static bool start_tcp(const struct bench_options *options)
{
	(void)options;
	return start_inet(SOCK_STREAM);
}

static bool start_udp(const struct bench_options *options)
{
	(void)options;
	return start_inet(SOCK_DGRAM);
}

static struct sockaddr_in listener_address;

/* A listener; both ends of each connection are closed, the first one with a reset, so that no port stays behind. */
static bool start_listener(const struct bench_options *options)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	(void)options;
	read_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	listener_address = address;
	return read_fd >= 0 && bind(read_fd, (struct sockaddr *)&address, size) == 0 &&
	       getsockname(read_fd, (struct sockaddr *)&listener_address, &size) == 0 &&
	       listen(read_fd, 8) == 0;
}

static void run_connect(long count)
{
	const struct linger at_once = { .l_onoff = 1 };

	for (long i = 0; i < count; i++) {
		long fd = call(SYS_socket, AF_INET, (void *)(SOCK_STREAM | SOCK_CLOEXEC), 0, 0), peer_fd;

		setsockopt((int)fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		call(SYS_connect, fd, &listener_address, sizeof(listener_address), 0);
		peer_fd = call(SYS_accept4, read_fd, NULL, 0, SOCK_CLOEXEC);
		call(SYS_close, fd, NULL, 0, 0);
		call(SYS_close, peer_fd, NULL, 0, 0);
	}
}

static void run_send_receive(long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++) {
		call(SYS_sendto, write_fd, &byte, 1, 0);
		call(SYS_recvfrom, read_fd, &byte, 1, 0);
	}
}

static bool start_pipe(const struct bench_options *options)
{
	int fds[2];

	(void)options;
	if (pipe2(fds, O_CLOEXEC))
		return false;
	read_fd = fds[0];
	write_fd = fds[1];
	return true;
}

static void run_write_read(long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++) {
		call(SYS_write, write_fd, &byte, 1, 0);
		call(SYS_read, read_fd, &byte, 1, 0);
	}
}

static void pass_on(int from, int to)
{
	char byte;

	while (call(SYS_read, from, &byte, 1, 0) == 1 && call(SYS_write, to, &byte, 1, 0) == 1)
		;
}

static bool start_ping_pong(const struct bench_options *options)
{
	int there[2], back[2];

	(void)options;
	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return false;
	peer = process_fork(WORK_CPU);
	if (peer == 0) {
		close(there[1]);
		close(back[0]);
		pass_on(there[0], back[1]);
		_exit(0);
	}
	close(there[0]);
	close(back[1]);
	write_fd = there[1];
	read_fd = back[0];
	return peer > 0;
}

/* ---- a ring of many threads: each switch finds the caches full of others ---- */

struct link_of_ring {
	int from, to;
};

static void *run_link(void *context)
{
	const struct link_of_ring *link = context;

	pass_on(link->from, link->to);
	return NULL;
}

static void hold_ring(int from, int to)
{
	static struct link_of_ring links[RING_THREADS];
	pthread_attr_t attributes;
	pthread_t thread;
	int fds[2];

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	for (unsigned int i = 0; i < RING_THREADS; i++) {
		links[i].from = from;
		links[i].to = to;
		if (i < RING_THREADS - 1) {
			if (pipe2(fds, O_CLOEXEC))
				_exit(1);
			links[i].to = fds[1];
			from = fds[0];
		}
		if (pthread_create(&thread, &attributes, run_link, &links[i]))
			_exit(1);
	}
	for (;;)
		pause();
}

static bool start_ring(const struct bench_options *options)
{
	int there[2], back[2];

	(void)options;
	if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC))
		return false;
	peer = process_fork(WORK_CPU);
	if (peer == 0) {
		close(there[1]);
		close(back[0]);
		hold_ring(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	write_fd = there[1];
	read_fd = back[0];
	return peer > 0;
}

/* ---- processes ---- */

static void run_fork(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void run_exec(long count)
{
	char *argv[] = { (char *)noop, "noop", NULL };

	for (long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execv(noop, argv);
			_exit(127);
		}
		waitpid(pid, NULL, 0);
	}
}

const struct workload workloads[] = {
	{ "getppid", "System call: getppid", "call", start_nothing, run_getppid, finish, 1 },
	{ "zero", "System call: read of /dev/zero", "call", start_zero, run_read, finish, 1 },
	{ "pread", "System call: pread of a cached file", "call", start_file, run_pread, finish, 1 },
	{ "pwrite", "System call: pwrite of a cached file", "call", start_file, run_pwrite, finish, 1 },
	{ "open", "System call: open and close", "call", start_nothing, run_open, finish, 2 },
	{ "socket", "System call: write and read of a socket pair", "call", start_socket, run_write_read,
	  finish, 2 },
	{ "send", "System call: send and receive of a socket pair", "call", start_socket, run_send_receive,
	  finish, 2 },
	{ "tcp", "System call: send and receive over TCP on loopback", "call", start_tcp, run_send_receive,
	  finish, 2 },
	{ "udp", "System call: send and receive over UDP on loopback", "call", start_udp, run_send_receive,
	  finish, 2 },
	{ "pipe", "System call: write and read of a pipe", "call", start_pipe, run_write_read, finish, 2 },
	{ "connect", "Connection: socket, connect, accept, two closes over TCP on loopback", "connection",
	  start_listener, run_connect, finish, 1 },
	{ "direct", "Disk: read of 4 KiB past the page cache", "read", start_direct, run_direct, finish, 1 },
	{ "switch", "Context switch: ping-pong of two processes over pipes", "switch", start_ping_pong,
	  run_write_read, finish, 2 },
	{ "ring", "Context switch: a token through 300 threads", "switch", start_ring, run_write_read, finish,
	  RING_THREADS + 1 },
	{ "fork", "Process: fork, exit, wait", "process", start_nothing, run_fork, finish, 1 },
	{ "exec", "Process: fork, exec, exit, wait", "process", start_nothing, run_exec, finish, 1 },
};
const unsigned int workload_count = sizeof(workloads) / sizeof(workloads[0]);

double workload_time(const struct workload *workload, long count)
{
	uint64_t begin_ns = time_monotonic_ns();

	workload->run(count);
	return (double)(time_monotonic_ns() - begin_ns) / ((double)count * workload->per_run);
}
