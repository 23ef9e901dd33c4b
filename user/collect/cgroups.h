/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Cgroups as the daemon knows them: paths by id (from a walk and from notices), added to the model when they are a container or
 * when a thread is met in them, and their files read in turn.
 */
#include <stdbool.h>
#include <stdint.h>

#include <events.h>

#include "base/paths.h"
#include "collect/names.h"
#include "model/model.h"
#include "read/cgroupfs.h"

struct cgroups;

struct cgroups_settings {
	const struct paths *paths;
	const struct cgroupfs *cgroupfs;
	struct model *model;
	struct names *names;
	bool usage;           /* CPU time and processes come from the files: there are no records */
	uint32_t rounds;      /* turns in which each active container's files are read once */
	uint64_t interval_ns; /* the same as a time */
	uint64_t grace_ns;
	bool parents; /* cgroups around containers are shown as instances too; the root always is */
};

int cgroups_new(const struct cgroups_settings *settings, struct cgroups **ret_cgroups);
void cgroups_free(struct cgroups *cgroups);

/* Learns all cgroups there are: at the start, after lost notices, and as the only way without BPF. */
int cgroups_walk(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns);

/* A notice of the kernel. */
void cgroups_notice(struct cgroups *cgroups, const struct event_cgroup *event, uint64_t now_ns,
		    uint64_t realtime_ns);

/* A walk or a notice told its path. */
bool cgroups_knows(const struct cgroups *cgroups, uint64_t id);

/* The cgroup a thread was met in; as one of `unknown` when its path cannot be found. NULL when out of memory. */
struct cgroup *cgroups_get(struct cgroups *cgroups, uint64_t id, uint32_t pid, uint64_t now_ns,
			   uint64_t realtime_ns);

/* Why network devices of containers may be missing, or "": networks_reason(). */
const char *cgroups_network_reason(const struct cgroups *cgroups);

/* One turn's share of the files. */
void cgroups_read(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns);

/* See networks_read_host(). */
void cgroups_read_host_devices(struct cgroups *cgroups);
/* See networks_want_addresses(). */
void cgroups_want_addresses(struct cgroups *cgroups, uint64_t now_ns);
/* Somebody asks for the kernel's own numbers (struct instance): for the next minutes all files are read, each in its turn; those
 * of which something has not been read yet at once. */
void cgroups_want_instances(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns);
