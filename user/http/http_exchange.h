/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What crosses between the loop of the handlers and that of the connections, by mailboxes: requests there, replies back, news
 * of the web-config file. Private to http*.c. */
#include "http/http_server.h"

/* Makes the mailboxes and adds them to both loops. 0 or negative errno; http_exchange_done() is due in both cases. */
int http_exchange_init(struct http *http);
/* When the thread of the connections has ended. */
void http_exchange_done(struct http *http);
