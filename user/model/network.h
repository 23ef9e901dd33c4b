/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Network namespaces and what the devices in them count: metrics of level `pod`.
 *
 * As with containers and cgroups, what is shown and where it is read from are two things. A `struct pod` is what has the same
 * names: it keeps a counter per interface while namespaces, and devices in them, come and go. A `struct network` is a namespace
 * that somebody uses; its devices' growth is added to one pod, however many containers share it.
 *
 * The pod's names: of a container in a Kubernetes pod namespace and pod, with an empty container; of any other container its own.
 * A namespace belongs to the pod of the container that used it first, and when that one leaves, to that of another user.
 */
#include "model/addresses.h"
#include "model/model.h"
#include "model/pod.h"

#define NETWORK_NAME_SIZE 16    /* IFNAMSIZ: a device's name with its NUL */
#define NETWORK_DEVICES_MAX 512 /* of a namespace; past it they are not looked at */

/* One reading of a device. */
struct network_device {
	char name[NETWORK_NAME_SIZE]; /* any bytes, NUL-terminated */
	uint64_t value[NETDEV_VALUES];
};

/* Totals of protocols in a namespace; each only grows. */
enum protocol_total {
	PROTOCOL_ACCEPT_OVERFLOWS,
	PROTOCOL_LISTEN_DROPS,
	PROTOCOL_UDP_ERRORS, /* what was received: the next and checksums, and other reasons */
	PROTOCOL_UDP_RECEIVE_BUFFER,
	PROTOCOL_UDP_CHECKSUM,
	PROTOCOL_UDP_SEND_BUFFER,
	PROTOCOL_UDP_NO_PORT,
	PROTOCOL_TOTALS
};

/* What they stood at last. */
struct protocol_baseline {
	bool is_known;
	uint64_t total[PROTOCOL_TOTALS];
};

struct network_baseline;

struct network {
	UT_hash_handle hh; /* in model->networks, by inode */
	uint64_t inode;
	uint32_t users;         /* cgroups */
	uint64_t dead_since_ns; /* CLOCK_MONOTONIC; 0 while it has users */
	char pod_uid[64];       /* of the first, as the next */
	struct pod *pod;        /* NULL until devices were read, and when its owner left others behind */
	struct protocol_baseline protocols;
	struct network_baseline *baselines;
	uint32_t baseline_count;
	uint32_t left_out; /* devices that were not read, the most so far */
	uint64_t read_ns;  /* CLOCK_MONOTONIC of the last reading; 0 before the first */
	uint64_t since_ns; /* CLOCK_MONOTONIC, when it was met first; 0: it may be older than ktally */
	uint32_t pid;      /* a process in it, as far as is known */
	struct addresses addresses;
};

/*
 * The namespace with this inode, made at first sight, with `cgroup` as one user more. One that nobody used for a while goes on when
 * the pod is the same (its containers were restarted, and nothing but a mount held the namespace); else it is another one, for
 * the kernel gives the lowest free inode. NULL when out of memory.
 */
struct network *network_use(struct model *model, uint64_t inode, const struct cgroup *cgroup);
/* One user less; without users it is forgotten after the grace time. `network` NULL is allowed. */
void network_release(struct network *network, const struct cgroup *cgroup, uint64_t now_ns);

/*
 * The devices stand at these totals, read for `container`, one of the users. What they grew by is counted. A device that is met first
 * counts all it has, but in the first reading of a namespace that is not `born` (began after ktally) what grows from now on. Devices
 * none of whose totals grew while some fell are others of the same names, and count from 0. `left_out` devices more were not read.
 * 0 or -ENOMEM; then some devices count from their next reading.
 */
int network_count(struct model *model, struct network *network, const struct container *container, bool born,
		  const struct network_device *devices, size_t count, uint32_t left_out, uint64_t now_ns,
		  uint64_t realtime_ns);

/*
 * The protocols in the namespace stand at these totals, right after network_count() was told of its devices. What they grew by is
 * counted for its pod and the node; in the first reading of a namespace that is not `born` nothing is.
 */
void network_count_protocols(struct model *model, struct network *network, bool born,
			     const uint64_t total[PROTOCOL_TOTALS], uint64_t realtime_ns);
/* The same for the host's namespace, for the node alone. */
void network_count_host_protocols(struct model *model, const uint64_t total[PROTOCOL_TOTALS]);

/* What its devices stood at when they were read last; NULL past the last one. */
const struct network_device *network_device_at(const struct network *network, uint32_t index);

/* What counts under the names of `from` goes on under those of `to`: to be called when a container is merged into another, or
 * (with from == to) after it was renamed. 0 or -ENOMEM; then the old names stay. */
int network_move(struct model *model, const struct container *from, const struct container *to);
/* The container is about to be freed. */
void network_forget(struct model *model, const struct container *container);

/* Ends pods and namespaces past their grace time. */
void network_expire(struct model *model, uint64_t now_ns);
void network_done(struct model *model);
