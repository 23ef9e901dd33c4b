/* SPDX-License-Identifier: Apache-2.0 */
/* The library's own timeout counts from the last byte, so a client that sends or takes one byte a second would hold its
 * connection, and a whole exposition, for days. Here a phase as a whole has its time. */
#include "http/http_clients.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SURPLUS_TIMEOUT_S 1

static bool is_late(const struct http_clients *clients, const struct http_client *client)
{
	unsigned int timeout_s = client->is_surplus ? SURPLUS_TIMEOUT_S : clients->timeout_s;

	return !client->is_waiting && clients->seconds - client->since > timeout_s;
}

/* The other side has said that it will send nothing more. The library misses that when it came together with the last
 * bytes, because it waits for the next edge of epoll. */
static bool has_left(const struct http_client *client, int fd)
{
	char byte;

	return !client->is_busy && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int fd_of(const struct http_client *client)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(client->connection,
								       MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

void http_clients_shut(struct http_client *client)
{
	shutdown(fd_of(client), SHUT_RDWR);
	client->is_shut = true;
}

static void on_second(void *context)
{
	struct http_clients *clients = context;
	uint64_t expirations;

	if (read(clients->timer_fd, &expirations, sizeof(expirations)) != sizeof(expirations))
		return;
	clients->seconds += expirations;
	for (struct http_client *client = clients->list; client; client = client->next) {
		bool late = is_late(clients, client);

		if (client->is_shut || (!late && !has_left(client, fd_of(client))))
			continue;
		clients->late += late;
		http_clients_shut(client);
	}
}

int http_clients_init(struct http_clients *clients, struct loop *loop, unsigned int enough,
		      unsigned int timeout_s)
{
	*clients = (struct http_clients){ .enough = enough, .timeout_s = timeout_s, .loop = loop };
	clients->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (clients->timer_fd < 0)
		return -errno;
	return loop_add_fd(loop, clients->timer_fd, on_second, clients);
}

void http_clients_done(struct http_clients *clients)
{
	if (clients->timer_fd < 0)
		return;
	loop_remove_fd(clients->loop, clients->timer_fd);
	close(clients->timer_fd);
	clients->timer_fd = -1;
}

static void set_timer(struct http_clients *clients, bool on)
{
	struct itimerspec second = { .it_interval = { .tv_sec = on }, .it_value = { .tv_sec = on } };

	timerfd_settime(clients->timer_fd, 0, &second, NULL);
}

void http_clients_add(struct http_clients *clients, struct MHD_Connection *connection,
		      struct http_client **ret_client)
{
	struct http_client *client = calloc(1, sizeof(*client));

	if (clients->count++ == 0)
		set_timer(clients, true);
	*ret_client = client;
	if (!client)
		return;
	client->connection = connection;
	client->since = clients->seconds;
	client->is_surplus = clients->count > clients->enough;
	client->next = clients->list;
	client->link = &clients->list;
	if (client->next)
		client->next->link = &client->next;
	clients->list = client;
}

void http_clients_remove(struct http_clients *clients, struct http_client *client)
{
	clients->has_ended = true;
	if (--clients->count == 0)
		set_timer(clients, false);
	if (!client)
		return;
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	free(client);
}

void http_clients_touch(const struct http_clients *clients, struct http_client *client, bool is_busy)
{
	client->is_busy = is_busy;
	client->since = clients->seconds;
}
