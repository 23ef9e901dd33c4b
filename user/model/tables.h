/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* All tables of the model, as who reads it sees them; only model/ writes them. */
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "model/addresses.h"
#include "model/entity.h"
#include "model/focus.h"
#include "model/limits.h"
#include "model/machine.h"

#define NOT_FED UINT8_MAX
#define MODEL_UNTOLD_STARTS 256 /* past them the journal does not wait for a container's name */

struct model {
	struct model_limits limits;
	uint32_t missing; /* 1 << enum metric_needs: what does not work here; its metrics are not shown */
	struct container *containers;
	struct cgroup *cgroups;
	struct cgroup
		*parents; /* by next_instance: root and others that are no container; not in `cgroups` */
	struct process *processes;
	struct process *starting; /* by next_starting */
	struct process *active,
		*ending; /* lists of those with a window, and of those that may have no threads */
	struct cgroup *removed, *running; /* lists of those in their grace time, and of model/running.h */
	uint64_t instance_changes;        /* grows when a cgroup came to a container, left one or ended */
	uint64_t expired_changes;         /* that, when containers were last looked at */
	uint32_t dead_containers;         /* how many had ended then */
	struct container *host;           /* all three names empty */
	struct container *unknown;        /* cgroups whose path could not be found out: one for all */
	struct container *other;          /* past the limit of containers */
	struct machine machine;
	struct focus focus;
	uint32_t program_count;         /* of all containers, without each one's `other` */
	uint32_t interface_count;       /* of all pods */
	uint32_t kinds[IDENTITY_KINDS]; /* cgroups that are there and have an identity */
	struct container *node;         /* sums of all; not in `containers` */
	struct network *networks;       /* model/network.h, as the next */
	struct pod *pods;
	struct network_device *host_devices; /* owned; of the host's namespace, for who shows instances */
	size_t host_device_count;
	struct protocol_baseline *host_protocols; /* owned; NULL until they were read */
	struct addresses host_addresses;          /* of the host's namespace */
	struct disk_device *devices;              /* model/disk_device.h */
	uint32_t connections, connection_rows;    /* model/connection.h; without and with rows of `other` */
	struct container *most_connected; /* had the most of them at the last reading; or the node, or NULL */
	uint64_t calls_by_number[SYSCALL_NUMBERS];
	uint64_t errors_by_number[ERRNO_NUMBERS];
	/* what the bounds folded or evicted, for self_series_folded_total{table} */
	uint64_t renamings; /* grows when a cgroup went to another container: threads look up their program */
	uint64_t folded_programs, folded_containers, folded_processes;
	uint64_t folded_pods, folded_interfaces, unread_devices, unread_addresses;
	uint64_t folded_devices, folded_connections;
	uint64_t folded_disks; /* readings of a disk that was past the bound of its cgroup */
	/* series.h: */
	uint64_t tick;            /* number of the one under way */
	uint64_t tick_ns;         /* its beginning, CLOCK_MONOTONIC; 0: there was no series_tick() yet */
	uint64_t interval_ns;     /* length of the one before; 0: there is none */
	uint64_t viewed_until_ns; /* the latest of all containers */
	uint8_t fed[CONTAINER_VALUES][2]; /* series of kind RATE that a value counts for; NOT_FED */
	struct journal *journal;          /* never NULL */
	uint64_t untold_starts[MODEL_UNTOLD_STARTS]; /* cgroups, see journal_watch.h */
	unsigned int untold_start_count;
	uint64_t evicted_containers, evicted_programs, evicted_cgroups; /* the last: without a grace time */
};
