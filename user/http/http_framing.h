/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Whether a request can be understood in one way only. Private to http*.c. */
#include <microhttpd.h>
#include <stdbool.h>

/* By its headers (RFC 9112, 3.2, 5.1, 6.1, 6.3): no name has a blank, HTTP/1.1 has one Host, and a body has one length, told by one
 * Content-Length or, in HTTP/1.1, by `Transfer-Encoding: chunked`. */
bool http_framing_is_clear(struct MHD_Connection *connection, const char *version);
