/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The open connections: how long each has been in its phase (handshake or idle, sending a request, taking an answer), and how
 * far its request has come. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "http/http.h"
#include "http/web_auth.h"

struct MHD_Connection;
struct web_state;

enum http_step {
	HTTP_STEP_NEW,
	HTTP_STEP_PASSWORD, /* waits for the comparison */
	HTTP_STEP_HANDLER,  /* waits for the handler; its request and reply are the loop's meanwhile */
	HTTP_STEP_REPLY,    /* has the handler's reply */
};

struct http_client {
	struct http_client *next, **link; /* in http_clients.list */
	struct MHD_Connection *connection;
	struct web_state *state; /* that its TLS session began with; NULL: none */
	uint64_t since;          /* http_clients.seconds when its phase began */
	bool is_surplus;         /* came when there were enough */
	bool is_waiting;         /* with a stream for the next tick, however long that takes */
	bool is_busy;            /* a request has come and its answer has not been sent */
	bool is_shut;
	/* The current request. */
	bool is_malformed, is_suspended, is_head;
	bool is_json;               /* what is wrong is said in JSON, as the rest of its route */
	struct web_state *admitted; /* that let it in; NULL: nobody did yet */
	enum http_step step;
	struct web_ticket ticket; /* its mail takes the client from thread to thread */
	const struct http_route *route;
	const char **names;
	struct query_parameter *parameters;
	struct buffer accept; /* where the header came in parts */
	struct http_request request;
	struct http_reply reply;
	struct http_body *body; /* that is being sent; NULL: none that counts */
};

struct http_clients {
	struct http_client *list;
	atomic_uint count;
	unsigned int enough, timeout_s;
	uint64_t seconds; /* counted by the timer, which runs while there are connections */
	int timer_fd;
	bool has_ended;            /* a connection did, since it was last reset */
	atomic_uint_fast64_t late; /* connections shut for that */
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
/* Shuts the connection; the library sees the end and closes it. */
void http_clients_shut(struct http_client *client);
