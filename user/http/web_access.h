/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The web-config file and the certificates it names, as they are now: read again whenever asked. What cannot be read or is
 * wrong lets nobody in. */
#include <stdbool.h>

#include "base/message.h"
#include "http/web_config.h"
#include "http/web_tls.h"

struct web_access;

/* One reading of all files; kept by sessions that began with it. Not thread-safe. */
struct web_state {
	unsigned int refs;
	struct web_config config;
	struct web_tls *tls; /* NULL without TLS */
	unsigned char config_digest[32], pem_digest[32];
};
struct web_state *web_access_ref(struct web_state *state);
/* NULL is allowed. */
void web_access_unref(struct web_state *state);

/* `path` is copied; NULL: no file, so no TLS and no users. 0 or negative errno with a message. */
int web_access_new(const char *path, struct web_access **ret_access, const struct message *message);
/* NULL is allowed. */
void web_access_free(struct web_access *access);

/* Reads again what changed. NULL: nobody may come in. Turning TLS on or off is such an error: the sockets are what they
 * were made for. Not a reference. */
struct web_state *web_access_refresh(struct web_access *access);

/* What the last refresh found that the one before did not: a line for the log, once; NULL: nothing. */
const char *web_access_news(struct web_access *access, bool *ret_is_bad);
