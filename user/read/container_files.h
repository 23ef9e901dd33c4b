/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The kernel's numbers of one container's own cgroup into the model's values of source FILE.
 *
 * Counters are added: what a file grew by since the last reading is added to the container's value, so that it goes on when an
 * instance of the same names follows another, and several instances sum up. Gauges follow from all instances that live:
 * container_gauges.h.
 */
#include <stdbool.h>

#include "model/model.h"
#include "read/instance_files.h"

struct container_files;

enum container_files_open_flags {
	/* The cgroup began after ktally did: its counters count from 0. Else the first reading is where they begin. */
	CONTAINER_FILES_BORN = 1,
	CONTAINER_FILES_KEEP = 2, /* see instance_files_open() */
};

/* As instance_files_open(). */
int container_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, unsigned int flags,
			 struct container_files **ret_files);
void container_files_free(struct container_files *files);

/*
 * Reads everything once into `instance`, and from there into the container. `flags` as of instance_files_read(); with USAGE also
 * what BPF counts otherwise: V_CPU, V_CPU_USER, V_CPU_SYSTEM (not into the node).
 * 0, or -ENOENT when the cgroup is gone; its counters stay.
 */
int container_files_read(struct container_files *files, struct container *container,
			 struct instance *instance, unsigned int flags);
