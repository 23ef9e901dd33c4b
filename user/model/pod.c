/* SPDX-License-Identifier: Apache-2.0 */
#include "model/pod.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "model/budget.h"

#define OTHER_NAME "other"

/* Names of a pod, in the order of the labels. */
struct names {
	const char *part[3];
};

static struct names names_of(const struct container *container)
{
	bool is_pod = container->pod[0];

	return (struct names){ { container->namespace, container->pod, is_pod ? "" : container->name } };
}

static char *make_key(struct names names, uint32_t *ret_size)
{
	size_t size[3], at = 0;
	char *key;

	for (int i = 0; i < 3; i++)
		size[i] = strlen(names.part[i]) + 1;
	key = malloc(size[0] + size[1] + size[2]);
	if (!key)
		return NULL;
	for (int i = 0; i < 3; at += size[i++])
		memcpy(key + at, names.part[i], size[i]);
	*ret_size = (uint32_t)at;
	return key;
}

/* Takes over `key`, which no other has. False: out of memory, and `pod` is new and not in the table. */
static bool set_key(struct model *model, struct pod *pod, char *key, uint32_t key_size)
{
	if (pod->key)
		HASH_MOVE_KEYPTR(model->pods, pod, &(struct pod){}, key, key_size);
	else
		HASH_ADD_KEYPTR(hh, model->pods, key, key_size, pod);
	free(pod->key);
	pod->key = key;
	pod->key_size = key_size;
	pod->namespace = key;
	pod->pod = pod->namespace + strlen(pod->namespace) + 1;
	pod->container = pod->pod + strlen(pod->pod) + 1;
	return HASH_HAS(pod);
}

void pod_free(struct model *model, struct pod *pod)
{
	struct interface *interface, *next;

	HASH_ITER(hh, pod->interfaces, interface, next) {
		HASH_DEL(pod->interfaces, interface);
		model->interface_count--;
		free(interface);
	}
	HASH_DEL(model->pods, pod);
	free(pod->key);
	free(pod);
}

static struct pod *find_pod(const struct model *model, const char *key, uint32_t key_size)
{
	struct pod *pod;

	HASH_FIND(hh, model->pods, key, key_size, pod);
	return pod;
}

static bool is_full(const struct model *model)
{
	return (model->limits.containers && HASH_COUNT(model->pods) >= model->limits.containers) ||
	       !budget_has_room(model, model->limits.costs.pod + model->limits.costs.interface);
}

struct pod *pod_get(struct model *model, const struct container *container)
{
	static const struct names other = { { "", "", OTHER_NAME } };
	const struct container *owner = container;
	uint32_t key_size;
	char *key = make_key(names_of(container), &key_size);
	struct pod *pod = key ? find_pod(model, key, key_size) : NULL;

	if (key && !pod && is_full(model)) {
		model->folded_pods++;
		free(key);
		key = make_key(other, &key_size);
		pod = key ? find_pod(model, key, key_size) : NULL;
		owner = NULL;
	}
	if (key && !pod && (pod = calloc(1, sizeof(*pod))) && !set_key(model, pod, take_ptr(key), key_size)) {
		free(pod->key);
		free(pod);
		pod = NULL;
	}
	free(key);
	if (pod && !pod->owner)
		pod->owner = owner;
	return pod;
}

static struct interface *find_interface(const struct pod *pod, const char *name)
{
	struct interface *interface;

	HASH_FIND_STR(pod->interfaces, name, interface);
	return interface;
}

struct interface *pod_get_interface(struct model *model, struct pod *pod, const char *name,
				    uint64_t realtime_ns)
{
	struct interface *interface = find_interface(pod, name);

	if (!interface && (HASH_COUNT(pod->interfaces) >= POD_INTERFACES_MAX ||
			   !budget_has_room(model, model->limits.costs.interface))) {
		name = OTHER_NAME;
		interface = find_interface(pod, name);
	}
	if (interface)
		return interface;
	interface = calloc(1, sizeof(*interface));
	if (!interface)
		return NULL;
	utf8_copy(interface->name, sizeof(interface->name), name);
	interface->created_ns = realtime_ns;
	HASH_ADD_STR(pod->interfaces, name, interface);
	if (!HASH_HAS(interface)) {
		free(interface);
		return NULL;
	}
	model->interface_count++;
	return interface;
}

bool pod_is_of(const struct pod *pod, const struct container *container)
{
	struct names names = names_of(container);

	return strcmp(pod->namespace, names.part[0]) == 0 && strcmp(pod->pod, names.part[1]) == 0 &&
	       strcmp(pod->container, names.part[2]) == 0;
}

struct pod *pod_rename(struct model *model, struct pod *pod, const struct container *container)
{
	uint32_t key_size;
	char *key = make_key(names_of(container), &key_size);
	struct pod *target = key ? find_pod(model, key, key_size) : NULL;

	if (key && !target) {
		target = pod;
		target->owner = NULL;
		set_key(model, pod, take_ptr(key), key_size);
	}
	free(key);
	if (target && !target->owner)
		target->owner = container;
	return target;
}

int pod_merge(struct model *model, struct pod *from, struct pod *to)
{
	struct interface *interface, *next;

	HASH_ITER(hh, from->interfaces, interface, next) {
		struct interface *target = pod_get_interface(model, to, interface->name,
							     interface->created_ns);

		if (!target)
			return -ENOMEM;
		model->folded_interfaces += strcmp(target->name, interface->name) != 0;
		for (unsigned int i = 0; i < NETDEV_VALUES; i++)
			target->value[i] += interface->value[i];
		HASH_DEL(from->interfaces, interface);
		model->interface_count--;
		free(interface);
	}
	for (unsigned int i = 0; i < NETNS_VALUES; i++)
		to->value[i] += from->value[i];
	memset(from->value, 0, sizeof(from->value));
	to->created_ns = to->created_ns ?: from->created_ns;
	if (!to->networks && to->dead_since_ns < from->dead_since_ns)
		to->dead_since_ns = from->dead_since_ns;
	return 0;
}
