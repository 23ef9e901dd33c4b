/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Addresses of HTTP services, as a person writes them. */
#include <stdbool.h>

#include "base/message.h"

/* "host:1", "http://host:1/", "https://host/below" to what paths can be put behind: with a scheme, without a slash at the end.
 * *ret_url is malloc'd, *ret_is_local says whether the host is this machine by a loopback address. What holds a user, a query
 * or another scheme is refused. 0, or negative errno with one line in `message`, which never shows a password. */
int url_parse_base(const char *text, char **ret_url, bool *ret_is_local, const struct message *message);
