/* SPDX-License-Identifier: Apache-2.0 */
#include "read/surroundings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Inodes of the first namespaces, the host's, are fixed: include/linux/proc_ns.h; from 6.18 on in include/uapi/linux/nsfs.h. */
#define PROC_USER_INIT_INO 0xEFFFFFFDUL
#define PROC_PID_INIT_INO 0xEFFFFFFCUL

const struct surrounding_text surrounding_texts[SURROUNDINGS] = {
#define SURROUNDING(id, source, title, lack, mend) [SURROUNDING_##id] = { source, title, lack, mend },
#include "read/surroundings.def"
#undef SURROUNDING
};

int surroundings_capabilities(const struct paths *paths, uint64_t *ret_set)
{
	char text[8192], path[PATH_MAX];
	const char *line;

	*ret_set = 0;
	snprintf(path, sizeof(path), "%s/self/status", paths->procfs);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0 &&
	    file_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) <= 0)
		return -ENOENT;
	line = strstr(text, "\nCapEff:");
	if (!line)
		return -ENOENT;
	*ret_set = strtoull(line + strlen("\nCapEff:"), NULL, 16);
	return 0;
}

/* Is this process in another namespace than the first? Not when that cannot be found out. */
static bool is_private(const struct paths *paths, const char *name, unsigned long first)
{
	char path[PATH_MAX], target[64];
	const char *number;
	unsigned long inode;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/self/ns/%s", paths->procfs, name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return false;
	target[length] = '\0';
	number = strchr(target, '['); /* "pid:[4026531836]" */
	inode = number ? strtoul(number + 1, NULL, 10) : 0;
	return inode && inode != first;
}

static bool is_unprivileged(const struct paths *paths)
{
	static const uint64_t bpf = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;
	uint64_t set;

	if (surroundings_capabilities(paths, &set))
		return false;
	return (set & bpf) != bpf && !(set & 1ULL << CAP_SYS_ADMIN);
}

void surroundings_look(const struct paths *paths, const struct cgroupfs *cgroupfs,
		       struct surroundings *ret_surroundings)
{
	bool *lacks = ret_surroundings->lacks;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/stat", paths->procfs);
	lacks[SURROUNDING_PROCFS] = access(path, R_OK) != 0;
	lacks[SURROUNDING_CGROUPFS] = cgroupfs->v2_fd < 0 && cgroupfs->v1_fd[CONTROLLER_CPU] < 0;
	lacks[SURROUNDING_HOST_CGROUPS] = !cgroupfs->is_whole;
	lacks[SURROUNDING_HOST_PIDS] = is_private(paths, "pid", PROC_PID_INIT_INO);
	lacks[SURROUNDING_HOST_USERS] = is_private(paths, "user", PROC_USER_INIT_INO);
	lacks[SURROUNDING_PRIVILEGES] = is_unprivileged(paths);
}
