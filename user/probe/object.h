/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One BPF object: opened from the bytes embedded by the build, given its settings and the maps that others made, loaded with
 * as many of its programs as the kernel takes. */
#include <stddef.h>
#include <stdint.h>

#include <bpf/libbpf.h>

#include "focus_record.h"
#include "probe_config.h"

struct object_maps {
	struct {
		char name[32];
		int fd; /* of the object that made it */
	} map[32];
	unsigned int count;
};

struct object_settings {
	const struct probe_config *config;
	uint32_t slots, groups, cpus;
	uint32_t disks; /* cgroups that use a disk, and disks */
	uint32_t connections;
	uint32_t latencies; /* groups in profile full, else 1 */
	uint32_t sockets;   /* known by address: 1 where there is socket storage */
};

/* A program asked for, and what became of it. */
struct object_program {
	const char *name;
	bool loaded;
	char *reason; /* at least 256 bytes; "" when loaded */
	size_t reason_size;
};

/*
 * Loads the `count` programs of the object in `bytes`. Programs that the kernel refuses are left out and given a reason;
 * fails only when none is left. Maps in `maps` are reused by name, new ones are added to it.
 */
int object_load(const void *bytes, size_t size, const char *name, const struct object_settings *settings,
		struct object_maps *maps, struct object_program *programs, unsigned int count,
		struct bpf_object **ret_object);
