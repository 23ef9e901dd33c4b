/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The HTTP server: sockets, limits and routes; what is served comes from callbacks. All on the thread of the loop.
 *
 * Served by itself: `/` (landing page with a link to each route), `/healthz`, `/readyz`. GET and HEAD; other methods are
 * 405, unknown paths 404. Past max_connections every request but /healthz is answered with 503; past twice that number
 * connections wait in the kernel until others end. No phase of a connection (idle, sending its request, taking its
 * answer) may last longer than the timeout; those past max_connections have a second.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/loop.h"

struct http;

/* An answer's bytes, shared by all that are being sent. Freed with the last reference. Not thread-safe. */
struct http_body {
	unsigned int refs;
	struct buffer buffer;
};

/* An empty body with one reference, or NULL. Fill it before it is served, never after. */
struct http_body *http_body_new(void);
struct http_body *http_body_ref(struct http_body *body);
/* NULL is allowed. */
void http_body_unref(struct http_body *body);

struct http_request {
	const char *path;
	const char *accept; /* value of the header `Accept`, NULL when there is none */
};

struct http_reply {
	unsigned int status;      /* 200 unless the handler says otherwise */
	const char *content_type; /* the route's unless the handler says otherwise; a constant */
	struct http_body *body;   /* a reference that the server takes over; NULL: 500 */
};

/* Called for GET and HEAD, also many times at once by the same client; must not block. */
typedef void http_handler(void *context, const struct http_request *request, struct http_reply *reply);

struct http_route {
	const char *path;
	http_handler *handler;
	const char *content_type;
	const char *description; /* for the landing page */
};

struct http_config {
	const char *const *addresses; /* see listen_open() */
	size_t address_count;
	unsigned int max_connections;
	unsigned int max_connections_per_address; /* 0: no limit; those past it are closed at once */
	unsigned int timeout_s;
	const char *name, *version, *description; /* for the landing page; our own texts, taken as HTML */
	const struct http_route *routes;
	size_t route_count;
	/* Whether there is something to serve; NULL: always. */
	bool (*is_ready)(void *context);
	void *context; /* of the handlers and is_ready */
};

/* Listens and serves in `loop`. `config` is copied, what it points to must stay. Sets the loop's prepare callback to
 * http_prepare(). 0 or negative errno; then `message` says what is wrong, fit to be logged as it is. */
int http_new(const struct http_config *config, struct loop *loop, struct http **ret_http, char *message,
	     size_t message_size);

/* Closes all connections, also those in the middle of an answer. NULL is allowed. Before loop_free(). */
void http_free(struct http *http);

/* To be called before each wait of the loop, by whoever replaces the prepare callback; `http` is a struct http *.
 * Returns the longest time to wait in milliseconds, -1 for no limit. */
int http_prepare(void *http);

/* The port of address `index`: what port 0 came to. */
uint16_t http_port(const struct http *http, size_t index);

/* Open connections, and requests answered with 503 for being too many. */
unsigned int http_connections(const struct http *http);
uint64_t http_refused(const struct http *http);
