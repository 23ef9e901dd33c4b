/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/connection.h"
#include "read/connections.h"

#define SECOND_NS 1000000000ULL
#define QUIET_NS (60 * SECOND_NS)
#define UNFOUND_NS \
	(5 * SECOND_NS) /* a hook that found the entry before its key was deleted has long done with it */
#define SURVEY_NS (10 * SECOND_NS)
#define FREE_RUN 64 /* entries are taken in order: so many unused ones in a row past the highest end a pass */

/* What was counted last, and since when. */
struct connection_last {
	uint64_t opened, failed, found, retransmits;
	uint64_t sent_bytes, received_bytes; /* as counted */
	uint64_t ended_sent_bytes,
		ended_received_bytes; /* of sockets that had ended when those that were there were asked */
	uint64_t trip_us, trips, duration_ns;
	uint64_t active_ns;    /* when it grew or was referred to */
	uint64_t forgotten_ns; /* when its key was deleted; 0 while it can be found */
	uint64_t grown;        /* sum of what is counted of it, to see that it did not */
};

struct connections {
	struct table *table;
	connections_survey *survey;
	void *context;
	struct connection_last *last; /* [connection_count] */
	uint32_t high;                /* entries from here on were never used */
	uint64_t count;
	uint64_t references;  /* sockets that were there in the last pass */
	uint64_t surveyed_ns; /* when they were asked */
};

int connections_new(struct table *table, connections_survey *survey, void *context,
		    struct connections **ret_connections)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (!connections)
		return -ENOMEM;
	connections->table = table;
	connections->survey = survey;
	connections->context = context;
	connections->high = CONNECTION_FIRST;
	connections->last = calloc(table->connection_count, sizeof(*connections->last));
	if (!connections->last) {
		connections_free(connections);
		return -ENOMEM;
	}
	*ret_connections = connections;
	return 0;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	free(connections->last);
	free(connections);
}

/* A copy in which nothing has ended that did not begin. */
static void take_copy(const struct connection_row *row, struct connection_row *ret_copy)
{
	uint64_t closed = __atomic_load_n(&row->closed, __ATOMIC_ACQUIRE);

	*ret_copy = *row;
	ret_copy->closed = closed;
}

static uint64_t grow(uint64_t *last, uint64_t value)
{
	uint64_t delta = value > *last ? value - *last : 0;

	*last += delta;
	return delta;
}

/*
 * What was moved at least: by those that ended; and by those that had ended when the others were asked, with what these said. A
 * socket that ended between is in one of the two sums and not twice in any.
 */
static uint64_t moved(uint64_t ended, uint64_t ended_before, uint64_t open)
{
	return ended > ended_before + open ? ended : ended_before + open;
}

/* What only grows. */
static void add_grown(const struct connection_row *now, struct connection_last *last, struct connection *to)
{
	to->opened += grow(&last->opened, now->opened);
	last->found = now->found;
	to->failed += grow(&last->failed, now->failed);
	to->retransmits += grow(&last->retransmits, now->retransmits);
	to->sent_bytes += grow(&last->sent_bytes,
			       moved(now->sent_bytes, last->ended_sent_bytes, now->open_sent_bytes));
	to->received_bytes +=
		grow(&last->received_bytes,
		     moved(now->received_bytes, last->ended_received_bytes, now->open_received_bytes));
	to->round_trip_ns += grow(&last->trip_us, now->trip_us) * 1000;
	to->round_trips += grow(&last->trips, now->trips);
	to->duration_ns += grow(&last->duration_ns, now->duration_ns);
}

static bool is_other(const struct connection_row_key *key)
{
	static const uint8_t none[sizeof(key->address)];

	return !key->port && !memcmp(key->address, none, sizeof(none));
}

/* The node for those of no cgroup, and of one that was forgotten: sockets may outlive it. */
static struct container *find_container(uint64_t cgroup_id, bool is_new, const struct thread_owner *owner)
{
	struct cgroup *cgroup = cgroup_id ? model_cgroup_find(owner->model, cgroup_id) : NULL;

	if (cgroup_id && !cgroup && is_new) {
		cgroup = owner->find_cgroup(owner->context, cgroup_id, 0);
		if (!cgroup)
			return NULL;
	}
	return cgroup ? cgroup->container : owner->model->node;
}

/* False when out of memory: then it is counted later. */
static bool add_row(const struct connection_row *now, struct connection_last *last,
		    const struct thread_owner *owner)
{
	struct container *container = find_container(now->key.cgroup_id, !last->grown, owner);
	struct connection_key key = { .port = now->key.port, .direction = now->key.direction };
	struct connection *connection;

	memcpy(key.address, now->key.address, sizeof(key.address));
	connection = container ? connection_get(owner->model, container, &key, owner->realtime_ns) : NULL;
	if (!connection)
		return false;
	if (connection_is_other(connection))
		owner->model->folded_connections += now->opened + now->failed + now->found - last->opened -
						    last->failed - last->found;
	add_grown(now, last, connection);
	connection->open += now->opened + now->found - now->closed;
	connection->open_trip_ns += now->open_trip_us * 1000;
	connection->open_trips += now->open_trips;
	connection->active_ns = owner->now_ns;
	return true;
}

/* Its cgroup has an entry less, unless its group is another's by now. */
static void leave_group(struct connections *connections, const struct connection_row_key *key,
			const struct model *model)
{
	const struct cgroup *cgroup = model_cgroup_find(model, key->cgroup_id);
	uint32_t group = cgroup ? cgroup->group : 0;

	if (is_other(key))
		return;
	if ((group || !key->cgroup_id) && group < connections->table->group_count &&
	    connections->table->groups[group].cgroup_id == key->cgroup_id)
		__atomic_fetch_sub(&connections->table->group_tcps[group].connections, 1, __ATOMIC_RELAXED);
}

/* First it is to be found no more, later it is nobody's. */
static void release(struct connections *connections, uint32_t number, const struct thread_owner *owner)
{
	struct connection_row *row = &connections->table->connections[number];
	struct connection_last *last = &connections->last[number];

	if (!last->forgotten_ns) {
		table_forget_connection(connections->table, &row->key);
		last->forgotten_ns = owner->now_ns;
		return;
	}
	if (owner->now_ns - last->forgotten_ns < UNFOUND_NS)
		return;
	leave_group(connections, &row->key, owner->model);
	memset(row, 0, sizeof(*row));
	memset(last, 0, sizeof(*last));
	table_give_connection(connections->table, number);
}

static void read_row(struct connections *connections, uint32_t number, const struct thread_owner *owner)
{
	struct connection_last *last = &connections->last[number];
	struct connection_row now;
	uint64_t grown;

	take_copy(&connections->table->connections[number], &now);
	grown = now.opened + now.failed + now.found + now.closed + now.retransmits + now.sent_bytes +
		now.received_bytes + now.open_sent_bytes + now.open_received_bytes;
	if (grown != last->grown || now.references) {
		last->active_ns = owner->now_ns;
		if (add_row(&now, last, owner))
			last->grown = grown;
	}
	connections->count += number != CONNECTION_REST;
	connections->references += now.references;
	if (number != CONNECTION_REST && owner->now_ns - last->active_ns >= QUIET_NS)
		release(connections, number, owner);
}

/* Asks all sockets that are there. The sums of those that ended are taken before. */
static void ask(struct connections *connections, uint64_t now_ns)
{
	connections->surveyed_ns = now_ns;
	for (uint32_t i = CONNECTION_REST; i < connections->high; i++) {
		struct connection_row *row = &connections->table->connections[i];
		struct connection_last *last = &connections->last[i];

		last->ended_sent_bytes = __atomic_load_n(&row->sent_bytes, __ATOMIC_RELAXED);
		last->ended_received_bytes = __atomic_load_n(&row->received_bytes, __ATOMIC_RELAXED);
		row->open_sent_bytes = row->open_received_bytes = 0;
		row->open_trip_us = row->open_trips = 0;
	}
	connections->survey(connections->context);
}

void connections_pass(struct connections *connections, const struct thread_owner *owner)
{
	const struct table *table = connections->table;
	uint32_t free_run = 0;

	if (connections->references && owner->now_ns - connections->surveyed_ns >= SURVEY_NS)
		ask(connections, owner->now_ns);
	connection_begin(owner->model);
	connections->count = connections->references = 0;
	for (uint32_t i = CONNECTION_REST;
	     i < table->connection_count && (i < connections->high || free_run < FREE_RUN); i++) {
		if (i != CONNECTION_REST &&
		    __atomic_load_n(&table->connections[i].state, __ATOMIC_ACQUIRE) != CONNECTION_LIVE) {
			free_run += i >= connections->high;
			continue;
		}
		free_run = 0;
		if (i >= connections->high)
			connections->high = i + 1;
		read_row(connections, i, owner);
	}
}

uint64_t connections_count(const struct connections *connections)
{
	return connections->count;
}
