/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The cgroup files of one container's own cgroup, on v1, v2 and hybrid hosts alike, into the model's values of source FILE.
 *
 * Gauges are set, or cleared where unlimited, absent or malformed. Counters are added: what a file grew by since the last
 * reading is added to the container's value, so that it goes on when an instance of the same names follows another, and several
 * instances sum up. (Gauges of several instances that live at once are those of the one read last.)
 */
#include <stdbool.h>

#include "model/model.h"
#include "read/cgroupfs.h"

struct container_files;

enum container_files_open_flags {
	/* The cgroup began after ktally did: its counters count from 0. Else the first reading is where they begin. */
	CONTAINER_FILES_BORN = 1,
	/* Keep the files open: a third of the time of a reading (20 for 58 us, hybrid), for 4.7 KiB of kernel memory a file (up to 13). */
	CONTAINER_FILES_KEEP = 2,
};

enum container_files_read_flags {
	/* Also what BPF counts otherwise: V_CPU, V_CPU_USER, V_CPU_SYSTEM, V_PROCESSES, V_THREADS (not into the node). */
	CONTAINER_FILES_USAGE = 1,
};

/*
 * Opens the cgroup `path` (with a leading slash, below its hierarchy's root); `in_v1` says that it was found in the v1 `cpu`
 * hierarchy. Every controller is read where it is mounted, at the same path. Opens directories only, no file is read yet.
 * 0; -ENOENT when the cgroup is gone; or negative errno. `cgroupfs` must live as long as *ret_files.
 */
int container_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, unsigned int flags,
			 struct container_files **ret_files);
void container_files_free(struct container_files *files);

/*
 * Reads everything once: one read per file. Files that are not there are remembered: they are looked for again in
 * the first three readings and then every 64th.
 * 0, or -ENOENT when the cgroup is gone: then its gauges are cleared and its counters stay.
 */
int container_files_read(struct container_files *files, struct container *container, unsigned int flags);

/* Clears all gauges of source FILE of a container: it is dead, or no file of it will be read any more. */
void container_files_clear(struct container *container);
