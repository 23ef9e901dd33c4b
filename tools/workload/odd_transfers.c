// SPDX-License-Identifier: Apache-2.0
/* Bytes in the ways that are easily counted twice, or not at all. Reports as transfers.c does. */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workload.h"

enum { SIZE = 65536, ALARM_US = 3000 };

static char block[SIZE];
static struct {
	uint64_t read, reads, written, writes, opens, open_failures, closes;
	uint64_t sent_udp, received_udp, sent_unix, received_unix;
} done;

static void expect(const char *what, long result, long expected)
{
	if (result != expected)
		fail("%s: %ld instead of %ld: %s", what, result, expected, strerror(errno));
}

static void count_read(uint64_t bytes)
{
	done.read += bytes;
	done.reads++;
}

static void count_write(uint64_t bytes)
{
	done.written += bytes;
	done.writes++;
}

static void write_file(int fd, uint64_t bytes)
{
	expect("write", syscall(SYS_pwrite64, fd, block, bytes, 0L), (long)bytes);
	count_write(bytes);
}

static int new_file(void)
{
	int fd = temporary_file();

	done.opens++;
	return fd;
}

static void unix_pair(int type, int ret_fds[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ret_fds))
		fail("no socket pair: %s", strerror(errno));
}

/* ---- Linux's own AIO: two writes and two reads, the last at the end of the file ---- */

static void run_aio(uint64_t count)
{
	struct iocb requests[4] = { 0 }, *list[4];
	struct io_event events[4];
	aio_context_t context = 0;
	int fd = new_file();

	expect("io_setup", syscall(SYS_io_setup, 4, &context), 0);
	for (uint64_t i = 0; i < 4; i++) {
		requests[i] = (struct iocb){ .aio_lio_opcode = i < 2 ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
					     .aio_fildes = (uint32_t)fd,
					     .aio_buf = (uintptr_t)block,
					     .aio_nbytes = 1009 + i,
					     .aio_offset = i < 3 ? 0 : SIZE };
		list[i] = &requests[i];
	}
	write_file(fd, 2003);
	for (uint64_t turn = 0; turn < count; turn++) {
		expect("io_submit", syscall(SYS_io_submit, context, 4, list), 4);
		expect("io_getevents", syscall(SYS_io_getevents, context, 4, 4, events, NULL), 4);
		count_write(1009);
		count_write(1010);
		count_read(1011);
		count_read(0);
	}
}

/* ---- datagrams that are longer than their buffer, and calls for many that end in the middle ---- */

static void run_datagrams(uint64_t count)
{
	struct iovec parts[3] = { { block, 211 }, { block, 223 }, { (void *)8, 227 } }, part = { block, 227 };
	struct mmsghdr messages[3] = { 0 };
	int fds[2];

	inet_pair(SOCK_DGRAM, false, fds);
	for (uint64_t i = 0; i < count; i++) {
		expect("sendto", syscall(SYS_sendto, fds[1], block, 1009, 0, NULL, 0), 1009);
		expect("recvfrom",
		       syscall(SYS_recvfrom, fds[0], block, 101, MSG_PEEK | MSG_TRUNC, NULL, NULL), 1009);
		expect("recvfrom", syscall(SYS_recvfrom, fds[0], block, 101, MSG_TRUNC, NULL, NULL), 1009);
		expect("sendto", syscall(SYS_sendto, fds[1], block, 1009, 0, NULL, 0), 1009);
		expect("recvfrom", syscall(SYS_recvfrom, fds[0], block, 101, 0, NULL, NULL), 101);
		expect("empty sendto", syscall(SYS_sendto, fds[1], block, 0, 0, NULL, 0), 0);
		expect("empty recvfrom", syscall(SYS_recvfrom, fds[0], block, 101, 0, NULL, NULL), 0);
		for (int j = 0; j < 3; j++)
			messages[j].msg_hdr = (struct msghdr){ .msg_iov = &parts[j], .msg_iovlen = 1 };
		expect("sendmmsg", syscall(SYS_sendmmsg, fds[1], messages, 3, 0), 2);
		messages[2].msg_hdr.msg_iov = &part;
		expect("recvmmsg", syscall(SYS_recvmmsg, fds[0], messages, 3, MSG_DONTWAIT, NULL), 2);
		done.sent_udp += 2 * 1009 + 211 + 223;
		done.received_udp += 1009 + 101 + 211 + 223;
	}
}

/* ---- signals: a receive that gives what it has, opens that begin anew ---- */

static void on_alarm(int signal)
{
	(void)signal;
}

static void set_alarms(int period_us)
{
	struct itimerval timer = { .it_interval.tv_usec = period_us, .it_value.tv_usec = period_us };

	expect("setitimer", setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void receive_alarmed(int fds[2])
{
	long result;

	if (child_fork() == 0) {
		for (int i = 0; i < 3; i++) {
			sleep_ns(5000000);
			expect("sendto", syscall(SYS_sendto, fds[1], block, 101, 0, NULL, 0), 101);
		}
		child_exit(0);
	}
	done.sent_unix += 303;
	set_alarms(ALARM_US);
	for (uint64_t got = 0; got < 303; got += (uint64_t)(result < 0 ? 0 : result)) {
		result = syscall(SYS_recvfrom, fds[0], block, 303 - got, MSG_WAITALL, NULL, NULL);
		if (result == 0 || (result < 0 && errno != EINTR))
			expect("recvfrom", result, 303);
	}
	set_alarms(0);
	done.received_unix += 303;
	child_wait(-1);
}

static void open_alarmed(const char *path)
{
	if (child_fork() == 0) {
		sleep_ns(15000000);
		child_exit(syscall(SYS_open, path, O_WRONLY) < 0);
	}
	set_alarms(ALARM_US);
	if (syscall(SYS_open, path, O_RDONLY | O_CLOEXEC) < 0)
		fail("cannot open '%s': %s", path, strerror(errno));
	set_alarms(0);
	done.opens += 2;
	expect("wait", child_wait(-1), 0);
}

static void run_signals(uint64_t count)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	char path[64];
	int fds[2];

	snprintf(path, sizeof(path), "/tmp/workload.%d", (int)getpid());
	if (mkfifo(path, 0600))
		fail("cannot create '%s': %s", path, strerror(errno));
	sigaction(SIGALRM, &action, NULL);
	unix_pair(SOCK_STREAM, fds);
	for (uint64_t i = 0; i < count; i++) {
		receive_alarmed(fds);
		open_alarmed(path);
	}
	unlink(path);
}

/* ---- descriptors that are the same number for other files, or another number for the same ---- */

static int shared_fd;

static void *run_alone(void *context)
{
	int fds[2];

	expect("unshare", unshare(CLONE_FILES), 0);
	unix_pair(SOCK_STREAM, fds);
	expect("dup3", dup3(fds[0], shared_fd, O_CLOEXEC), shared_fd);
	expect("write", syscall(SYS_write, shared_fd, block, 107), 107);
	done.sent_unix += 107;
	return context;
}

static void pass_descriptor(int fds[2], int fd, int *ret_fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec part = { block, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
				    .cmsg_type = SCM_RIGHTS,
				    .cmsg_len = CMSG_LEN(sizeof(fd)) };
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	expect("sendmsg", syscall(SYS_sendmsg, fds[0], &message, 0), 1);
	expect("recvmsg", syscall(SYS_recvmsg, fds[1], &message, 0), 1);
	done.sent_unix++;
	done.received_unix++;
	memcpy(ret_fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(*ret_fd));
}

static void run_descriptors(uint64_t count)
{
	pthread_t thread;
	int fds[2], passed;

	shared_fd = new_file();
	unix_pair(SOCK_SEQPACKET, fds);
	for (uint64_t i = 0; i < count; i++) {
		if (pthread_create(&thread, NULL, run_alone, NULL))
			fail("no thread");
		pthread_join(thread, NULL);
		write_file(shared_fd, 109);
		pass_descriptor(fds, shared_fd, &passed);
		write_file(passed, 113);
		expect("close", syscall(SYS_close, passed), 0);
		done.closes++;
	}
}

/* ---- what is neither a regular file nor a socket, and what looks like none and is a file ---- */

static void run_kinds(uint64_t count)
{
	int event = eventfd(0, EFD_CLOEXEC), memory = (int)syscall(SYS_memfd_create, "workload", 0), from[2],
	    to[2];
	struct iovec part = { block, 127 };
	uint64_t number = 3;
	char *mapped;

	write_file(memory, 4096);
	mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (mapped == MAP_FAILED || pipe2(from, O_CLOEXEC) || pipe2(to, O_CLOEXEC))
		fail("cannot prepare: %s", strerror(errno));
	for (uint64_t i = 0; i < count; i++) {
		expect("write", syscall(SYS_write, event, &number, 8), 8);
		expect("read", syscall(SYS_read, event, &number, 8), 8);
		expect("vmsplice", syscall(SYS_vmsplice, from[1], &part, 1, 0), 127);
		expect("tee", syscall(SYS_tee, from[0], to[1], 127, 0), 127);
		expect("read", syscall(SYS_read, from[0], block, 127), 127);
		expect("read", syscall(SYS_read, to[0], block, 127), 127);
		memset(mapped, (int)i, 4096); /* no call moves it */
		write_file(memory, 131);
		expect("read of nothing", syscall(SYS_pread64, memory, block, 0, 0L), 0);
		count_read(0);
	}
}

/* ---- calls that a filter refuses ---- */

static void run_refused(uint64_t count)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };
	int fd = new_file(), status = 0;

	if (child_fork() == 0) { /* the report is written by a process without it */
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program))
			fail("no filter: %s", strerror(errno));
		for (uint64_t i = 0; i < count; i++) {
			expect("write", syscall(SYS_write, fd, block, 101), -1);
			expect("open", syscall(SYS_open, "/", O_RDONLY), -1);
			write_file(fd, 137);
		}
		child_exit(0);
	}
	status = child_wait(-1);
	expect("refused", status, 0);
	done.open_failures = count;
	done.writes = count;
	done.written = 137 * count;
}

/* ---- a ring of io_uring that has no room for its completions ---- */

static void run_overflow(uint64_t count)
{
	uint64_t bytes = 139;

	for (uint64_t i = 0; i < count; i++)
		uring_overflow(new_file(), block, bytes, 32);
	done.writes = 32 * count;
	done.written = 32 * bytes * count;
}

static const struct {
	const char *name;
	void (*run)(uint64_t count);
} ways[] = {
	{ "aio", run_aio },           { "datagrams", run_datagrams },     { "signals", run_signals },
	{ "kinds", run_kinds },       { "descriptors", run_descriptors }, { "refused", run_refused },
	{ "overflow", run_overflow },
};

void command_odd_transfer(char **args)
{
	uint64_t count = parse_number(args[1]);
	size_t i = 0;

	while (i < sizeof(ways) / sizeof(ways[0]) && strcmp(ways[i].name, args[0]))
		i++;
	if (i == sizeof(ways) / sizeof(ways[0]))
		fail_usage("no such way: '%s'", args[0]);
	ways[i].run(count);
	report("file_read_bytes", done.read);
	report("file_written_bytes", done.written);
	report("file_reads", done.reads);
	report("file_writes", done.writes);
	report("file_opens", done.opens);
	report("file_open_failures", done.open_failures);
	report("file_closes", done.closes);
	report("network_receive_bytes_udp", done.received_udp);
	report("network_transmit_bytes_udp", done.sent_udp);
	report("network_receive_bytes_unix", done.received_unix);
	report("network_transmit_bytes_unix", done.sent_unix);
}
