/* SPDX-License-Identifier: Apache-2.0 */
/* Who the other end of a connection is; and that no name is ever a guess. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "model/network.h"
#include "model/peer.h"

#define NOW 5003000000000ULL
#define OUT VALUE_INDEX(direction, OUT)
#define IN VALUE_INDEX(direction, IN)

static struct model *model;
static uint64_t last_id;

static void set_up(void)
{
	const struct model_limits limits = { .containers = 100, .connections = 100, .label_length = 128 };

	last_id = 0;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
}

static void tear_down(void)
{
	model_free(model);
}

TestSuite(peer, .init = set_up, .fini = tear_down, .timeout = 20);

static void parse(const char *text, uint8_t address[ADDRESS_SIZE])
{
	char mapped[64];

	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	cr_assert_eq(inet_pton(AF_INET6, mapped, address), 1, "%s", text);
}

/* "10.0.0.1 fd00::1" */
static void give(struct addresses *addresses, bool is_attached, const char *texts)
{
	struct address_list list = {};
	char copy[256], *next = copy;

	snprintf(copy, sizeof(copy), "%s", texts);
	for (const char *text; (text = strsep(&next, " "));)
		parse(text, list.address[list.count++]);
	cr_assert_eq(addresses_set(model, addresses, &list), 0);
	addresses->is_attached = is_attached;
}

/* A cgroup of the container; `network` NULL: in the host's namespace. */
static struct container *add(const char *pod, const char *name, struct network *network)
{
	const struct details details = { .id = "x",
					 .name = name,
					 .namespace = *pod ? "shop" : "",
					 .pod = pod,
					 .pod_uid = "",
					 .image = "",
					 .is_sandbox = !*name };
	struct identity identity = { .kind = IDENTITY_CONTAINER };
	struct cgroup *cgroup;

	last_id++;
	snprintf(identity.name, sizeof(identity.name), "short-%u", (unsigned int)last_id);
	snprintf(identity.id, sizeof(identity.id), "%u", (unsigned int)last_id);
	cr_assert_eq(model_cgroup_add(model, last_id, "/x", &identity, 1, &cgroup), 0);
	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, NOW, 1), 0);
	cgroup->container->network = network ? CONTAINER_NETWORK_OWN : CONTAINER_NETWORK_HOST;
	cgroup->network = network;
	if (network)
		network->users++;
	return cgroup->container;
}

static struct network *add_network(bool is_attached, const char *addresses)
{
	static const struct cgroup nobody;
	struct network *network = network_use(model, 4026532000 + ++last_id, &nobody);

	cr_assert_not_null(network);
	network->users = 0;
	give(&network->addresses, is_attached, addresses);
	return network;
}

/* A container that is alone in its namespace. */
static struct container *add_alone(const char *name, bool is_attached, const char *addresses)
{
	return add("", name, add_network(is_attached, addresses));
}

static struct connection *row(struct container *container, uint16_t direction, const char *address,
			      uint16_t port)
{
	struct connection_key key = { .port = port, .direction = direction };
	struct connection *connection;

	parse(address, key.address);
	connection = connection_get(model, container, &key, 7);
	cr_assert_not_null(connection);
	connection->active_ns = NOW;
	return connection;
}

/* "namespace/pod/container", "namespace/pod", "(host)" or "-" */
static const char *name_of(const struct connection *connection)
{
	static char text[256];
	struct peers *peers;
	struct peer peer;

	cr_assert_eq(peers_new(model, &peers), 0);
	peer = *peers_find(peers, connection);
	peers_free(peers);
	if (peer.kind == PEER_UNKNOWN || peer.kind == PEER_HOST) {
		cr_expect(!peer.namespace && !peer.pod && !peer.container);
		return peer.kind == PEER_HOST ? "(host)" : "-";
	}
	cr_expect_eq(peer.kind == PEER_POD, !peer.container);
	snprintf(text, sizeof(text), "%s/%s%s%s", peer.namespace, peer.pod, peer.container ? "/" : "",
		 peer.container ?: "");
	return text;
}

Test(peer, both_ends_have_each_others_name)
{
	struct container *web = add_alone("web", true, "172.17.0.2 fd00::2");
	struct container *db = add_alone("db", true, "172.17.0.3 fd00::3");

	cr_expect_str_eq(name_of(row(web, OUT, "172.17.0.3", 5432)), "//db");
	cr_expect_str_eq(name_of(row(web, OUT, "fd00::3", 5432)), "//db");
	cr_expect_str_eq(name_of(row(db, IN, "172.17.0.2", 5432)), "//web");
	cr_expect_str_eq(name_of(row(db, IN, "fd00::2", 5432)), "//web");
	cr_expect_str_eq(name_of(row(web, OUT, "172.17.0.4", 5432)), "-");
	cr_expect_str_eq(name_of(row(web, OUT, "fd00::4", 5432)), "-");
}

Test(peer, loopback_and_own_addresses_are_of_the_own_namespace)
{
	struct container *a = add_alone("a", false, "10.0.2.100");
	struct container *b = add_alone("b", false, "10.0.2.100");

	cr_expect_str_eq(name_of(row(a, OUT, "127.0.0.1", 80)), "//a");
	cr_expect_str_eq(name_of(row(b, OUT, "127.3.2.1", 80)), "//b");
	cr_expect_str_eq(name_of(row(b, IN, "::1", 80)), "//b");
	cr_expect_str_eq(name_of(row(a, OUT, "10.0.2.100", 80)), "//a");
	cr_expect_str_eq(name_of(row(b, IN, "10.0.2.100", 80)), "//b");
}

Test(peer, an_address_that_two_have_is_nobodys)
{
	struct container *web = add_alone("web", true, "172.17.0.2");

	add_alone("a", true, "172.18.0.9");
	cr_expect_str_eq(name_of(row(web, OUT, "172.18.0.9", 80)), "//a");
	add_alone("b", true, "172.18.0.9");
	cr_expect_str_eq(name_of(row(web, OUT, "172.18.0.9", 80)), "-");
}

Test(peer, an_address_that_cannot_be_reached_is_not_meant)
{
	struct container *web = add_alone("web", true, "172.17.0.2");
	struct container *rootless = add_alone("rootless", false, "10.0.2.100");

	add_alone("db", true, "172.17.0.3");
	cr_expect_str_eq(name_of(row(web, OUT, "10.0.2.100", 80)), "-");
	cr_expect_str_eq(name_of(row(rootless, OUT, "172.17.0.3", 80)), "-");
	/* nor does it take the name from one that can */
	add_alone("nested", false, "172.17.0.3");
	cr_expect_str_eq(name_of(row(web, OUT, "172.17.0.3", 80)), "//db");
}

Test(peer, a_connection_seen_at_both_ends_shows_the_way)
{
	struct container *near = add_alone("near", false, "10.77.0.1");
	struct container *far = add_alone("far", false, "10.77.0.2 10.77.0.3");
	struct connection *out = row(near, OUT, "10.77.0.2", 1001);

	cr_expect_str_eq(name_of(out), "-");
	row(far, IN, "10.77.0.9", 1001);
	row(far, IN, "10.77.0.1", 1002);
	cr_expect_str_eq(name_of(out), "-", "neither from there nor to that port");
	row(far, IN, "10.77.0.1", 1001);
	cr_expect_str_eq(name_of(out), "//far");
	cr_expect_str_eq(name_of(row(near, OUT, "10.77.0.3", 9)), "//far", "also where nobody answers");
	cr_expect_str_eq(name_of(row(far, IN, "10.77.0.1", 1002)), "//near");
}

Test(peer, the_container_of_a_pod_is_the_one_that_has_the_connection)
{
	struct network *network = add_network(true, "10.1.0.5");
	struct container *web = add_alone("web", true, "10.1.0.4"), *api, *proxy;
	struct connection *out = row(web, OUT, "10.1.0.5", 8080);

	add("api-0", "", network);
	cr_expect_str_eq(name_of(out), "shop/api-0", "nothing but its sandbox is known");
	api = add("api-0", "api", network);
	cr_expect_str_eq(name_of(out), "shop/api-0/api", "a sandbox does not count");
	proxy = add("api-0", "proxy", network);
	cr_expect_str_eq(name_of(out), "shop/api-0", "it may be either");
	row(api, IN, "10.1.0.4", 8080);
	cr_expect_str_eq(name_of(out), "shop/api-0/api");
	cr_expect_str_eq(name_of(row(web, OUT, "10.1.0.5", 9090)), "shop/api-0", "another port");
	cr_expect_str_eq(name_of(row(web, IN, "10.1.0.5", 80)), "shop/api-0",
			 "who asks has no port to be known by");
	row(proxy, IN, "10.1.0.4", 8080);
	cr_expect_str_eq(name_of(out), "shop/api-0", "both listened there");
}

Test(peer, a_sandbox_is_nobody_beside_the_container_that_came_first)
{
	struct network *network = add_network(true, "10.1.0.5");
	struct container *web = add_alone("web", true, "10.1.0.4");

	add("api-0", "api", network);
	add("api-0", "", network);
	cr_expect_str_eq(name_of(row(web, OUT, "10.1.0.5", 8080)), "shop/api-0/api");
}

Test(peer, containers_past_the_bound_are_called_nothing)
{
	struct container *web = add_alone("web", true, "172.17.0.2"), *other;
	struct connection *out = row(web, OUT, "172.17.0.3", 80);

	model->limits.containers = 1;
	other = add_alone("db", true, "172.17.0.3");
	cr_assert_eq(other, model->other);
	cr_expect_str_eq(name_of(out), "-");
	row(other, IN, "172.17.0.2", 80);
	cr_expect_str_eq(name_of(out), "-", "nor by its port");
}

Test(peer, strangers_that_share_a_namespace_have_no_common_name)
{
	struct network *network = add_network(true, "10.1.0.5");
	struct container *web = add_alone("web", true, "10.1.0.4"), *b;
	struct connection *out = row(web, OUT, "10.1.0.5", 8080);

	add("", "a", network);
	cr_expect_str_eq(name_of(out), "//a");
	b = add("", "b", network);
	cr_expect_str_eq(name_of(out), "-");
	row(b, IN, "10.1.0.4", 8080);
	cr_expect_str_eq(name_of(out), "//b");
}

Test(peer, the_host_is_one_too)
{
	struct container *web = add_alone("web", true, "172.17.0.2"), *unit = add("", "db.service", NULL);
	struct connection *out = row(web, OUT, "172.17.0.1", 5432), *in = row(web, IN, "172.17.0.1", 80);
	struct connection *loopback = row(unit, OUT, "127.0.0.1", 25);

	cr_expect_str_eq(name_of(out), "-");
	cr_expect_str_eq(name_of(loopback), "-", "which namespace is the host's is not known");
	give(&model->host_addresses, true, "192.0.2.7 172.17.0.1");
	cr_expect_str_eq(name_of(out), "(host)");
	cr_expect_str_eq(name_of(in), "(host)");
	cr_expect_str_eq(name_of(loopback), "(host)");
	row(unit, IN, "172.17.0.2", 5432);
	cr_expect_str_eq(name_of(out), "//db.service");
	cr_expect_str_eq(name_of(row(unit, IN, "172.17.0.2", 5432)), "//web");
	row(model->host, IN, "127.0.0.1", 25);
	cr_expect_str_eq(name_of(loopback), "(host)");
	cr_expect_str_eq(name_of(row(model->host, OUT, "172.17.0.2", 80)), "//web");
}

Test(peer, an_address_that_was_given_again_is_not_for_what_was_before)
{
	struct container *web = add_alone("web", true, "172.17.0.2");
	struct network *network = add_network(true, "172.17.0.3");
	struct connection *out = row(web, OUT, "172.17.0.3", 80);

	add("", "second", network);
	network->since_ns = NOW + 3000000000ULL;
	cr_expect_str_eq(name_of(out), "-");
	out->active_ns = network->since_ns;
	cr_expect_str_eq(name_of(out), "//second");
	network->users = 0;
	cr_expect_str_eq(name_of(out), "-", "it ended");
}

Test(peer, a_container_in_two_places_is_at_none)
{
	struct container *web = add_alone("web", true, "172.17.0.2");
	struct connection *out = row(web, OUT, "172.17.0.3", 80);

	add_alone("db", true, "172.17.0.3");
	cr_expect_str_eq(name_of(out), "//db");
	add_alone("web", false, "10.0.2.100");
	cr_expect_str_eq(name_of(out), "-");
	cr_expect_str_eq(name_of(row(model->node, OUT, "172.17.0.3", 80)), "-");
}

Test(peer, the_rest_of_all_peers_is_nobody)
{
	struct container *web = add_alone("web", true, "172.17.0.2");
	const struct connection_key key = { .direction = OUT };

	cr_expect_str_eq(name_of(connection_get(model, web, &key, 7)), "-");
}

Test(peer, what_went_past_the_bound_is_counted_once)
{
	struct address_list list = { .count = 1, .left_out = 7 };
	struct addresses addresses = {};

	cr_assert_eq(addresses_set(model, &addresses, &list), 0);
	cr_assert_eq(addresses_set(model, &addresses, &list), 0);
	cr_expect_eq(model->unread_addresses, 7);
	list.left_out = 10;
	cr_assert_eq(addresses_set(model, &addresses, &list), 0);
	cr_expect_eq(model->unread_addresses, 10);
	addresses_done(&addresses);
}
