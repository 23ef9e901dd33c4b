/* SPDX-License-Identifier: Apache-2.0 */
#include "model/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* What a device stood at when it was read last. */
struct network_baseline {
	struct network_device device;
	bool is_met; /* in the reading under way */
};

/* The namespace counts for `pod` from now on, for none when NULL. */
static void set_pod(struct network *network, struct pod *pod, uint64_t now_ns)
{
	struct pod *old = network->pod;

	if (pod) {
		pod->networks++;
		pod->dead_since_ns = 0;
	}
	if (old && --old->networks == 0)
		old->dead_since_ns = now_ns ?: 1;
	network->pod = pod;
}

static void network_free(struct model *model, struct network *network)
{
	set_pod(network, NULL, network->dead_since_ns);
	HASH_DEL(model->networks, network);
	addresses_done(&network->addresses);
	free(network->baselines);
	free(network);
}

static const char *pod_uid_of(const struct cgroup *cgroup)
{
	return cgroup->identity ? cgroup->identity->pod_uid : "";
}

static bool is_same_pod(const struct network *network, const struct cgroup *cgroup)
{
	const char *pod_uid = pod_uid_of(cgroup);

	return (pod_uid[0] && strcmp(network->pod_uid, pod_uid) == 0) ||
	       (network->pod && pod_is_of(network->pod, cgroup->container));
}

static struct network *add_network(struct model *model, uint64_t inode, const struct cgroup *cgroup)
{
	struct network *network = calloc(1, sizeof(*network));

	if (!network)
		return NULL;
	network->inode = inode;
	snprintf(network->pod_uid, sizeof(network->pod_uid), "%s", pod_uid_of(cgroup));
	HASH_ADD(hh, model->networks, inode, sizeof(network->inode), network);
	if (HASH_HAS(network))
		return network;
	free(network);
	return NULL;
}

struct network *network_use(struct model *model, uint64_t inode, const struct cgroup *cgroup)
{
	struct network *network;

	HASH_FIND(hh, model->networks, &inode, sizeof(inode), network);
	if (network && !network->users && !is_same_pod(network, cgroup)) {
		network_free(model, network);
		network = NULL;
	}
	network = network ?: add_network(model, inode, cgroup);
	if (!network)
		return NULL;
	if (!network->users++ && network->pod && !pod_is_of(network->pod, cgroup->container))
		set_pod(network, NULL, network->dead_since_ns);
	network->dead_since_ns = 0;
	return network;
}

void network_release(struct network *network, const struct cgroup *cgroup, uint64_t now_ns)
{
	if (!network)
		return;
	if (--network->users == 0)
		network->dead_since_ns = now_ns ?: 1;
	else if (network->pod && network->pod->owner == cgroup->container)
		set_pod(network, NULL, now_ns); /* another user gives it its names at the next reading */
}

static struct network_baseline *find_baseline(struct network *network, const char *name, uint32_t hint)
{
	/* the kernel lists devices in the same order each time */
	for (uint32_t i = 0; i < network->baseline_count; i++) {
		struct network_baseline *baseline = &network->baselines[(hint + i) % network->baseline_count];

		if (strcmp(baseline->device.name, name) == 0)
			return baseline;
	}
	return NULL;
}

static struct network_baseline *add_baseline(struct network *network, const struct network_device *device,
					     bool from_zero)
{
	struct network_baseline *grown = reallocarray(network->baselines, network->baseline_count + 1,
						      sizeof(*grown));

	if (!grown)
		return NULL;
	network->baselines = grown;
	grown += network->baseline_count++;
	*grown = (struct network_baseline){ .device = *device };
	if (from_zero)
		memset(grown->device.value, 0, sizeof(grown->device.value));
	return grown;
}

static bool is_another(const struct network_device *last, const struct network_device *device)
{
	bool fell = false;

	for (unsigned int i = 0; i < NETDEV_VALUES; i++) {
		if (device->value[i] > last->value[i])
			return false;
		fell |= device->value[i] < last->value[i];
	}
	return fell;
}

static void begin_reading(struct interface *interface, uint64_t now_ns)
{
	if (interface->read_ns == now_ns) /* by another device of the same name, or past the bound */
		return;
	interface->interval_ns = interface->read_ns ? now_ns - interface->read_ns : 0;
	interface->read_ns = now_ns;
	memset(interface->growth, 0, sizeof(interface->growth));
}

static void count_device(struct network_baseline *baseline, const struct network_device *device,
			 struct interface *interface)
{
	bool another = is_another(&baseline->device, device);

	for (unsigned int i = 0; i < NETDEV_VALUES; i++) {
		uint64_t last = another ? 0 : baseline->device.value[i], total = device->value[i];
		uint64_t growth = total > last ? total - last : 0;

		interface->growth[i] += growth;
		interface->value[i] += growth;
	}
	baseline->device = *device;
}

static void forget_vanished(struct network *network)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < network->baseline_count; i++) {
		if (!network->baselines[i].is_met)
			continue;
		network->baselines[kept] = network->baselines[i];
		network->baselines[kept++].is_met = false;
	}
	network->baseline_count = kept;
}

/* One device of a reading; its counters begin when it is met first. */
static int read_device(struct model *model, struct network *network, const struct network_device *device,
		       uint32_t hint, bool from_zero, uint64_t now_ns, uint64_t realtime_ns)
{
	struct network_baseline *baseline = find_baseline(network, device->name, hint);
	char label[INTERFACE_LABEL_SIZE];
	struct interface *interface;

	if (baseline && baseline->is_met)
		return 0;
	utf8_copy(label, sizeof(label), device->name);
	interface = pod_get_interface(model, network->pod, label, realtime_ns);
	if (!interface)
		return -ENOMEM;
	if (!baseline) {
		baseline = add_baseline(network, device, from_zero);
		if (!baseline)
			return -ENOMEM;
		model->folded_interfaces += strcmp(interface->name, label) != 0;
	}
	baseline->is_met = true;
	begin_reading(interface, now_ns);
	count_device(baseline, device, interface);
	return 0;
}

static int choose_pod(struct model *model, struct network *network, const struct container *container,
		      uint64_t now_ns)
{
	struct pod *pod = network->pod;

	/* Kubernetes' names are known of another user of the namespace before they are of its first. */
	if (pod && !pod->pod[0] && container->pod[0] && pod->networks == 1 && pod->owner)
		return network_move(model, pod->owner, container);
	if (pod && (network->users > 1 || !pod->owner || pod_is_of(pod, container)))
		return 0;
	pod = pod_get(model, container);
	if (!pod)
		return -ENOMEM;
	set_pod(network, pod, now_ns);
	return 0;
}

int network_count(struct model *model, struct network *network, const struct container *container, bool born,
		  const struct network_device *devices, size_t count, uint32_t left_out, uint64_t now_ns,
		  uint64_t realtime_ns)
{
	int result = choose_pod(model, network, container, now_ns);

	if (!network->pod)
		return result;
	for (size_t i = 0; i < count; i++) {
		int error = read_device(model, network, &devices[i], (uint32_t)i, born || network->read_ns,
					now_ns, realtime_ns);

		if (error)
			result = error;
	}
	forget_vanished(network);
	if (left_out > network->left_out) {
		model->unread_devices += left_out - network->left_out;
		network->left_out = left_out;
	}
	network->read_ns = now_ns ?: 1;
	return result;
}

int network_move(struct model *model, const struct container *from, const struct container *to)
{
	struct network *network;
	struct pod *pod, *next;
	int result = 0;

	HASH_ITER(hh, model->pods, pod, next) {
		struct pod *target = pod->owner == from ? pod_rename(model, pod, to) : pod;
		int error = target ? 0 : -ENOMEM;

		if (target && target != pod)
			error = pod_merge(model, pod, target);
		if (error)
			result = error;
		if (!target || target == pod || error)
			continue;
		for (network = model->networks; network; network = network->hh.next)
			if (network->pod == pod)
				set_pod(network, target, pod->dead_since_ns);
		pod_free(model, pod);
	}
	return result;
}

const struct network_device *network_device_at(const struct network *network, uint32_t index)
{
	return index < network->baseline_count ? &network->baselines[index].device : NULL;
}

void network_forget(struct model *model, const struct container *container)
{
	for (struct pod *pod = model->pods; pod; pod = pod->hh.next)
		if (pod->owner == container)
			pod->owner = NULL;
}

void network_expire(struct model *model, uint64_t now_ns)
{
	struct network *network, *next_network;
	struct pod *pod, *next;

	HASH_ITER(hh, model->networks, network, next_network)
		if (network->dead_since_ns && now_ns - network->dead_since_ns >= model->limits.grace_ns)
			network_free(model, network);
	HASH_ITER(hh, model->pods, pod, next)
		if (pod->dead_since_ns && now_ns - pod->dead_since_ns >= model->limits.grace_ns)
			pod_free(model, pod);
}

void network_done(struct model *model)
{
	struct network *network, *next_network;
	struct pod *pod, *next_pod;

	HASH_ITER(hh, model->networks, network, next_network)
		network_free(model, network);
	HASH_ITER(hh, model->pods, pod, next_pod)
		pod_free(model, pod);
	free(model->host_protocols);
	model->host_protocols = NULL;
	addresses_done(&model->host_addresses);
}

/* Totals that fell are those of another namespace. */
static void take_growth(struct protocol_baseline *last, const uint64_t total[PROTOCOL_TOTALS], bool from_zero,
			uint64_t ret_grown[PROTOCOL_TOTALS])
{
	bool fell = false;

	for (unsigned int i = 0; i < PROTOCOL_TOTALS; i++)
		fell |= total[i] < last->total[i];
	for (unsigned int i = 0; i < PROTOCOL_TOTALS; i++) {
		if (last->is_known)
			ret_grown[i] = total[i] - (fell ? 0 : last->total[i]);
		else
			ret_grown[i] = from_zero ? total[i] : 0;
		last->total[i] = total[i];
	}
	last->is_known = true;
}

/* As metrics: at value[V_NETNS_x - V_NETNS_ACCEPT_OVERFLOWS]. */
static void split_growth(const uint64_t grown[PROTOCOL_TOTALS], uint64_t ret_value[NETNS_VALUES])
{
	uint64_t *udp = &ret_value[V_NETNS_UDP_DROPS - V_NETNS_ACCEPT_OVERFLOWS];
	uint64_t known = grown[PROTOCOL_UDP_RECEIVE_BUFFER] + grown[PROTOCOL_UDP_CHECKSUM];

	ret_value[V_NETNS_ACCEPT_OVERFLOWS - V_NETNS_ACCEPT_OVERFLOWS] = grown[PROTOCOL_ACCEPT_OVERFLOWS];
	ret_value[V_NETNS_LISTEN_DROPS - V_NETNS_ACCEPT_OVERFLOWS] = grown[PROTOCOL_LISTEN_DROPS];
	udp[VALUE_INDEX(udp_drop, RECEIVE_BUFFER)] = grown[PROTOCOL_UDP_RECEIVE_BUFFER];
	udp[VALUE_INDEX(udp_drop, SEND_BUFFER)] = grown[PROTOCOL_UDP_SEND_BUFFER];
	udp[VALUE_INDEX(udp_drop, CHECKSUM)] = grown[PROTOCOL_UDP_CHECKSUM];
	udp[VALUE_INDEX(udp_drop, NO_PORT)] = grown[PROTOCOL_UDP_NO_PORT];
	/* the kernel adds the reason after the error, so they may be apart by one that the next reading has */
	udp[VALUE_INDEX(udp_drop, OTHER)] = grown[PROTOCOL_UDP_ERRORS] > known ?
						    grown[PROTOCOL_UDP_ERRORS] - known :
						    0;
}

static void add_to_node(struct container *node, const uint64_t value[NETNS_VALUES])
{
	_Static_assert(V_UDP_DROPS_LAST - V_TCP_ACCEPT_OVERFLOWS + 1 == NETNS_VALUES,
		       "the node has the same");

	for (unsigned int i = 0; i < NETNS_VALUES; i++)
		model_set_file(node, V_TCP_ACCEPT_OVERFLOWS + i,
			       node->value[V_TCP_ACCEPT_OVERFLOWS + i] + value[i]);
}

void network_count_protocols(struct model *model, struct network *network, bool born,
			     const uint64_t total[PROTOCOL_TOTALS], uint64_t realtime_ns)
{
	uint64_t grown[PROTOCOL_TOTALS], value[NETNS_VALUES];

	if (!network->pod)
		return;
	take_growth(&network->protocols, total, born, grown);
	split_growth(grown, value);
	if (!network->pod->created_ns)
		network->pod->created_ns = realtime_ns;
	for (unsigned int i = 0; i < NETNS_VALUES; i++)
		network->pod->value[i] += value[i];
	add_to_node(model->node, value);
}

void network_count_host_protocols(struct model *model, const uint64_t total[PROTOCOL_TOTALS])
{
	uint64_t grown[PROTOCOL_TOTALS], value[NETNS_VALUES];

	if (!model->host_protocols)
		model->host_protocols = calloc(1, sizeof(*model->host_protocols));
	if (!model->host_protocols)
		return;
	take_growth(model->host_protocols, total, false, grown);
	split_growth(grown, value);
	add_to_node(model->node, value);
}
