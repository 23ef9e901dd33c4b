/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/connection.h"
#include "record_connection.h"

#define OTHER_NAME "other"

static bool is_other(const struct connection_key *key)
{
	static const struct connection_key other;

	return !key->port && !memcmp(key->address, other.address, sizeof(other.address));
}

bool connection_is_other(const struct connection *connection)
{
	return is_other(&connection->key);
}

uint64_t connection_round_trip_ns(const struct connection *connection)
{
	uint64_t count = connection->round_trips + connection->open_trips;

	return count ? (connection->round_trip_ns + connection->open_trip_ns) / count : 0;
}

static const struct connection *first_of(const struct model *model, const struct container *container)
{
	for (; container && container != model->node; container = container->hh.next)
		if (container->connections)
			return container->connections;
	return model->node->connections;
}

const struct connection *connection_next(const struct model *model, const struct connection *connection)
{
	if (!connection)
		return first_of(model, model->containers);
	if (connection->hh.next)
		return connection->hh.next;
	return connection->container == model->node ? NULL : first_of(model, connection->container->hh.next);
}

static void write_peer(struct connection *connection)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const uint8_t *address = connection->key.address;
	bool is_v4 = !memcmp(address, mapped, sizeof(mapped));

	if (connection_is_other(connection))
		snprintf(connection->peer, sizeof(connection->peer), OTHER_NAME);
	else
		inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address + sizeof(mapped) : address,
			  connection->peer, sizeof(connection->peer));
}

static struct connection *find(const struct container *container, const struct connection_key *key)
{
	struct connection *connection;

	HASH_FIND(hh, container->connections, key, sizeof(*key), connection);
	return connection;
}

/* False: out of memory. */
static bool enter(struct model *model, struct container *container, struct connection *connection)
{
	connection->container = container;
	HASH_ADD(hh, container->connections, key, sizeof(connection->key), connection);
	model->connection_rows += HASH_HAS(connection);
	return HASH_HAS(connection);
}

static struct connection *get(struct model *model, struct container *container,
			      const struct connection_key *key, uint64_t realtime_ns)
{
	struct connection *connection = find(container, key);

	if (connection)
		return connection;
	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return NULL;
	connection->key = *key;
	connection->created_ns = realtime_ns;
	write_peer(connection);
	if (!enter(model, container, connection)) {
		free(connection);
		return NULL;
	}
	model->connections += !connection_is_other(connection);
	return connection;
}

static void merge(struct connection *to, const struct connection *from)
{
	to->opened += from->opened;
	to->failed += from->failed;
	to->open += from->open;
	to->sent_bytes += from->sent_bytes;
	to->received_bytes += from->received_bytes;
	to->retransmits += from->retransmits;
	to->round_trip_ns += from->round_trip_ns;
	to->round_trips += from->round_trips;
	to->open_trip_ns += from->open_trip_ns;
	to->open_trips += from->open_trips;
	to->duration_ns += from->duration_ns;
	if (to->active_ns < from->active_ns)
		to->active_ns = from->active_ns;
}

static void leave(struct model *model, struct connection *connection)
{
	HASH_DEL(connection->container->connections, connection);
	model->connection_rows--;
	model->connections -= !connection_is_other(connection);
	free(connection);
}

/* Its numbers are those of the row `other` from now on. False: out of memory, and it stays. */
static bool fold(struct model *model, struct connection *connection)
{
	const struct connection_key key = { .direction = connection->key.direction };
	struct connection *other = get(model, connection->container, &key, connection->created_ns);

	if (!other)
		return false;
	merge(other, connection);
	leave(model, connection);
	return true;
}

/* The newest row of the container that had the most at the last reading, if it has more than its share and than who asks. */
static bool make_room(struct model *model, const struct container *container)
{
	struct container *most = model->most_connected;
	struct connection *connection;
	uint64_t count;

	if (!most || HASH_COUNT(most->connections) <= model->limits.connections / CONNECTION_SHARE ||
	    HASH_COUNT(most->connections) <= HASH_COUNT(container->connections) + 1)
		return false;
	connection = ELMT_FROM_HH(most->connections->hh.tbl, most->connections->hh.tbl->tail);
	while (connection && connection_is_other(connection))
		connection = connection->hh.prev;
	count = connection ? connection->opened + connection->failed : 0;
	if (!connection || !fold(model, connection))
		return false;
	model->folded_connections += count ?: 1;
	return true;
}

struct connection *connection_get(struct model *model, struct container *container,
				  const struct connection_key *key, uint64_t realtime_ns)
{
	const struct connection_key other = { .direction = key->direction };
	struct connection *connection = find(container, key);
	bool is_full = model->limits.connections && model->connections >= model->limits.connections;

	if (!connection && !is_other(key) && is_full && !make_room(model, container))
		key = &other;
	return connection ?: get(model, container, key, realtime_ns);
}

static void begin(struct model *model, struct container *container)
{
	struct connection *connection;

	for (connection = container->connections; connection; connection = connection->hh.next)
		connection->open = connection->open_trip_ns = connection->open_trips = 0;
	if (!model->most_connected ||
	    HASH_COUNT(container->connections) > HASH_COUNT(model->most_connected->connections))
		model->most_connected = container;
}

void connection_begin(struct model *model)
{
	model->most_connected = NULL;
	if (!model->connection_rows)
		return;
	for (struct container *container = model->containers; container; container = container->hh.next)
		begin(model, container);
	begin(model, model->node);
}

static void fold_idle(struct model *model, struct container *container, uint64_t now_ns)
{
	struct connection *connection, *next;

	HASH_ITER(hh, container->connections, connection, next)
		if (!connection_is_other(connection) && !connection->open &&
		    now_ns - connection->active_ns >= model->limits.grace_ns)
			fold(model, connection);
}

void connection_expire(struct model *model, uint64_t now_ns)
{
	if (!model->connection_rows)
		return;
	for (struct container *container = model->containers; container; container = container->hh.next)
		fold_idle(model, container, now_ns);
	fold_idle(model, model->node, now_ns);
}

void connection_move(struct model *model, struct container *from, struct container *to)
{
	struct connection *connection, *next;

	if (model->most_connected == from)
		model->most_connected = NULL;
	HASH_ITER(hh, from->connections, connection, next) {
		struct connection *there = find(to, &connection->key);

		if (there) {
			merge(there, connection);
			leave(model, connection);
			continue;
		}
		HASH_DEL(from->connections, connection);
		model->connection_rows--;
		if (enter(model, to, connection))
			continue;
		model->connections -= !connection_is_other(connection);
		model->folded_connections++;
		free(connection);
	}
}

void connection_forget(struct model *model, struct container *container)
{
	struct connection *connection, *next;

	if (!container)
		return;
	if (model->most_connected == container)
		model->most_connected = NULL;
	HASH_ITER(hh, container->connections, connection, next)
		leave(model, connection);
}
