/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An answer's bytes, shared by all that are being sent. Filled by one thread before it is served, never after. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct http_body {
	atomic_uint refs;
	struct buffer buffer;
	atomic_size_t *account; /* from which its size is taken when it is freed; NULL: none */
	/* The rest is of the thread that sends. */
	struct http_body *gzip;
	bool is_compressed; /* tried, so that `gzip` is final */
	unsigned int senders;
	uint64_t since; /* http_clients.seconds when it began to be sent */
};

/* An empty body with one reference, or NULL. */
struct http_body *http_body_new(void);
struct http_body *http_body_ref(struct http_body *body);
/* NULL is allowed. Freed with the last reference, on whatever thread. */
void http_body_unref(struct http_body *body);
/* Its size, which is final, counts there as long as it lives. */
void http_body_account(struct http_body *body, atomic_size_t *account);
/* Empties it to be filled again; false: others still have it. */
bool http_body_reuse(struct http_body *body);

/* Compressed once for all; not a reference. NULL: not worth it, or no memory. Only by the thread that sends. */
struct http_body *http_body_gzip(struct http_body *body);
