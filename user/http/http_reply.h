/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What is sent: headers, bodies, streams, refusals. Private to http*.c. */
#include "http/http_server.h"

/* Queues a line of text, or the one of a refusal, which is counted; `state` may be NULL: no web-config file can be read. */
enum MHD_Result http_reply_text(struct MHD_Connection *connection, const struct web_state *state,
				unsigned int status, const char *text);
enum MHD_Result http_reply_refuse(struct http *http, struct MHD_Connection *connection,
				  const struct web_state *state, enum http_refusal reason);
/* Queues what the handler has put into client->reply. */
enum MHD_Result http_reply_send(struct http *http, struct MHD_Connection *connection,
				struct http_client *client, const struct web_state *state);
