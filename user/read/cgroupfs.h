/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the cgroup hierarchies are: all on v2, all on v1, or hybrid (v2 without the controllers that v1 has). A cgroup has the
 * same path in every hierarchy it is in, which is how runtimes and systemd make them.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/paths.h"

enum cgroup_controller {
	CONTROLLER_CPU,
	CONTROLLER_CPUACCT,
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_BLKIO, /* "io" on v2 */
	CONTROLLERS,
};

struct cgroupfs {
	int v2_fd; /* O_PATH of the root of v2; -1 when there is none */
	/* the same of the v1 hierarchy that has the controller; -1 when it is not on v1 */
	int v1_fd[CONTROLLERS];
	/* hierarchy id of this machine, whether it is mounted here or not; 0 when not on v1; equal for controllers mounted together */
	uint32_t v1_id[CONTROLLERS];
	bool on_v2[CONTROLLERS]; /* listed in the v2 root's cgroup.controllers */
	bool is_whole;           /* what is mounted begins at the root, not at the cgroup of a container */
};

/*
 * Finds the hierarchies by <procfs>/self/mountinfo, those mounted at or below paths->cgroupfs before others, whole trees
 * before bind mounts of a part; where that names none, by looking for the usual directories in paths->cgroupfs.
 * 0, -ENOENT when there is no hierarchy at all, or negative errno; to be ended by cgroupfs_done() in either case.
 */
int cgroupfs_init(const struct paths *paths, struct cgroupfs *ret_cgroupfs);
void cgroupfs_done(struct cgroupfs *cgroupfs);

/* Is the `cpu` controller on v1, mounted here or not? Then a thread's cgroup is the one in that hierarchy, its id has the bit
 * CGROUP_V1. */
static inline bool cgroupfs_has_v1_cpu(const struct cgroupfs *cgroupfs)
{
	return cgroupfs->v1_fd[CONTROLLER_CPU] >= 0 || cgroupfs->v1_id[CONTROLLER_CPU];
}

/*
 * Opens (O_PATH) the directory of cgroup `path` below `root_fd`, one of those above. The descriptor, or negative errno: -ENOENT
 * also where root_fd is -1 and for paths with "..", which a private cgroup namespace shows for what is outside.
 */
int cgroupfs_open_directory(int root_fd, const char *path);

/* One cgroup. `path` begins with a slash and is valid during the call only, as is dir_fd. Not 0 ends the walk. */
typedef int cgroupfs_visit(void *context, int dir_fd, uint64_t id, const char *path);

/*
 * Visits all cgroups, parents first: those of the v1 `cpu` hierarchy (with CGROUP_V1 in their ids), then those of v2.
 * Left out: cgroups that vanish meanwhile, and what is deeper than 128 levels or longer than PATH_MAX, so that nobody can end
 * the walk for others; and the cgroup that what is mounted begins at, unless it is the root: its path is not known. 0, what a visit returned, or negative errno.
 */
int cgroupfs_walk(const struct cgroupfs *cgroupfs, cgroupfs_visit *visit, void *context);

/* Counts processes, and threads unless NULL, of the cgroup `dir_fd` (O_PATH will do) of a v1 or v2 hierarchy and of all below. */
void cgroupfs_count_tasks(int dir_fd, bool v1, uint64_t *ret_processes, uint64_t *ret_threads);

/* Is `path` still the cgroup with this id (and not a later one of the same name)? No for what the walk leaves out. */
bool cgroupfs_is_alive(const struct cgroupfs *cgroupfs, uint64_t id, const char *path);
