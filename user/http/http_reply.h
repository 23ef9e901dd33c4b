/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What is sent: headers, bodies, streams, refusals. Private to http*.c. */
#include "http/http_server.h"

#define JSON_TYPE "application/json"

/* Queues what the server says itself: a line of text or, on a route of JSON, the API's shape of an error. `text` needs no escaping. */
enum MHD_Result http_reply_text(struct MHD_Connection *connection, const struct web_state *state,
				unsigned int status, const char *text);
/* 400, and the connection is closed: where the request ends cannot be told. */
enum MHD_Result http_reply_malformed(struct MHD_Connection *connection);
/* As http_reply_text() for a refusal, which is counted. `state` may be NULL: no web-config file can be read. */
enum MHD_Result http_reply_refuse(struct http *http, struct MHD_Connection *connection,
				  const struct web_state *state, enum http_refusal reason);
/* Queues what the handler has put into client->reply. */
enum MHD_Result http_reply_send(struct http *http, struct MHD_Connection *connection,
				struct http_client *client, const struct web_state *state);
