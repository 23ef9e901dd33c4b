/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The cgroup files of one cgroup, on v1, v2 and hybrid hosts alike, as the kernel's own numbers: struct instance. What is read is
 * the table instance_files.def.
 */
#include <stdbool.h>

#include "model/instance.h"
#include "read/cgroupfs.h"

struct instance_files;

enum instance_files_flags {
	INSTANCE_FILES_USAGE = 1, /* what BPF counts otherwise: CPU time, tasks */
	INSTANCE_FILES_ALL = 2,   /* everything */
};

/*
 * Opens the cgroup `path` (with a leading slash, below its hierarchy's root); `in_v1` says that it was found in the v1 `cpu`
 * hierarchy. Every controller is read where it is mounted, at the same path. Opens directories only, no file is read yet. `keep`:
 * keep the files open, a third of the time of a reading for 4.7 KiB of kernel memory a file (up to 24).
 * 0; -ENOENT when the cgroup is gone; or negative errno. `cgroupfs` must live as long as *ret_files.
 */
int instance_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, bool keep,
			struct instance_files **ret_files);
/* NULL is allowed. */
void instance_files_free(struct instance_files *files);

/*
 * Reads everything once: one read per file. What is absent, malformed or was not asked for is absent in `instance`. Files that
 * are not there are remembered: they are looked for again in the first three readings and then every 64th. INSTANCE_PROCESSES
 * is counted with USAGE only, THREADS too where no controller counts them.
 * 0, or -ENOENT when the cgroup is gone; then nothing is known of it.
 */
int instance_files_read(struct instance_files *files, struct instance *instance, unsigned int flags);
