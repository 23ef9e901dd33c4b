// SPDX-License-Identifier: Apache-2.0
/* Work under another name, or in another cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

static void copy_self(const char *path)
{
	struct stat status;
	int from = open(self_path, O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (from < 0 || to < 0 || fstat(from, &status) < 0)
		fail("cannot copy this program: %s", strerror(errno));
	for (off_t left = status.st_size; left > 0;) {
		ssize_t done = sendfile(to, from, NULL, (size_t)left);
		if (done <= 0)
			fail("cannot copy this program: %s", strerror(errno));
		left -= done;
	}
	close(from);
	close(to);
}

/* The copy runs as a child, so that this process can remove it and pass its status on. */
void command_rename(char **args)
{
	if (strcmp(args[1], "--"))
		fail_usage("'--' expected after the name");
	if (strchr(args[0], '/') || !*args[0])
		fail_usage("not a file name: '%s'", args[0]);
	const char *root = getenv("TMPDIR");
	char folder[2048], path[4096];
	snprintf(folder, sizeof(folder), "%s/workload.XXXXXX", root ? root : "/tmp");
	if (!mkdtemp(folder))
		fail("cannot make a folder '%s': %s", folder, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s", folder, args[0]);
	copy_self(path);

	pid_t pid = child_fork();
	if (!pid) {
		char *name = args[0];
		args[1] = name; /* argv[0] of the copy stands where "--" stood */
		execve(path, args + 1, environ);
		child_exit(127);
	}
	int status = child_wait(pid);
	unlink(path);
	rmdir(folder);
	if (status)
		child_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void command_move(char **args)
{
	uint64_t count = parse_number(args[1]);
	char path[4096];
	snprintf(path, sizeof(path), "%s/cgroup.procs", args[0]);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		fail("cannot open '%s': %s", path, strerror(errno));

	for (uint64_t i = 0; i < count; i++)
		syscall(SYS_getppid);
	if (syscall(SYS_write, fd, "0", 1UL) != 1) /* 0: the writer itself */
		fail("cannot move into '%s': %s", args[0], strerror(errno));
	for (uint64_t i = 0; i < count; i++)
		syscall(SYS_getppid);
	report("before", count);
	report("after", count);
}
