/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Answers without an end: server-sent events, one for each path of a stream at each tick.
 *
 * A stream goes back and forth between the two loops: when all of an event has been handed to the network it waits with the
 * handlers for the next tick, and comes back with it rendered. Who takes events slowly is not there at some ticks and has none of
 * them; nothing queues up. One whose user was taken from the web-config file, or has another password there, or that came by a
 * client certificate before the file changed, ends at the next tick. What several streams ask for is rendered once a tick, a few milliseconds in each turn of the loop.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/mailbox.h"
#include "http/http.h"

struct http_client;
struct http_stream_rendering;

/* Of all streams of a server. */
struct http_streams {
	struct mailbox wants; /* to the handlers: those who wait for a tick */
	struct mailbox feeds; /* and back */
	bool has_wants, has_feeds;
	atomic_uint count;
	atomic_size_t bytes; /* of renderings that are being sent */
	/* Of the loop of the handlers. */
	struct http_stream *waiting;
	struct http_stream_rendering *renderings; /* of this tick */
	uint64_t tick;
	int alarm; /* goes on with rendering in the next turn */
};

/* 0 or negative errno; http_stream_done() is due in both cases, when no connection is left. */
int http_stream_init(struct http *http);
void http_stream_done(struct http *http);

/* ---- by the thread of the connections ---- */

/* The client begins to be sent the stream, or has come to its end. */
void http_stream_begin(struct http *http, struct http_stream *stream, struct http_client *client);
void http_stream_end(struct http_stream *stream);
/* Of MHD_create_response_from_callback(); `cls` is the stream. */
ssize_t http_stream_read(void *cls, uint64_t position, char *data, size_t capacity);
