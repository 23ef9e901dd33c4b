/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The HTTP server: sockets, TLS, limits, users and routes; what is served comes from callbacks.
 *
 * Connections are served by a thread of their own, so that neither a flood of clients nor TLS or compression holds up the
 * loop; handlers run in the loop, a few at a time. GET and HEAD; other methods are 405, unknown paths 404. Served by
 * itself: files (the page), `/healthz`, `/readyz`. Past max_connections every request but
 * /healthz is answered with 503; past twice that number connections wait in the kernel until others end. No phase of a
 * connection (handshake, idle, sending its request, taking its answer) may last longer than the timeout; those past
 * max_connections have a second. Answers are compressed for who accepts it.
 *
 * TLS, users, headers and rate come from the web-config file, which is read again for each connection and request; while
 * it is wrong nobody is let in.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "http/http_body.h"
#include "http/query.h"
#include "web/files.h"

struct http;

#define HTTP_NAMES_MAX 64

struct http_request {
	const char *path;
	const char *accept;       /* value of the header `Accept`, NULL when there is none */
	const char *const *names; /* of the parameters `name[]`, decoded; "" for one that is no text */
	size_t name_count;        /* at most HTTP_NAMES_MAX; 0: all is asked for */
	struct query query;       /* all parameters, decoded */
};

#define HTTP_STREAM_PATHS 8

struct http_stream;

/* What a stream sends at each tick: an event of this name, whose data is what config.render() makes of the path. */
struct http_stream_path {
	const char *event, *path;
};

struct http_reply {
	unsigned int status;        /* 200 unless the handler says otherwise */
	const char *content_type;   /* the route's unless the handler says otherwise; a constant */
	const char *cache;          /* value of the header Cache-Control, a constant; NULL: none */
	unsigned int age_s;         /* value of the header Age; 0: none */
	struct http_body *body;     /* a reference that the server takes over; NULL: 500 */
	struct http_stream *stream; /* instead of a body, also taken over: an answer that the client ends */
};

/* Called for GET and HEAD, in the loop; must not block. */
typedef void http_handler(void *context, const struct http_request *request, struct http_reply *reply);

struct http_route {
	const char *path; /* one that ends with a slash also has all below it, but `/` */
	http_handler *handler;
	const char *content_type;
	void *context; /* of the handler */
};

struct http_config {
	const char *const *addresses; /* see listen_open() */
	size_t address_count;
	unsigned int max_connections;
	unsigned int max_connections_per_address; /* 0: no limit; those past it are closed at once */
	unsigned int max_streams;                 /* those past it are answered with 503 */
	unsigned int timeout_s;
	const char *web_config_file;  /* NULL: none */
	const struct web_file *files; /* served as they are; they must stay */
	size_t file_count;
	const struct http_route *routes;
	size_t route_count;
	/* Whether there is something to serve; NULL: always. */
	bool (*is_ready)(void *context);
	/* Whether something in the loop is due so soon that no handler should begin before it; NULL: never. */
	bool (*is_due)(void *context);
	/* Something about the web-config file that belongs into the log; in the loop; NULL: nobody wants it. */
	void (*on_news)(void *context, bool is_bad, const char *text);
	void *context; /* of these callbacks */
	/* Appends the data of an event, without a newline; in the loop. NULL: no handler answers with a stream. */
	void (*render)(void *context, const char *path, struct buffer *out);
	void *render_context;
};

/* Requests that were not let through to a handler, by reason. */
enum http_refusal {
	HTTP_REFUSED_CONNECTIONS, /* 503: too many */
	HTTP_REFUSED_RATE,        /* 429 */
	HTTP_REFUSED_USER,        /* 401 */
	HTTP_REFUSED_PASSWORDS,   /* 503: too many to be compared */
	HTTP_REFUSED_CONFIG,      /* 500, or no handshake: the web-config file is wrong */
	HTTP_REFUSED_TIME,        /* connections shut for being late */
	HTTP_REFUSED_MEMORY,  /* 503, shut, or an event left out: too many different answers are being sent */
	HTTP_REFUSED_STREAMS, /* 503: too many */
	HTTP_REFUSALS
};
extern const char *const http_refusal_names[HTTP_REFUSALS];

/* Listens and serves; handlers are called in `loop`. `config` is copied, what it points to must stay. 0 or negative errno;
 * then `message` says what is wrong, fit to be logged as it is. */
int http_new(const struct http_config *config, struct loop *loop, struct http **ret_http, char *message,
	     size_t message_size);

/* Closes all connections, also those in the middle of an answer. NULL is allowed. Before loop_free(). */
void http_free(struct http *http);

/* The port of address `index`: what port 0 came to. */
uint16_t http_port(const struct http *http, size_t index);

/* Whether connections speak TLS. */
bool http_has_tls(const struct http *http);
/* Whether somebody on another machine can come in without being asked who they are. */
bool http_is_open(const struct http *http);

/* How much room there is for another answer of `size` bytes, beside those that are being sent. */
enum http_room {
	HTTP_ROOM_ENOUGH,
	HTTP_ROOM_SCARCE, /* the same answer should be given for longer */
	HTTP_ROOM_NONE,   /* only an answer that is being sent can be given to more */
};
enum http_room http_room(const struct http *http, size_t size);
/* To be called after each tick: is_due() is no longer so, and streams have news. */
void http_tick(struct http *http);

/* `paths` are copied; at most HTTP_STREAM_PATHS. NULL when out of memory. */
struct http_stream *http_stream_new(const struct http_stream_path *paths, size_t count);
/* One that was given to nobody. NULL is allowed. */
void http_stream_free(struct http_stream *stream);
/* How many there are. */
unsigned int http_streams(const struct http *http);

unsigned int http_connections(const struct http *http);
uint64_t http_refused(const struct http *http, enum http_refusal reason);
