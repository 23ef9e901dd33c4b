// SPDX-License-Identifier: Apache-2.0
/* Connected sockets on loopback, a chain of three (source, proxy, sink), and io_uring without a library. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

enum { CHUNK = 16384 };

static int listen_at(int type, bool v6, uint16_t port, struct sockaddr_storage *ret_address,
		     socklen_t *ret_size)
{
	struct sockaddr_in six_less = { .sin_family = AF_INET,
					.sin_port = htons(port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0), one = 1;

	*ret_size = v6 ? sizeof(six) : sizeof(six_less);
	memcpy(ret_address, v6 ? (void *)&six : (void *)&six_less, *ret_size);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_address, *ret_size) ||
	    getsockname(fd, (struct sockaddr *)ret_address, ret_size) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		fail("cannot listen on loopback: %s", strerror(errno));
	return fd;
}

void inet_pair(int type, bool v6, int ret_fds[2])
{
	struct sockaddr_storage address;
	socklen_t size;
	int listener = listen_at(type, v6, 0, &address, &size);

	ret_fds[1] = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
	if (ret_fds[1] < 0 || connect(ret_fds[1], (struct sockaddr *)&address, size))
		fail("cannot connect on loopback: %s", strerror(errno));
	ret_fds[0] = type == SOCK_STREAM ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : listener;
	if (ret_fds[0] < 0)
		fail("cannot accept: %s", strerror(errno));
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (int i = 0; i < 100; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		close(fd);
		sleep_ns(50000000);
	}
	fail("nobody listens on %u", port);
}

static int accept_at(uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t size;
	int fd = accept4(listen_at(SOCK_STREAM, false, port, &address, &size), NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		fail("cannot accept: %s", strerror(errno));
	return fd;
}

void command_source(char **args)
{
	uint64_t bytes = parse_number(args[1]), sent = 0;
	int fd = connect_to((uint16_t)parse_number(args[0]));
	char chunk[CHUNK] = { 0 };

	while (sent < bytes) {
		uint64_t left = bytes - sent;
		ssize_t done = send(fd, chunk, left < CHUNK ? left : CHUNK, 0);

		if (done <= 0)
			fail("cannot send: %s", strerror(errno));
		sent += (uint64_t)done;
	}
	report("sent", sent);
}

void command_sink(char **args)
{
	int fd = accept_at((uint16_t)parse_number(args[0]));
	char chunk[CHUNK];
	uint64_t received = 0;
	ssize_t done;

	while ((done = read(fd, chunk, sizeof(chunk))) > 0)
		received += (uint64_t)done;
	report("received", received);
}

void command_proxy(char **args)
{
	int from = accept_at((uint16_t)parse_number(args[0])),
	    to = connect_to((uint16_t)parse_number(args[1]));
	bool splices = !strcmp(args[2], "splice");
	uint64_t passed = 0;
	char chunk[CHUNK];
	int ends[2];
	ssize_t done;

	if (pipe2(ends, O_CLOEXEC))
		fail("no pipe: %s", strerror(errno));
	for (;;) {
		done = splices ? splice(from, NULL, ends[1], NULL, CHUNK, 0) :
				 read(from, chunk, sizeof(chunk));
		if (done <= 0)
			break;
		passed += (uint64_t)done;
		while (done > 0) {
			ssize_t out = splices ? splice(ends[0], NULL, to, NULL, (size_t)done, 0) :
						write(to, chunk, (size_t)done);

			if (out <= 0)
				fail("cannot pass on: %s", strerror(errno));
			done -= out;
		}
	}
	report("passed", passed);
}

/* ---- io_uring: one request at a time ---- */

static struct {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *results;
} ring = { .fd = -1 };

static void *ring_map(size_t size, uint64_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, (off_t)offset);

	if (memory == MAP_FAILED)
		fail("cannot map the ring: %s", strerror(errno));
	return memory;
}

static void ring_open(void)
{
	struct io_uring_params setup = { 0 };
	char *sq, *cq;

	ring.fd = (int)syscall(SYS_io_uring_setup, 4, &setup);
	if (ring.fd < 0)
		fail("no io_uring: %s", strerror(errno));
	sq = ring_map(setup.sq_off.array + setup.sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	cq = ring_map(setup.cq_off.cqes + setup.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring.entries = ring_map(setup.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	ring.sq_tail = (unsigned int *)(sq + setup.sq_off.tail);
	ring.sq_mask = (unsigned int *)(sq + setup.sq_off.ring_mask);
	ring.sq_array = (unsigned int *)(sq + setup.sq_off.array);
	ring.cq_head = (unsigned int *)(cq + setup.cq_off.head);
	ring.cq_tail = (unsigned int *)(cq + setup.cq_off.tail);
	ring.cq_mask = (unsigned int *)(cq + setup.cq_off.ring_mask);
	ring.results = (struct io_uring_cqe *)(cq + setup.cq_off.cqes);
}

static void ring_enter(unsigned int submit, unsigned int wait)
{
	while (syscall(SYS_io_uring_enter, ring.fd, submit, wait, wait ? IORING_ENTER_GETEVENTS : 0, NULL,
		       0) < 0)
		if (errno != EINTR)
			fail("io_uring_enter: %s", strerror(errno));
}

static void ring_begin(const struct io_uring_sqe *entry, unsigned int wait)
{
	unsigned int index;

	if (ring.fd < 0)
		ring_open();
	index = *ring.sq_tail & *ring.sq_mask;
	ring.entries[index] = *entry;
	ring.sq_array[index] = index;
	__atomic_store_n(ring.sq_tail, *ring.sq_tail + 1, __ATOMIC_RELEASE);
	ring_enter(1, wait);
}

static long ring_end(void)
{
	unsigned int head = *ring.cq_head;
	long result;

	if (head == __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE))
		fail("no completion");
	result = ring.results[head & *ring.cq_mask].res;
	__atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

void uring_overflow(int fd, void *memory, size_t bytes, unsigned int count)
{
	const struct io_uring_sqe entry = { .opcode = IORING_OP_WRITE,
					    .fd = fd,
					    .addr = (uint64_t)(uintptr_t)memory,
					    .len = (unsigned int)bytes };

	for (unsigned int i = 0; i < count; i++)
		ring_begin(&entry, 0);
	for (unsigned int i = 0; i < count; i++) {
		ring_enter(0, 1);
		if (ring_end() != (long)bytes)
			fail("io_uring's write is not whole");
	}
}

static long ring_submit(const struct io_uring_sqe *entry)
{
	long result;

	ring_begin(entry, 1);
	result = ring_end();
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

long uring_transfer(bool write, bool socket, int fd, void *memory, size_t bytes)
{
	const struct io_uring_sqe entry = {
		.opcode = socket ? (write ? IORING_OP_SEND : IORING_OP_RECV) :
				   (write ? IORING_OP_WRITE : IORING_OP_READ),
		.fd = fd,
		.addr = (uint64_t)(uintptr_t)memory,
		.len = (unsigned int)bytes,
		.msg_flags = socket && !write ? MSG_WAITALL : 0,
	};

	return ring_submit(&entry);
}

long uring_open(const char *path)
{
	const struct io_uring_sqe entry = { .opcode = IORING_OP_OPENAT,
					    .fd = AT_FDCWD,
					    .addr = (uint64_t)(uintptr_t)path,
					    .open_flags = O_RDONLY | O_CLOEXEC };

	return ring_submit(&entry);
}

long uring_close(int fd)
{
	const struct io_uring_sqe entry = { .opcode = IORING_OP_CLOSE, .fd = fd };

	return ring_submit(&entry);
}
