// SPDX-License-Identifier: Apache-2.0
/* Bytes through every call that moves them. What must be counted is reported under the names of ktally's families. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "workload.h"

enum { MESSAGES = 3, BYTES_MAX = 65536 };

/* Where bytes go in, and where they come out again. */
struct ends {
	int in, out;
	bool is_file;
	const char *protocol; /* of a socket */
};

static char block[MESSAGES * BYTES_MAX];
static struct ends ends;
static int pipe_ends[2], source_fd; /* of splice and sendfile */

static struct {
	uint64_t read, written, reads, writes, opens, open_failures, closes, received, sent;
} done;

static void count_in(const struct ends *from, uint64_t bytes)
{
	if (from->is_file) {
		done.read += bytes;
		done.reads++;
	}
	if (from->protocol)
		done.received += bytes;
}

static void count_out(const struct ends *to, uint64_t bytes)
{
	if (to->is_file) {
		done.written += bytes;
		done.writes++;
	}
	if (to->protocol)
		done.sent += bytes;
}

static void expect(const char *what, long result, uint64_t expected)
{
	if (result < 0)
		fail("%s: %s", what, strerror(errno));
	if ((uint64_t)result != expected)
		fail("%s: %ld instead of %llu", what, result, (unsigned long long)expected);
}

static void rewind_file(const struct ends *at)
{
	if (at->is_file)
		syscall(SYS_lseek, at->in, 0L, SEEK_SET);
}

/* One call, whole or not at all; a stream that gives less is asked again. */
static void get(const char *what, long number, uint64_t bytes, long flags)
{
	for (uint64_t got = 0; got < bytes;) {
		long result = syscall(number, ends.in, block, bytes - got, flags, 0L, 0L);

		if (result <= 0)
			expect(what, result, bytes);
		count_in(&ends, (uint64_t)result);
		got += (uint64_t)result;
	}
}

static void turn_read(uint64_t bytes)
{
	rewind_file(&ends);
	expect("write", syscall(SYS_write, ends.out, block, bytes), bytes);
	count_out(&ends, bytes);
	rewind_file(&ends);
	get("read", SYS_read, bytes, 0);
}

static void turn_readv(uint64_t bytes)
{
	struct iovec parts[2] = { { block, bytes / 2 }, { block, bytes - bytes / 2 } };

	rewind_file(&ends);
	expect("writev", syscall(SYS_writev, ends.out, parts, 2), bytes);
	count_out(&ends, bytes);
	rewind_file(&ends);
	expect("readv", syscall(SYS_readv, ends.in, parts, 2), bytes);
	count_in(&ends, bytes);
}

static void turn_pread(uint64_t bytes)
{
	struct iovec part = { block, bytes };

	expect("pwrite64", syscall(SYS_pwrite64, ends.out, block, bytes, 0L), bytes);
	expect("pwritev", syscall(SYS_pwritev, ends.out, &part, 1, 0L, 0L), bytes);
	expect("pwritev2", syscall(SYS_pwritev2, ends.out, &part, 1, 0L, 0L, 0), bytes);
	expect("pread64", syscall(SYS_pread64, ends.in, block, bytes, 0L), bytes);
	expect("preadv", syscall(SYS_preadv, ends.in, &part, 1, 0L, 0L), bytes);
	expect("preadv2", syscall(SYS_preadv2, ends.in, &part, 1, 0L, 0L, 0), bytes);
	expect("pread64 past the end", syscall(SYS_pread64, ends.in, block, bytes, 1L << 30), 0);
	for (int i = 0; i < 3; i++)
		count_out(&ends, bytes);
	for (int i = 0; i < 4; i++)
		count_in(&ends, i < 3 ? bytes : 0);
}

static void turn_send(uint64_t bytes)
{
	expect("sendto", syscall(SYS_sendto, ends.out, block, bytes, 0, NULL, 0), bytes);
	count_out(&ends, bytes);
	expect("recvfrom that peeks",
	       syscall(SYS_recvfrom, ends.in, block, bytes, MSG_PEEK | MSG_WAITALL, NULL, NULL), bytes);
	get("recvfrom", SYS_recvfrom, bytes, 0);
}

static void turn_sendmsg(uint64_t bytes)
{
	struct iovec part = { block, bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	expect("sendmsg", syscall(SYS_sendmsg, ends.out, &message, 0), bytes);
	count_out(&ends, bytes);
	expect("recvmsg that peeks", syscall(SYS_recvmsg, ends.in, &message, MSG_PEEK | MSG_WAITALL), bytes);
	expect("recvmsg", syscall(SYS_recvmsg, ends.in, &message, MSG_WAITALL), bytes);
	count_in(&ends, bytes);
}

static void turn_sendmmsg(uint64_t bytes)
{
	struct mmsghdr messages[MESSAGES] = { 0 };
	struct iovec parts[MESSAGES];

	for (int i = 0; i < MESSAGES; i++) {
		parts[i] = (struct iovec){ block + i * BYTES_MAX, bytes + (uint64_t)i };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	expect("sendmmsg", syscall(SYS_sendmmsg, ends.out, messages, MESSAGES, 0), MESSAGES);
	expect("recvmmsg", syscall(SYS_recvmmsg, ends.in, messages, MESSAGES, MSG_WAITALL, NULL), MESSAGES);
	for (int i = 0; i < MESSAGES; i++) {
		count_out(&ends, bytes + (uint64_t)i);
		count_in(&ends, bytes + (uint64_t)i);
	}
}

static void turn_sendfile(uint64_t bytes)
{
	static const struct ends file = { .is_file = true };
	off_t offset = 0;

	rewind_file(&ends);
	expect("sendfile", syscall(SYS_sendfile, ends.out, source_fd, &offset, bytes), bytes);
	count_in(&file, bytes);
	count_out(&ends, bytes);
	if (!ends.is_file)
		get("read", SYS_read, bytes, 0);
}

static void turn_splice(uint64_t bytes)
{
	static const struct ends file = { .is_file = true };
	loff_t offset = 0;

	expect("splice of a file", syscall(SYS_splice, source_fd, &offset, pipe_ends[1], NULL, bytes, 0),
	       bytes);
	count_in(&file, bytes);
	rewind_file(&ends);
	expect("splice from a pipe", syscall(SYS_splice, pipe_ends[0], NULL, ends.out, NULL, bytes, 0),
	       bytes);
	count_out(&ends, bytes);
	rewind_file(&ends);
	for (uint64_t got = 0; got < bytes;) {
		long result = syscall(SYS_splice, ends.in, NULL, pipe_ends[1], NULL, bytes - got, 0);

		if (result <= 0)
			expect("splice into a pipe", result, bytes);
		count_in(&ends, (uint64_t)result);
		expect("read of the pipe", syscall(SYS_read, pipe_ends[0], block, result), (uint64_t)result);
		got += (uint64_t)result;
	}
}

static void turn_copy(uint64_t bytes)
{
	loff_t from = 0, to = 0;

	expect("copy_file_range", syscall(SYS_copy_file_range, source_fd, &from, ends.out, &to, bytes, 0),
	       bytes);
	count_in(&ends, bytes);
	count_out(&ends, bytes);
}

static long opened(const char *what, long fd)
{
	if (fd < 0)
		fail("%s: %s", what, strerror(errno));
	done.opens++;
	return fd;
}

static void closed(const char *what, long result)
{
	if (result)
		fail("%s: %s", what, strerror(errno));
	done.closes++;
}

static void turn_open(uint64_t bytes)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	long fd;

	(void)bytes;
	fd = opened("open", syscall(SYS_open, "/", O_RDONLY | O_CLOEXEC));
	closed("close", syscall(SYS_close, fd));
	fd = opened("openat", syscall(SYS_openat, AT_FDCWD, self_path, O_RDONLY | O_CLOEXEC));
	closed("close", syscall(SYS_close, fd));
	fd = opened("openat2", syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)));
	closed("close_range", syscall(SYS_close_range, fd, fd, 0));
	if (syscall(SYS_close, fd) == 0 || syscall(SYS_close_range, 2, 1, 0) == 0)
		fail("what is closed can be closed again");
	if (syscall(SYS_open, "/no/such/file", O_RDONLY) >= 0 ||
	    syscall(SYS_openat2, AT_FDCWD, "/no/such/file", &how, sizeof(how)) >= 0)
		fail("there is such a file");
	done.open_failures += 2;
}

/* Two that give a descriptor, as the other requests of io_uring come in twos. */
static void turn_uring_open(uint64_t bytes)
{
	(void)bytes;
	for (int i = 0; i < 2; i++)
		closed("io_uring's close", uring_close((int)opened("io_uring's open", uring_open("/"))));
	if (uring_open("/no/such/file") >= 0)
		fail("there is such a file");
	done.open_failures++;
}

static void turn_uring(uint64_t bytes)
{
	rewind_file(&ends);
	expect("io_uring's write", uring_transfer(true, !ends.is_file, ends.out, block, bytes), bytes);
	count_out(&ends, bytes);
	expect("io_uring's read", uring_transfer(false, !ends.is_file, ends.in, block, bytes), bytes);
	count_in(&ends, bytes);
}

/* ---- a descriptor that is closed while another thread receives from it ---- */

static int closed_fd;

static void *receive_closed(void *context)
{
	uint64_t bytes = *(uint64_t *)context;

	return syscall(SYS_recvfrom, closed_fd, block, bytes, MSG_WAITALL, NULL, NULL) == (long)bytes ?
		       context :
		       NULL;
}

/* Whether the receiver was there in time: a busy machine may bring it late, to a descriptor closed already. */
static bool try_closed(uint64_t bytes)
{
	static char data[BYTES_MAX];
	pthread_t thread;
	void *received;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		fail("no socket pair: %s", strerror(errno));
	closed_fd = fds[0];
	if (pthread_create(&thread, NULL, receive_closed, &bytes))
		fail("no thread");
	sleep_ns(20000000);
	closed("close", syscall(SYS_close, fds[0]));
	syscall(SYS_sendto, fds[1], data, bytes, MSG_NOSIGNAL, NULL, 0);
	pthread_join(thread, &received);
	closed("close", syscall(SYS_close, fds[1]));
	return received;
}

static void turn_closed(uint64_t bytes)
{
	while (!try_closed(bytes))
		;
	count_out(&ends, bytes);
}

static const struct call {
	const char *name;
	void (*turn)(uint64_t bytes);
} calls[] = {
	{ "read", turn_read },
	{ "readv", turn_readv },
	{ "pread", turn_pread },
	{ "send", turn_send },
	{ "sendmsg", turn_sendmsg },
	{ "sendmmsg", turn_sendmmsg },
	{ "sendfile", turn_sendfile },
	{ "splice", turn_splice },
	{ "copy", turn_copy },
	{ "open", turn_open },
	{ "io_uring", turn_uring },
	{ "closed", turn_closed },
	{ "io_uring_open", turn_uring_open },
};

int temporary_file(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/workload.XXXXXX", folder ? folder : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		fail("cannot create '%s': %s", path, strerror(errno));
	unlink(path);
	return fd;
}

static void open_ends(const char *on)
{
	int fds[2];

	if (!strcmp(on, "file")) {
		ends.in = ends.out = temporary_file();
		ends.is_file = true;
		return;
	}
	if (!strcmp(on, "pipe")) {
		if (pipe2(fds, O_CLOEXEC))
			fail("no pipe: %s", strerror(errno));
	} else if (!strcmp(on, "unix") || !strcmp(on, "unix-datagram")) {
		ends.protocol = "unix";
		if (socketpair(AF_UNIX, (on[4] ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0, fds))
			fail("no socket pair: %s", strerror(errno));
	} else {
		ends.protocol = !strncmp(on, "tcp", 3) ? "tcp" : "udp";
		inet_pair(!strncmp(on, "tcp", 3) ? SOCK_STREAM : SOCK_DGRAM, on[3] == '6', fds);
	}
	ends.in = fds[0];
	ends.out = fds[1];
}

static void report_protocol(const char *family, uint64_t bytes)
{
	char key[64];

	snprintf(key, sizeof(key), "%s_%s", family, ends.protocol);
	report(key, bytes);
}

void command_transfer(char **args)
{
	uint64_t count = parse_number(args[2]), bytes = parse_number(args[3]);
	const struct call *call = NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(args[0], calls[i].name))
			call = &calls[i];
	if (!call)
		fail_usage("no such transfer: '%s'", args[0]);
	if (bytes + MESSAGES > BYTES_MAX)
		fail_usage("too large: '%s'", args[3]);
	open_ends(args[1]);
	source_fd = temporary_file();
	if (ftruncate(source_fd, BYTES_MAX) || pipe2(pipe_ends, O_CLOEXEC))
		fail("cannot prepare: %s", strerror(errno));
	/* mkostemp() opened them */
	done.opens = ends.is_file + 1;
	for (uint64_t i = 0; i < count; i++)
		call->turn(bytes);
	report("file_read_bytes", done.read);
	report("file_written_bytes", done.written);
	report("file_reads", done.reads);
	report("file_writes", done.writes);
	report("file_opens", done.opens);
	report("file_open_failures", done.open_failures);
	report("file_closes", done.closes);
	if (ends.protocol) {
		report_protocol("network_receive_bytes", done.received);
		report_protocol("network_transmit_bytes", done.sent);
	}
}
