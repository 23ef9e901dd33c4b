/* SPDX-License-Identifier: Apache-2.0 */
#include "model/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/network.h"

#define OUT VALUE_INDEX(direction, OUT)
#define HOST_SITE 0
#define NO_SITE UINT32_MAX
#define FOUND_NS 2000000000ULL /* so long after its first connection a namespace may be met */

/* A network namespace and who lives in it. */
struct site {
	UT_hash_handle hh; /* by network */
	const struct network *network;
	const struct addresses *addresses;
	const struct container *user;    /* one of them, no sandbox where there is another */
	bool has_several, has_strangers; /* users; and they are of several pods, or of none */
};

/* An address of a site. */
struct holding {
	UT_hash_handle
		hh; /* by address, the first of them; not in the table itself when it is another's `next` */
	const uint8_t *address;
	uint32_t site;
	struct holding *next; /* in another site */
};

/* Somebody at the first site reached the second: at this port, or (0) at any, or the other way around. */
struct route_key {
	uint32_t from, to, port;
};

struct route {
	UT_hash_handle hh; /* by key */
	struct route_key key;
	const struct container *listener; /* NULL: several */
};

struct peers {
	const struct model *model;
	struct site *sites, *by_network;
	uint32_t site_count;
	struct holding *holdings, *by_address;
	size_t holding_count;
	struct route *routes;
	const struct container *container; /* whose site was looked for last */
	uint32_t site;
	const struct connection *connection; /* that was asked for last */
	struct peer peer;
};

static bool is_sandbox(const struct container *container)
{
	return container->pod[0] && !container->name[0];
}

static bool is_same_pod(const struct container *a, const struct container *b)
{
	return a->pod[0] && strcmp(a->namespace, b->namespace) == 0 && strcmp(a->pod, b->pod) == 0;
}

static void add_user(struct site *site, const struct model *model, const struct container *container)
{
	site->has_strangers |= container == model->other;
	if (!site->user) {
		site->user = container;
		return;
	}
	if (site->user == container)
		return;
	site->has_strangers |= !is_same_pod(site->user, container);
	if (is_sandbox(container))
		return;
	site->has_several |= !is_sandbox(site->user);
	site->user = container;
}

static struct site *find_site(const struct peers *peers, const struct network *network)
{
	struct site *site;

	HASH_FIND(hh, peers->by_network, &network, sizeof(network), site);
	return site;
}

static int add_sites(struct peers *peers)
{
	const struct model *model = peers->model;

	peers->sites = calloc(HASH_COUNT(model->networks) + 1, sizeof(*peers->sites));
	if (!peers->sites)
		return -ENOMEM;
	peers->sites[peers->site_count++].addresses = &model->host_addresses;
	for (const struct network *network = model->networks; network; network = network->hh.next) {
		struct site *site = &peers->sites[peers->site_count];

		if (!network->users)
			continue;
		site->network = network;
		site->addresses = &network->addresses;
		HASH_ADD(hh, peers->by_network, network, sizeof(site->network), site);
		if (!HASH_HAS(site))
			return -ENOMEM;
		peers->site_count++;
	}
	for (const struct cgroup *cgroup = model->cgroups; cgroup; cgroup = cgroup->hh.next) {
		struct site *site = cgroup->network ? find_site(peers, cgroup->network) : NULL;

		if (site)
			add_user(site, model, cgroup->container);
	}
	return 0;
}

static struct holding *find_holding(const struct peers *peers, const uint8_t address[ADDRESS_SIZE])
{
	struct holding *holding;

	HASH_FIND(hh, peers->by_address, address, ADDRESS_SIZE, holding);
	return holding;
}

static int add_holding(struct peers *peers, const uint8_t *address, uint32_t site)
{
	struct holding *first = find_holding(peers, address);
	struct holding *holding = &peers->holdings[peers->holding_count++];

	holding->address = address;
	holding->site = site;
	if (first) {
		holding->next = first->next;
		first->next = holding;
		return 0;
	}
	HASH_ADD_KEYPTR(hh, peers->by_address, holding->address, ADDRESS_SIZE, holding);
	return HASH_HAS(holding) ? 0 : -ENOMEM;
}

static int add_holdings(struct peers *peers)
{
	size_t count = 0;
	int error = 0;

	for (uint32_t i = 0; i < peers->site_count; i++)
		count += peers->sites[i].addresses->count;
	peers->holdings = calloc(count ?: 1, sizeof(*peers->holdings));
	if (!peers->holdings)
		return -ENOMEM;
	for (uint32_t i = 0; i < peers->site_count && !error; i++)
		for (uint32_t a = 0; a < peers->sites[i].addresses->count && !error; a++)
			error = add_holding(peers, peers->sites[i].addresses->address[a], i);
	return error;
}

/* Where the container lives; NO_SITE when that is not known, or not one place. */
static uint32_t look_for_site(const struct peers *peers, const struct container *container)
{
	const struct network *network = NULL;
	/* without its addresses it is not even known for sure which is the host's */
	const uint32_t host_site = peers->model->host_addresses.count ? HOST_SITE : NO_SITE;
	const struct site *site;

	if (container == peers->model->host)
		return host_site;
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		if (network && cgroup->network && cgroup->network != network)
			return NO_SITE;
		network = network ?: cgroup->network;
	}
	if (!network)
		return container->alive && container->network == CONTAINER_NETWORK_HOST ? host_site : NO_SITE;
	site = container->network == CONTAINER_NETWORK_OWN ? find_site(peers, network) : NULL;
	return site ? (uint32_t)(site - peers->sites) : NO_SITE;
}

static uint32_t site_of(struct peers *peers, const struct container *container)
{
	if (peers->container != container) {
		peers->container = container;
		peers->site = look_for_site(peers, container);
	}
	return peers->site;
}

static struct route *find_route(const struct peers *peers, uint32_t from, uint32_t to, uint32_t port)
{
	const struct route_key key = { from, to, port };
	struct route *route;

	HASH_FIND(hh, peers->routes, &key, sizeof(key), route);
	return route;
}

static int add_route(struct peers *peers, uint32_t from, uint32_t to, uint32_t port,
		     const struct container *listener)
{
	struct route *route = find_route(peers, from, to, port);

	if (route) {
		if (route->listener != listener)
			route->listener = NULL;
		return 0;
	}
	route = calloc(1, sizeof(*route));
	if (!route)
		return -ENOMEM;
	route->key = (struct route_key){ from, to, port };
	route->listener = listener;
	HASH_ADD(hh, peers->routes, key, sizeof(route->key), route);
	if (HASH_HAS(route))
		return 0;
	free(route);
	return -ENOMEM;
}

/* What came to a container: from any site that has the address, as far as it alone tells. */
static int add_arrivals(struct peers *peers, const struct connection *connection, uint32_t site)
{
	const struct container *container = connection->container == peers->model->other ?
						    NULL :
						    connection->container;
	const uint8_t *address = connection->key.address;
	int error = 0;

	if (addresses_is_loopback(address))
		return add_route(peers, site, site, connection->key.port, container);
	for (const struct holding *holding = find_holding(peers, address); holding && !error;
	     holding = holding->next)
		error = add_route(peers, holding->site, site, connection->key.port, container);
	return error;
}

/* What went out, and came there: then the two sites reach each other. */
static int add_joint(struct peers *peers, const struct connection *connection, uint32_t site)
{
	int error = 0;

	for (const struct holding *holding = find_holding(peers, connection->key.address); holding && !error;
	     holding = holding->next) {
		if (holding->site == site || !find_route(peers, site, holding->site, connection->key.port))
			continue;
		error = add_route(peers, site, holding->site, 0, NULL);
		error = error ?: add_route(peers, holding->site, site, 0, NULL);
	}
	return error;
}

static int add_routes(struct peers *peers, bool outgoing)
{
	const struct connection *connection = NULL;
	int error = 0;

	while (!error && (connection = connection_next(peers->model, connection))) {
		uint32_t site = site_of(peers, connection->container);

		if (site == NO_SITE || connection_is_other(connection) ||
		    (connection->key.direction == OUT) != outgoing)
			continue;
		error = outgoing ? add_joint(peers, connection, site) : add_arrivals(peers, connection, site);
	}
	return error;
}

int peers_new(const struct model *model, struct peers **ret_peers)
{
	struct peers *peers = calloc(1, sizeof(*peers));
	int error;

	if (!peers)
		return -ENOMEM;
	peers->model = model;
	error = add_sites(peers);
	error = error ?: add_holdings(peers);
	error = error ?: add_routes(peers, false);
	error = error ?: add_routes(peers, true);
	if (error) {
		peers_free(peers);
		return error;
	}
	*ret_peers = peers;
	return 0;
}

void peers_free(struct peers *peers)
{
	struct route *route, *next;

	if (!peers)
		return;
	HASH_ITER(hh, peers->routes, route, next) {
		HASH_DEL(peers->routes, route);
		free(route);
	}
	HASH_CLEAR(hh, peers->by_address);
	HASH_CLEAR(hh, peers->by_network);
	free(peers->holdings);
	free(peers->sites);
	free(peers);
}

static bool reaches(const struct peers *peers, uint32_t from, uint32_t to)
{
	return (peers->sites[from].addresses->is_attached && peers->sites[to].addresses->is_attached) ||
	       find_route(peers, from, to, 0);
}

/* Where the address is, as seen from a site. */
static uint32_t find_address(const struct peers *peers, const uint8_t address[ADDRESS_SIZE], uint32_t from)
{
	const struct holding *first = find_holding(peers, address), *holding;
	uint32_t found = NO_SITE;

	if (addresses_is_loopback(address))
		return from;
	for (holding = first; holding; holding = holding->next)
		if (holding->site == from)
			return from;
	for (holding = first; holding; holding = holding->next) {
		if (!reaches(peers, from, holding->site))
			continue;
		if (found != NO_SITE)
			return NO_SITE;
		found = holding->site;
	}
	return found;
}

static void set_container(struct peer *peer, const struct model *model, const struct container *container)
{
	if (container == model->host) {
		peer->kind = PEER_HOST;
		return;
	}
	peer->kind = is_sandbox(container) ? PEER_POD : PEER_CONTAINER;
	peer->namespace = container->namespace;
	peer->pod = container->pod;
	peer->container = peer->kind == PEER_POD ? NULL : container->name;
}

static void set_site(struct peer *peer, const struct peers *peers, const struct site *site)
{
	if (site == &peers->sites[HOST_SITE]) {
		peer->kind = PEER_HOST;
		return;
	}
	if (!site->user || site->has_strangers)
		return;
	set_container(peer, peers->model, site->user);
	if (site->has_several) {
		peer->kind = PEER_POD;
		peer->container = NULL;
	}
}

static void look_up(struct peers *peers, const struct connection *connection)
{
	uint32_t from = site_of(peers, connection->container), to;
	const struct site *site;
	const struct route *route;

	if (from == NO_SITE || connection_is_other(connection))
		return;
	to = find_address(peers, connection->key.address, from);
	if (to == NO_SITE)
		return;
	site = &peers->sites[to];
	/* nothing came or went since this namespace began: the address was another's */
	if (site->network && site->network->since_ns > connection->active_ns + FOUND_NS)
		return;
	/* of those that share the address, the one where the connection was seen to arrive */
	route = connection->key.direction == OUT ? find_route(peers, from, to, connection->key.port) : NULL;
	if (route && route->listener)
		set_container(&peers->peer, peers->model, route->listener);
	else
		set_site(&peers->peer, peers, site);
}

const struct peer *peers_find(struct peers *peers, const struct connection *connection)
{
	if (peers->connection != connection) {
		peers->connection = connection;
		peers->peer = (struct peer){};
		look_up(peers, connection);
	}
	return &peers->peer;
}
