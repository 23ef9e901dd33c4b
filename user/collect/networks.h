/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The network namespaces of containers: found by a process of each container, read once however many share one. */
#include <stdbool.h>
#include <stdint.h>

#include "base/paths.h"
#include "model/network.h"
#include "read/cgroupfs.h"

struct networks;

struct networks_settings {
	const struct paths *paths;
	const struct cgroupfs *cgroupfs;
	struct model *model;
	uint64_t interval_ns; /* in which an active container is read once */
};

/* A container's way to its namespace; begins as zeros. */
struct networks_link {
	struct network *network; /* NULL: none met yet, or the host's */
	uint32_t pid;            /* by which it was found last */
	bool looked;             /* at least once */
};

int networks_new(const struct networks_settings *settings, struct networks **ret_networks);
void networks_free(struct networks *networks);

/*
 * Reads the devices and protocols that the container `cgroup` sees, unless they were read a moment ago for another one, or are the host's. `born`:
 * it began after ktally did. True when it should be read again soon: a container's first process is in the host's namespace until
 * the runtime has made its own.
 */
bool networks_read(struct networks *networks, struct networks_link *link, struct cgroup *cgroup, bool born,
		   uint64_t now_ns, uint64_t realtime_ns);
/* The container is gone. */
void networks_leave(struct networks_link *link, const struct cgroup *cgroup, uint64_t now_ns);

/* Reads the devices of the host's namespace into model->host_devices; none when it cannot be told or seen. */
void networks_read_host(struct networks *networks);

/* Reads what protocols count in the host's namespace, for the node; nothing when it cannot be told or seen. */
void networks_read_host_protocols(struct networks *networks);

/* Somebody looks at connections, and one turn's share of the addresses of all namespaces: see address_reader.h. */
void networks_want_addresses(struct networks *networks, uint64_t now_ns);
void networks_read_addresses(struct networks *networks, uint64_t now_ns);

/* Why devices of containers may be missing; "" when nothing stands against it. */
const char *networks_reason(const struct networks *networks);
