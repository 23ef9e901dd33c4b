/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Pods as owners of network counters: the inside of network.h. */
#include "model/model.h"

#define POD_INTERFACES_MAX 64   /* the rest is summed as `other` */
#define INTERFACE_LABEL_SIZE 48 /* IFNAMSIZ, each byte as U+FFFD */

struct interface {
	UT_hash_handle hh; /* in pod->interfaces, by name */
	char name[INTERFACE_LABEL_SIZE];
	uint64_t created_ns;            /* CLOCK_REALTIME */
	uint64_t read_ns;               /* CLOCK_MONOTONIC of the last reading */
	uint64_t interval_ns;           /* since the one before; 0: there was none */
	uint64_t growth[NETDEV_VALUES]; /* in it */
	uint64_t value[NETDEV_VALUES];
};

struct pod {
	UT_hash_handle hh; /* in model->pods, by key */
	char *key;         /* namespace, pod, container, each with its NUL */
	uint32_t key_size;
	const char *namespace, *pod, *container; /* inside key */
	const struct container *owner;           /* whose names these are; NULL when it is gone */
	struct interface *interfaces;
	uint64_t created_ns; /* CLOCK_REALTIME, of `value`; 0: protocols were not read yet */
	uint64_t value[NETNS_VALUES];
	uint32_t networks;      /* namespaces that count for it */
	uint64_t dead_since_ns; /* CLOCK_MONOTONIC; 0 while it has any */
};

/* The pod of this container, made at first sight; past the limit of containers, which is that of pods too, the common `other`
 * (counted), which has no owner. NULL when out of memory. */
struct pod *pod_get(struct model *model, const struct container *container);
void pod_free(struct model *model, struct pod *pod);
/* Would pod_get() give this one? */
bool pod_is_of(const struct pod *pod, const struct container *container);

/* The counters of an interface, made at first sight; past the limit those of `other`, as its name tells. NULL when out of memory. */
struct interface *pod_get_interface(struct model *model, struct pod *pod, const char *name,
				    uint64_t realtime_ns);

/* Gives it the names of the pod of `container`. Another pod that has them already is returned, for pod_merge(); else `pod`.
 * NULL when out of memory. */
struct pod *pod_rename(struct model *model, struct pod *pod, const struct container *container);
/* Adds all that `from` counted to `to`. 0 or -ENOMEM, then a part is still with `from`. */
int pod_merge(struct model *model, struct pod *from, struct pod *to);
