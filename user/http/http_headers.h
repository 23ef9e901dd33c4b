/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Headers that every answer has. Private to http*.c. */
#include <microhttpd.h>

#include "http/web_access.h"

/* Adds those of the web-config file, and what is sent anyway where the file does not say otherwise; `policy` is the
 * Content-Security-Policy of this answer. `state` may be NULL: no file can be read. */
void http_headers_add(struct MHD_Response *response, const struct web_state *state, const char *policy);
