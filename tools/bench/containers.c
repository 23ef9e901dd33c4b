// SPDX-License-Identifier: Apache-2.0
#include "containers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static char parent[64];

static void container_path(unsigned int number, const char *file, char *ret_path, size_t size)
{
	/* the id of a container: 64 hexadecimal digits, of which the first 12 are its name */
	snprintf(ret_path, size, "%s/%08x%056x%s", parent, number * 2654435761U, number, file);
}

static bool write_number(const char *path, long number)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && dprintf(fd, "%ld\n", number) > 0;

	if (fd >= 0)
		close(fd);
	return written;
}

/* One child that makes the processes of all containers, so that it alone has to be ended: they go with it. */
static void hold_containers(unsigned int containers, unsigned int processes, int ready)
{
	char path[256], done = 1;

	for (unsigned int i = 0; i < containers; i++) {
		container_path(i, "/cgroup.procs", path, sizeof(path));
		for (unsigned int j = 0; j < processes; j++) {
			pid_t pid = process_fork(WORK_CPU);

			if (pid == 0) {
				if (!write_number(path, getpid()))
					_exit(1);
				if (write(ready, &done, 1) != 1)
					_exit(1);
				for (;;)
					pause();
			}
		}
	}
	for (;;)
		pause();
}

void containers_free(pid_t holder, unsigned int containers)
{
	char path[256];

	process_end(holder, SIGKILL);
	for (unsigned int tries = 0; tries < 200; tries++) {
		bool left = false;

		for (unsigned int i = 0; i < containers; i++) {
			container_path(i, "", path, sizeof(path));
			left |= rmdir(path) && errno == EBUSY;
		}
		if (!left)
			break;
		usleep(20000);
	}
	rmdir(parent);
}

pid_t containers_new(unsigned int containers, unsigned int processes)
{
	const char *root = access("/sys/fs/cgroup/cpu/cgroup.procs", W_OK) == 0 ? "/sys/fs/cgroup/cpu" :
										  "/sys/fs/cgroup";
	unsigned int left = containers * processes;
	char path[256], bytes[256];
	int ready[2];
	pid_t holder;

	snprintf(parent, sizeof(parent), "%s/ktally-bench-%d", root, getpid());
	if (mkdir(parent, 0755) || pipe2(ready, O_CLOEXEC))
		return -1;
	for (unsigned int i = 0; i < containers; i++) {
		container_path(i, "", path, sizeof(path));
		mkdir(path, 0755);
	}
	holder = process_fork(WORK_CPU);
	if (holder == 0)
		hold_containers(containers, processes, ready[1]);
	close(ready[1]);
	while (left && !bench_stopped) {
		ssize_t got = read(ready[0], bytes, sizeof(bytes));

		if (got <= 0)
			break;
		left -= got;
	}
	close(ready[0]);
	return holder;
}
