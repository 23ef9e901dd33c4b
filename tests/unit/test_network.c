/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of network namespaces: whose rows they are, and that no counter ever goes back or counts twice. */
#include <stdio.h>
#include <string.h>

#include "equal.h"
#include "model/container.h"
#include "model/network.h"
#include "model_world.h"

#define GRACE 1009
#define NOW 100003
#define INODE 4026532501

static void start(uint32_t containers)
{
	const struct model_limits limits = { .containers = containers,
					     .programs_per_container = 5,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = GRACE };

	model_begin(&limits);
}

static void set_up(void)
{
	start(100);
}

TestSuite(network, .init = set_up, .fini = model_end, .timeout = 20);

static struct cgroup *add(uint64_t id, const char *name, const char *pod_uid)
{
	struct identity identity = { .runtime = "containerd" };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "%s", name);
	snprintf(identity.pod_uid, sizeof(identity.pod_uid), "%s", pod_uid);
	cr_assert_eq(model_cgroup_add(model, id, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

/* What a runtime tells late. */
static void name(struct cgroup *cgroup, const char *namespace, const char *pod, const char *container)
{
	const struct details details = { .id = cgroup->identity->id,
					 .name = container,
					 .namespace = namespace,
					 .pod = pod,
					 .pod_uid = "",
					 .image = "",
					 .is_sandbox = !container[0] };

	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, NOW, 1), 0);
}

static struct cgroup *add_named(uint64_t id, const char *namespace, const char *pod, const char *container)
{
	struct cgroup *cgroup;
	char short_id[16];

	snprintf(short_id, sizeof(short_id), "short-%u", (unsigned int)id);
	cgroup = add(id, short_id, "");
	name(cgroup, namespace, pod, container);
	return cgroup;
}

static struct network *use(uint64_t inode, const struct cgroup *cgroup)
{
	struct network *network = network_use(model, inode, cgroup);

	cr_assert_not_null(network);
	return network;
}

/* Device `name` with value x, x + 1, ... in the order of the metrics. */
static struct network_device device(const char *name, uint64_t x)
{
	struct network_device made = { .name = "" };

	snprintf(made.name, sizeof(made.name), "%s", name);
	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		made.value[i] = x + i;
	return made;
}

static void count(struct network *network, const struct cgroup *cgroup, bool born, const char *name,
		  uint64_t x)
{
	struct network_device one = device(name, x);

	cr_assert_eq(network_count(model, network, cgroup->container, born, &one, 1, 0, NOW, 1), 0);
}

static const struct pod *find(const char *namespace, const char *pod, const char *container)
{
	for (const struct pod *p = model->pods; p; p = p->hh.next)
		if (strcmp(p->namespace, namespace) == 0 && strcmp(p->pod, pod) == 0 &&
		    strcmp(p->container, container) == 0)
			return p;
	return NULL;
}

#define ABSENT 999999999

/* First value of an interface of a pod. */
static uint64_t value(const char *namespace, const char *pod, const char *container, const char *name)
{
	const struct pod *found = find(namespace, pod, container);
	struct interface *interface = NULL;

	if (found)
		HASH_FIND_STR(found->interfaces, name, interface);
	return interface ? interface->value[0] : ABSENT;
}

Test(network, one_that_began_before_counts_what_grows_and_a_born_one_all)
{
	struct cgroup *old = add(11, "old", ""), *young = add(13, "young", "");
	struct network *network = use(INODE, old);

	count(network, old, false, "eth0", 1009);
	eq(value("", "", "old", "eth0"), 0);
	count(network, old, false, "eth0", 1009 + 23);
	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		eq(find("", "", "old")->interfaces->value[i], 23);
	count(use(INODE + 1, young), young, true, "eth0", 1013);
	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		eq(find("", "", "young")->interfaces->value[i], 1013 + i);
}

static void count_protocols(struct network *network, bool born, uint64_t overflows, uint64_t no_port)
{
	const uint64_t total[PROTOCOL_TOTALS] = {
		[PROTOCOL_ACCEPT_OVERFLOWS] = overflows, [PROTOCOL_UDP_NO_PORT] = no_port
	};

	network_count_protocols(model, network, born, total, 7);
}

Test(network, protocols_count_for_the_pod_and_the_node)
{
	struct cgroup *old = add(11, "old", ""), *young = add(13, "young", "");
	struct network *network = use(INODE, old);
	const uint64_t host[2][PROTOCOL_TOTALS] = { { 1000 }, { 1003 } };

	count_protocols(network, false, 1, 1); /* of no pod yet: nothing */
	count(network, old, false, "eth0", 0);
	count_protocols(network, false, 101, 103);
	eq(find("", "", "old")->value[0], 0);
	count_protocols(network, false, 101 + 7, 103);
	eq(find("", "", "old")->value[0], 7);
	eq(find("", "", "old")->created_ns, 7);
	network = use(INODE + 1, young);
	count(network, young, true, "eth0", 0);
	count_protocols(network, true, 11, 13);
	eq(find("", "", "young")->value[0], 11);
	eq(model->node->value[V_TCP_ACCEPT_OVERFLOWS], 18);
	eq(model->node->value[V_UDP_DROPS + VALUE_INDEX(udp_drop, NO_PORT)], 13);
	network_count_host_protocols(model, host[0]);
	network_count_host_protocols(model, host[1]);
	eq(model->node->value[V_TCP_ACCEPT_OVERFLOWS], 21);
}

Test(network, totals_of_protocols_that_fell_are_those_of_another_namespace)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);

	count(network, cgroup, true, "eth0", 0);
	count_protocols(network, true, 101, 103);
	count_protocols(network, true, 2, 105);
	eq(find("", "", "a")->value[0], 103);
}

Test(network, a_device_that_comes_later_counts_all_it_has)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);
	struct network_device two[2] = { device("eth0", 100), device("eth1", 7) };

	count(network, cgroup, false, "eth0", 100);
	cr_assert_eq(network_count(model, network, cgroup->container, false, two, 2, 0, NOW, 1), 0);
	eq(value("", "", "a", "eth0"), 0);
	eq(value("", "", "a", "eth1"), 7);
}

Test(network, a_device_that_vanished_keeps_its_counter_and_goes_on_when_it_comes_again)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);

	count(network, cgroup, true, "eth0", 100);
	count(network, cgroup, true, "eth1", 5);
	eq(value("", "", "a", "eth0"), 100);
	eq(network->baseline_count, 1);
	count(network, cgroup, true, "eth0", 3);
	eq(value("", "", "a", "eth0"), 103);
}

Test(network, a_device_made_again_between_two_readings_counts_from_0)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);
	struct network_device fell = device("eth0", 50);

	count(network, cgroup, true, "eth0", 100);
	count(network, cgroup, true, "eth0", 50);
	eq(value("", "", "a", "eth0"), 150);
	/* one total alone that went back is a fault of the driver */
	fell.value[0] = 40;
	fell.value[1] += 9;
	cr_assert_eq(network_count(model, network, cgroup->container, true, &fell, 1, 0, NOW, 1), 0);
	eq(value("", "", "a", "eth0"), 150);
	eq(find("", "", "a")->interfaces->value[1], 101 + 51 + 9);
}

Test(network, the_containers_of_a_pod_are_one_row_without_container)
{
	struct cgroup *web = add_named(11, "shop", "web-0", "nginx"),
		      *sandbox = add_named(13, "shop", "web-0", ""),
		      *sidecar = add_named(17, "shop", "web-0", "proxy");
	struct network *network = use(INODE, web);

	cr_expect_eq(use(INODE, sandbox), network);
	cr_expect_eq(use(INODE, sidecar), network);
	count(network, web, true, "eth0", 10);
	count(network, sandbox, true, "eth0", 30);
	count(network, sidecar, true, "eth0", 60);
	eq(HASH_COUNT(model->pods), 1);
	eq(value("shop", "web-0", "", "eth0"), 60);
	/* the first user ends, the others go on; then it comes again */
	network_release(network, web, NOW);
	count(network, sidecar, true, "eth0", 70);
	cr_expect_eq(use(INODE, web), network);
	count(network, web, true, "eth0", 81);
	eq(value("shop", "web-0", "", "eth0"), 81);
	eq(HASH_COUNT(model->pods), 1);
	eq(find("shop", "web-0", "")->networks, 1);
}

Test(network, without_kubernetes_the_first_user_owns_it_and_then_another)
{
	struct cgroup *x = add(11, "x", ""), *y = add(13, "y", "");
	struct network *network = use(INODE, x);

	use(INODE, y);
	count(network, x, true, "eth0", 10);
	count(network, y, true, "eth0", 25);
	eq(value("", "", "x", "eth0"), 25);
	eq(value("", "", "y", "eth0"), ABSENT);
	network_release(network, x, NOW);
	count(network, y, true, "eth0", 32);
	eq(value("", "", "x", "eth0"), 25);
	eq(value("", "", "y", "eth0"), 7);
	eq(find("", "", "x")->dead_since_ns, NOW);
}

Test(network, a_recreated_container_of_the_same_names_goes_on)
{
	struct cgroup *first = add(11, "a", ""), *second = add(13, "a", "");
	struct network *network = use(INODE, first);

	count(network, first, true, "eth0", 100);
	network_release(network, first, NOW);
	network = use(INODE + 7, second); /* another namespace */
	count(network, second, true, "eth0", 11);
	eq(value("", "", "a", "eth0"), 111);
	eq(HASH_COUNT(model->pods), 1);
}

Test(network, a_namespace_that_outlived_its_users_is_not_counted_twice)
{
	struct cgroup *first = add(11, "a", ""), *second = add(13, "a", "");
	struct network *network = use(INODE, first);

	count(network, first, true, "eth0", 100);
	network_release(network, first, NOW);
	network_expire(model, NOW + GRACE - 1);
	network = use(INODE, second);
	count(network, second, true, "eth0", 130);
	eq(value("", "", "a", "eth0"), 130);
	/* nor when only the uid of the pod tells that it is the same */
	first = add(17, "b", "uid-1");
	second = add(19, "c", "uid-1");
	network = use(INODE + 1, first);
	count(network, first, true, "eth0", 100);
	network_release(network, first, NOW);
	network = use(INODE + 1, second);
	count(network, second, true, "eth0", 130);
	eq(value("", "", "b", "eth0"), 100);
	eq(value("", "", "c", "eth0"), 30);
}

Test(network, an_inode_given_again_to_another_pod_is_another_namespace)
{
	struct cgroup *first = add(11, "a", "uid-1"), *second = add(13, "b", "uid-2");
	struct network *network = use(INODE, first);

	count(network, first, true, "eth0", 100);
	network_release(network, first, NOW);
	network = use(INODE, second);
	count(network, second, true, "eth0", 130);
	eq(value("", "", "a", "eth0"), 100);
	eq(value("", "", "b", "eth0"), 130);
	eq(HASH_COUNT(model->networks), 1);
}

Test(network, pods_end_after_their_grace_time)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);

	count(network, cgroup, true, "eth0", 100);
	network_expire(model, NOW + 100 * GRACE);
	eq(value("", "", "a", "eth0"), 100);
	network_release(network, cgroup, NOW);
	network_expire(model, NOW + GRACE - 1);
	eq(value("", "", "a", "eth0"), 100);
	network_expire(model, NOW + GRACE);
	eq(value("", "", "a", "eth0"), ABSENT);
	eq(HASH_COUNT(model->networks), 0);
}

Test(network, names_that_come_late_take_the_counts_with_them)
{
	struct cgroup *web = add(11, "0123abcd", "");
	struct network *network = use(INODE, web);

	count(network, web, true, "eth0", 100);
	name(web, "shop", "web-0", "nginx");
	eq(value("", "", "0123abcd", "eth0"), ABSENT);
	eq(value("shop", "web-0", "", "eth0"), 100);
	count(network, web, true, "eth0", 101);
	eq(value("shop", "web-0", "", "eth0"), 101);
	/* and without Kubernetes */
	web = add(13, "4567cdef", "");
	count(use(INODE + 1, web), web, true, "eth0", 7);
	name(web, "", "", "redis");
	eq(value("", "", "redis", "eth0"), 7);
	eq(HASH_COUNT(model->pods), 2);
}

Test(network, a_container_merged_into_one_that_counted_adds_to_it)
{
	struct cgroup *old = add_named(13, "shop", "web-0", ""), *web = add(11, "0123abcd", "");
	struct network *before = use(INODE, old), *after = use(INODE + 1, web);

	count(before, old, true, "eth0", 100);
	network_release(before, old, NOW);
	count(after, web, true, "eth0", 7);
	count(after, web, true, "eth0", 9);
	web->container->network = CONTAINER_NETWORK_OWN;
	name(web, "shop", "web-0", "");
	cr_assert_eq(web->container, old->container);
	eq(web->container->network, CONTAINER_NETWORK_OWN);
	eq(value("shop", "web-0", "", "eth0"), 109);
	count(after, web, true, "eth0", 10);
	eq(value("shop", "web-0", "", "eth0"), 110);
	eq(HASH_COUNT(model->pods), 1);
}

Test(network, another_user_that_has_kubernetes_names_gives_them_to_all)
{
	struct cgroup *unnamed = add(11, "0123abcd", ""), *named = add_named(13, "shop", "web-0", "nginx");
	struct network *network = use(INODE, unnamed);

	use(INODE, named);
	count(network, unnamed, true, "eth0", 100);
	count(network, named, true, "eth0", 103);
	count(network, unnamed, true, "eth0", 104);
	eq(HASH_COUNT(model->pods), 1);
	eq(value("shop", "web-0", "", "eth0"), 104);
}

Test(network, a_freed_container_leaves_no_pointer_behind)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);

	count(network, cgroup, true, "eth0", 100);
	network_release(network, cgroup, NOW);
	model_cgroup_remove(model, cgroup, NOW);
	model_expire(model, NOW + GRACE - 1);
	cr_assert_not_null(find("", "", "a"));
	model_expire(model, NOW + GRACE);
	model_expire(model, NOW + 2 * GRACE + 1);
	eq(model->evicted_containers, 1);
	cr_assert_null(find("", "", "a"));
	/* freed while a namespace still counts for it */
	cgroup = add(13, "b", "");
	network = use(INODE, cgroup);
	count(network, cgroup, true, "eth0", 100);
	network_forget(model, cgroup->container);
	cr_assert_null(find("", "", "b")->owner);
}

Test(network, past_the_limit_interfaces_are_summed_as_other)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);
	struct network_device devices[POD_INTERFACES_MAX + 10];
	char name[16];

	for (int round = 1; round <= 3; round++) {
		for (int i = 0; i < POD_INTERFACES_MAX + 10; i++) {
			snprintf(name, sizeof(name), "veth%d", i);
			devices[i] = device(name, (uint64_t)(100 * round + i));
		}
		cr_assert_eq(network_count(model, network, cgroup->container, true, devices,
					   POD_INTERFACES_MAX + 10, 3, NOW, 1),
			     0);
	}
	eq(HASH_COUNT(find("", "", "a")->interfaces), POD_INTERFACES_MAX + 1);
	eq(value("", "", "a", "veth63"), 363);
	eq(value("", "", "a", "other"), 300 * 10 + (64 + 73) * 10 / 2);
	eq(model->unread_devices, 3);
	eq(model->folded_interfaces, 10);
}

Test(network, names_that_look_alike_as_utf8_are_one_interface)
{
	struct cgroup *cgroup = add(11, "a", "");
	struct network *network = use(INODE, cgroup);
	struct network_device devices[3] = { device("x\xff", 5), device("x\xfe", 7), device("x\xff", 100) };

	cr_assert_eq(network_count(model, network, cgroup->container, true, devices, 3, 0, NOW, 1), 0);
	eq(HASH_COUNT(find("", "", "a")->interfaces), 1);
	eq(value("", "", "a", "x\xef\xbf\xbd"), 12); /* a name that stands twice counts once */
}

Test(network, past_the_limit_of_containers_pods_share_other)
{
	struct cgroup *a, *b, *c;

	start(3); /* the host is one */
	a = add(11, "a", "");
	b = add(13, "b", "");
	count(use(INODE, a), a, true, "eth0", 1);
	count(use(INODE + 1, b), b, true, "eth0", 2);
	model->limits.containers = 100;
	c = add(17, "c", "");
	model->limits.containers = 2;
	count(use(INODE + 2, c), c, true, "eth0", 4);
	eq(value("", "", "other", "eth0"), 4);
	eq(model->folded_pods, 1);
	/* `other` is nobody's: a move leaves it alone */
	cr_assert_eq(network_move(model, c->container, a->container), 0);
	eq(value("", "", "other", "eth0"), 4);
}
