// SPDX-License-Identifier: Apache-2.0
/* Descriptors that are closed and exchanged while others read and write through them: what a call moved is known only to its caller. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

enum { MOVERS = 3, CONTESTED = 2, FIRST = 200, BYTES = 251 };

static uint64_t calls;
static atomic_uint busy;

struct mover {
	pthread_t thread;
	uint64_t bytes, failures;
};

/* Reads and writes through descriptors that may be anything by then. */
static void *run_mover(void *context)
{
	struct mover *mover = context;
	char memory[BYTES] = { 0 };

	for (uint64_t i = 0; i < calls; i++) {
		int fd = FIRST + (int)(i / 2 % CONTESTED);
		long moved = i % 2 ? syscall(SYS_read, fd, memory, BYTES) :
				     syscall(SYS_write, fd, memory, BYTES);

		if (moved < 0)
			mover->failures++;
		else
			mover->bytes += (uint64_t)moved;
	}
	atomic_fetch_sub(&busy, 1);
	return NULL;
}

/* A file that gives and takes for ever: each of its ends is far away. */
static int large_file(void)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/workload.XXXXXX", folder ? folder : "/tmp");
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || unlink(path) || ftruncate(fd, 1L << 32))
		fail("cannot create '%s': %s", path, strerror(errno));
	return fd;
}

void command_races(char **args)
{
	struct mover movers[MOVERS] = { 0 };
	uint64_t bytes = 0, failures = 0;
	int file = large_file(), sockets[2];

	calls = parse_number(args[0]);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets))
		fail("no socket pair: %s", strerror(errno));
	atomic_store(&busy, MOVERS);
	for (int i = 0; i < MOVERS; i++)
		if (pthread_create(&movers[i].thread, NULL, run_mover, &movers[i]))
			fail("no thread");
	for (unsigned int turn = 0; atomic_load(&busy); turn++) {
		int contested = (int)(turn % CONTESTED);

		if (turn % 7 < 2)
			syscall(SYS_close, FIRST + contested);
		else
			syscall(SYS_dup3, turn % 3 ? sockets[contested] : file, FIRST + contested, O_CLOEXEC);
	}
	for (int i = 0; i < MOVERS; i++) {
		pthread_join(movers[i].thread, NULL);
		bytes += movers[i].bytes;
		failures += movers[i].failures;
	}
	report("moved", bytes);
	report("failures", failures);
}
