/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * TCP connections by the other end: a row per container, direction, address and port, for the API and the page; on /metrics only
 * by option. The node's rows are those that no container could be given.
 *
 * Bounded: past limits.connections, past what the kernel keeps, and after the grace time without an open connection, a row's
 * numbers are those of the container's row `other` of that direction. So the sums over the rows of a container are never cut. When
 * the table is full and a container has more than its share (1 / CONNECTION_SHARE), its newest row makes room for one of who has less.
 */
#include "model/model.h"

#define CONNECTION_PEER_SIZE 46 /* INET6_ADDRSTRLEN */

struct connection_key {
	uint8_t address[16]; /* of the peer; IPv4 as ::ffff:a.b.c.d; all zero in row `other` */
	uint16_t
		port; /* of the service: the peer's of direction out, our own of direction in; 0 in row `other` */
	uint16_t direction; /* VALUE_INDEX(direction, OUT) or IN */
};

/* Counted since ktally began; also by connections that were there before. Bytes are payload that the peer acknowledged, and that was
 * received in order; of open connections those of a reading at most 10 s ago. */
struct connection {
	UT_hash_handle hh; /* in container->connections, by key */
	struct container *container;
	struct connection_key key;
	char peer[CONNECTION_PEER_SIZE]; /* the address as text, or "other" */
	uint64_t opened;
	uint64_t failed; /* asked for and never established */
	uint64_t open;   /* now */
	uint64_t sent_bytes, received_bytes;
	uint64_t retransmits; /* segments */
	uint64_t round_trip_ns,
		round_trips; /* smoothed ones of connections that ended, summed, and how many they are */
	uint64_t open_trip_ns,
		open_trips;   /* the same of those that are open, as they stood at the last reading */
	uint64_t duration_ns; /* of those that ended */
	uint64_t created_ns;  /* CLOCK_REALTIME */
	uint64_t active_ns;   /* CLOCK_MONOTONIC, when it was last seen open or growing */
};

/* All rows: those of the containers, then the node's. NULL gives the first, the last gives NULL. */
const struct connection *connection_next(const struct model *model, const struct connection *connection);
/* Mean round trip; 0 when none is known. */
uint64_t connection_round_trip_ns(const struct connection *connection);
/* Is it the sum of what the bounds folded? */
bool connection_is_other(const struct connection *connection);

/* The row, made at first sight, or `other` past the bound: whoever counts there counts what was folded. NULL when out of memory. It
 * may fold another row, whose connections it counts. */
struct connection *connection_get(struct model *model, struct container *container,
				  const struct connection_key *key, uint64_t realtime_ns);
/* Clears what is not summed (open, open_trip_ns, open_trips) of all rows: to be set anew. */
void connection_begin(struct model *model);
/* Folds rows that were not active for the grace time. */
void connection_expire(struct model *model, uint64_t now_ns);
/* All rows of `from` go on under `to`; all rows of a container that ends are freed. */
void connection_move(struct model *model, struct container *from, struct container *to);
void connection_forget(struct model *model, struct container *container);
