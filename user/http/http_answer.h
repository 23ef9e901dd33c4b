/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One request from its headers to its answer. Private to http*.c. */
#include "http/http_server.h"

/* Called with the whole request, and again when what it waited for has come. */
enum MHD_Result http_answer_give(struct http *http, struct MHD_Connection *connection, const char *path,
				 const char *method);
/* Whether who was let in would still be, now that the web-config file says something else. */
bool http_answer_is_allowed(const struct http_client *client, const struct web_state *state);
/* The request has ended, one way or another. */
void http_answer_done(struct http *http, struct http_client *client);
