/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * HTTP requests to others (container runtimes, later Kubernetes and the receivers of pushed metrics), by libcurl inside the one
 * loop: nothing blocks. What comes back is bounded in size and time and is taken for hostile by whoever reads it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct transfers; /* all that are under way */
struct transfer;  /* one of them */

struct transfer_answer {
	int error; /* 0, or negative errno: no whole answer came (-ETIMEDOUT, -ECONNREFUSED, -EFBIG, -EPROTO, ...) */
	const char *reason;  /* libcurl's text of the error, "" without one */
	unsigned int status; /* of HTTP; 0 when none came */
	const char *body;    /* NUL-terminated after `size` bytes; what came so far on error */
	size_t size;
};

/* Called once, when the answer is whole or will never be; may begin other transfers. `transfer` ends with it. */
typedef void transfer_done(void *context, struct transfer *transfer, const struct transfer_answer *answer);
/* For streams: called with each piece; then nothing is kept and answer->body is empty. Negative errno ends the transfer. */
typedef int transfer_piece(void *context, const char *data, size_t size);

struct transfer_request {
	const char *url; /* http or https */
	const char *
		unix_socket; /* path to connect to instead of the URL's host; NULL: TCP, by a proxy of the environment if any */
	bool http2;    /* HTTP/2 without asking, as gRPC does, each on its own connection; else HTTP/1.1 */
	bool no_proxy; /* not even one that the environment names */
	bool gzip;     /* a packed answer is welcome; limit_bytes is of what comes out */
	const char *user, *password; /* basic authentication; NULL: none */
	const char *ca_file;         /* https: PEM, instead of the machine's own authorities; NULL: those */
	bool insecure;               /* https: whoever answers is believed */
	const char *const *headers;  /* "Name: value", ends with NULL; may be NULL */
	const void *body;            /* sent by POST; copied; NULL: GET */
	size_t body_size;
	size_t limit_bytes;    /* of the answer's body; 0: none (streams only) */
	uint64_t timeout_ns;   /* for all of it; 0: none (streams only) */
	transfer_piece *piece; /* NULL: the answer is collected */
	transfer_done *done;
	void *context;
};

/* 0 or negative errno. `loop` must live longer. */
int transfers_new(struct loop *loop, struct transfers **ret_transfers);
/* Ends all transfers without calling anybody. NULL is allowed. Before loop_free(). */
void transfers_free(struct transfers *transfers);
/* At most `count` connections at a time to one host over HTTP/1.1; further requests wait, within their time. */
void transfers_limit(struct transfers *transfers, unsigned int count);

/* Begins a request; all of `request` is copied. 0 or negative errno (then `done` is never called). `ret_transfer` may be NULL. */
int transfer_start(struct transfers *transfers, const struct transfer_request *request,
		   struct transfer **ret_transfer);
/* Ends it now, without calling `done`. */
void transfer_cancel(struct transfer *transfer);
/* Value of a header or trailer (case does not matter), the last of that name; NULL without one. In `done` only. */
const char *transfer_header(const struct transfer *transfer, const char *name);
