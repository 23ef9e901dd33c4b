/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_room.h"

/* Different answers that are being sent at once; past it clients that take their time are shut, and others wait. */
#define BODIES_BYTES ((size_t)64 << 20)
#define BODIES_LEAST 2   /* however large they are */
#define SMALL_BYTES 4096 /* of an answer that there is always room for, as the liveness probe's */

void http_room_leave(struct http *http, struct http_client *client)
{
	if (!client->body)
		return;
	if (--client->body->senders == 0) {
		http->bodies_bytes -= client->body->buffer.size;
		http->bodies_count--;
	}
	http_body_unref(client->body);
	client->body = NULL;
}

/* Shuts those who are being sent the oldest, if they have had half of their time; false: they have not. */
static bool shut_oldest(struct http *http)
{
	struct http_clients *clients = &http->clients;
	const struct http_body *oldest = NULL;

	for (const struct http_client *client = clients->list; client; client = client->next) {
		if (client->body && (!oldest || client->body->since < oldest->since))
			oldest = client->body;
	}
	if (!oldest || clients->seconds - oldest->since <= clients->timeout_s / 2)
		return false;
	for (struct http_client *client = clients->list; client; client = client->next) {
		if (client->body != oldest)
			continue;
		http_room_leave(http, client);
		http_clients_shut(client);
		http->refused[HTTP_REFUSED_MEMORY]++;
	}
	return true;
}

enum http_room http_room(const struct http *http, size_t size)
{
	size_t bytes = http->bodies_bytes + size;

	if (size <= SMALL_BYTES || bytes <= BODIES_BYTES / 2)
		return HTTP_ROOM_ENOUGH;
	return bytes <= BODIES_BYTES || http->bodies_count < BODIES_LEAST ? HTTP_ROOM_SCARCE : HTTP_ROOM_NONE;
}

bool http_room_take(struct http *http, struct http_client *client, struct http_body *body)
{
	while (body->senders == 0 && http_room(http, body->buffer.size) == HTTP_ROOM_NONE) {
		if (!shut_oldest(http)) {
			http_body_unref(body);
			return false;
		}
	}
	client->body = body;
	if (body->senders++ == 0) {
		body->since = http->clients.seconds;
		http->bodies_bytes += body->buffer.size;
		http->bodies_count++;
	}
	return true;
}
