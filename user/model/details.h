/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a container runtime says of a container: names, image, times. Identity by cgroup path comes first (struct identity);
 * this comes later, or never, and changes no counter. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct details_label {
	const char *name, *value;
};

/* Strings are never NULL: "" is not known. They may be any bytes. */
struct details {
	const char *id;        /* the full container id, as in the cgroup path */
	const char *name;      /* value of the label `container`; "" of a pod's sandbox */
	const char *namespace; /* of Kubernetes, as the next two */
	const char *pod;
	const char *pod_uid;
	const char *image; /* as it was asked for: registry/name:tag */
	bool is_sandbox;
	bool is_host_network;               /* the runtime says that it uses the host's network namespace */
	uint32_t pid;                       /* first process, in the daemon's procfs; 0 not known */
	uint64_t started_ns;                /* CLOCK_REALTIME; 0 not known */
	const struct details_label *labels; /* only those that the settings allow */
	size_t label_count;
};

/* A copy in one piece of memory, for details_free(); NULL when out of memory. */
struct details *details_copy(const struct details *details);
/* NULL is allowed. */
void details_free(struct details *details);
