/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Headers of requests that may come in parts, and those that every answer has. Private to http*.c. */
#include <microhttpd.h>

#include "base/buffer.h"
#include "http/web_access.h"

/* Adds those of the web-config file, and what is sent anyway where the file does not say otherwise; `policy` is the
 * Content-Security-Policy of this answer. `state` may be NULL: no file can be read. */
void http_headers_add(struct MHD_Response *response, const struct web_state *state, const char *policy);

/* The value of a header that is a list: several of one name are one list (RFC 9110, 5.3), put together in `storage`. NULL: there
 * is none. */
const char *http_headers_list(struct MHD_Connection *connection, const char *name, struct buffer *storage);
