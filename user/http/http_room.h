/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Memory of what is being sent: it has a bound, and clients that take their time are shut for others. Private to http*.c; http_room()
 * is in http.h. */
#include "http/http_server.h"

/* Takes over the reference: it is the client's until the request has ended. False: there is no room, and it is let go. */
bool http_room_take(struct http *http, struct http_client *client, struct http_body *body);
/* Lets it go again; nothing where the client has none. */
void http_room_leave(struct http *http, struct http_client *client);
