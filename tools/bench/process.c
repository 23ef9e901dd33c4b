// SPDX-License-Identifier: Apache-2.0
/* Children of the harness. Each is remembered until it was waited for, so that the end of the harness, also by a signal, ends
 * them; should it be killed, the kernel does. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.h"

#define CHILDREN_MAX 64
#define END_MS 3000

static pid_t children[CHILDREN_MAX];

static void remember(pid_t pid)
{
	for (unsigned int i = 0; i < CHILDREN_MAX; i++)
		if (!children[i]) {
			children[i] = pid;
			return;
		}
}

void process_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fprintf(stderr, "bench: cannot stay on CPU %d: %s\n", cpu, strerror(errno));
}

void process_set_realtime(bool realtime)
{
	struct sched_param priority = { .sched_priority = realtime };

	if (sched_setscheduler(0, realtime ? SCHED_FIFO : SCHED_OTHER, &priority))
		fprintf(stderr, "bench: cannot set the scheduling policy: %s\n", strerror(errno));
}

pid_t process_fork(int cpu)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0) {
		fprintf(stderr, "bench: cannot fork: %s\n", strerror(errno));
		return pid;
	}
	if (pid) {
		remember(pid);
		return pid;
	}
	memset(children, 0, sizeof(children)); /* the parent's, not ours */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	signal(SIGINT, SIG_IGN); /* of the terminal: the parent ends us */
	signal(SIGTERM, SIG_DFL);
	process_pin(cpu);
	if (cpu == READER_CPU)
		process_set_realtime(false);
	return 0;
}

pid_t process_spawn(char *const argv[], int cpu, int *ret_output)
{
	int output[2] = { -1, -1 };
	pid_t pid;

	if (ret_output && pipe2(output, O_CLOEXEC))
		return -1;
	pid = process_fork(cpu);
	if (pid == 0) {
		int fd = ret_output ? output[1] : open("/dev/null", O_RDWR);

		signal(SIGINT, SIG_DFL);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (ret_output) {
		close(output[1]);
		*ret_output = output[0];
		if (pid < 0)
			close(output[0]);
	}
	return pid;
}

void process_end(pid_t pid, int signal)
{
	if (pid <= 0)
		return;
	kill(pid, signal);
	for (unsigned int ms = 0; waitpid(pid, NULL, WNOHANG) == 0; ms++) {
		if (ms == END_MS)
			kill(pid, SIGKILL);
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	for (unsigned int i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
}

void process_end_all(void)
{
	for (unsigned int i = 0; i < CHILDREN_MAX; i++)
		process_end(children[i], SIGKILL);
}

uint64_t process_cpu_ns(pid_t pid)
{
	unsigned long long sum = 0, one;
	struct dirent *entry;
	char path[300];
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		_cleanup_(cleanup_fclose) FILE *file = NULL;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", pid, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (file && fscanf(file, "%llu", &one) == 1)
			sum += one;
	}
	if (folder)
		closedir(folder);
	return sum;
}

struct process_memory process_memory(pid_t pid)
{
	_cleanup_(cleanup_fclose) FILE *status = NULL, *maps = NULL;
	struct process_memory memory = { 0 };
	unsigned long long kib;
	char path[64], line[512];
	bool is_map = false;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmRSS: %llu", &kib) == 1)
			memory.resident = (double)kib / 1024;
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		/* a mapping begins with its addresses, in lower case; its numbers begin with capitals */
		if (!(line[0] >= 'A' && line[0] <= 'Z'))
			is_map = strstr(line, "bpf-map") != NULL;
		else if (sscanf(line, "Pss: %llu", &kib) == 1)
			*(is_map ? &memory.mapped : &memory.own) += (double)kib / 1024;
	}
	return memory;
}

bool process_has_command(const char *name, char *ret_path, size_t size)
{
	const char *path = getenv("PATH");
	char folders[4096], *rest = folders, *folder;

	snprintf(folders, sizeof(folders), "%s", path ? path : "/usr/bin:/usr/sbin");
	while ((folder = strsep(&rest, ":"))) {
		snprintf(ret_path, size, "%s/%s", folder, name);
		if (access(ret_path, X_OK) == 0)
			return true;
	}
	return false;
}
