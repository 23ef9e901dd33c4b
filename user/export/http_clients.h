/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The open connections and how long each has been in its phase: idle, sending a request, taking an answer. */
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct MHD_Connection;

struct http_client {
	struct http_client *next, **link; /* in http_clients.list */
	struct MHD_Connection *connection;
	uint64_t since;  /* http_clients.seconds when its phase began */
	bool is_surplus; /* came when there were enough */
	bool is_busy;    /* a request has come and its answer has not been sent */
	bool is_shut;
};

struct http_clients {
	struct http_client *list;
	unsigned int count, enough;
	unsigned int timeout_s;
	uint64_t seconds; /* counted by the timer, which runs while there are connections */
	int timer_fd;
	bool has_ended; /* a connection did, since it was last reset */
	struct loop *loop;
};

/* Past `enough` connections new ones are surplus. 0 or negative errno; http_clients_done() is due in both cases. */
int http_clients_init(struct http_clients *clients, struct loop *loop, unsigned int enough,
		      unsigned int timeout_s);
/* When all connections have ended. */
void http_clients_done(struct http_clients *clients);

/* A connection began; *ret_client is NULL when out of memory: it counts but cannot be timed. */
void http_clients_add(struct http_clients *clients, struct MHD_Connection *connection,
		      struct http_client **ret_client);
/* It ended; `client` may be NULL. */
void http_clients_remove(struct http_clients *clients, struct http_client *client);

/* A phase begins: with `is_busy` a request was received, without it was answered. */
void http_clients_touch(const struct http_clients *clients, struct http_client *client, bool is_busy);
