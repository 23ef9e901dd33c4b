/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd without threads of its own: its epoll descriptor is a source of a loop that runs here in one thread, one
 * daemon per listening socket. What a handler is asked for, and what it answers, crosses between the loops by mailboxes. */
#include "http/http.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/http_connection.h"
#include "http/http_exchange.h"
#include "http/http_page.h"
#include "http/http_server.h"
#include "http/listen.h"

#define CONNECTION_MEMORY ((size_t)16 << 10) /* a longer request is answered with 431 or 414 by the library */

const char *const http_refusal_names[HTTP_REFUSALS] = {
	[HTTP_REFUSED_CONNECTIONS] = "connections",
	[HTTP_REFUSED_RATE] = "rate",
	[HTTP_REFUSED_USER] = "user",
	[HTTP_REFUSED_PASSWORDS] = "passwords",
	[HTTP_REFUSED_CONFIG] = "web_config",
	[HTTP_REFUSED_TIME] = "time",
	[HTTP_REFUSED_MEMORY] = "memory",
	[HTTP_REFUSED_STREAMS] = "streams",
};

/* ---- loop ---- */

static void run_server(void *context)
{
	struct http_server *server = context;
	struct http_clients *clients = &server->http->clients;

	clients->has_ended = false;
	MHD_run(server->daemon);
	/* At its limit the library stops listening, and it begins again only at the start of a run. */
	if (clients->has_ended)
		MHD_run(server->daemon);
}

/* Before each wait; the longest time to wait in milliseconds. */
static int prepare(void *context)
{
	struct http *http = context;
	int wait_ms = -1;

	for (size_t i = 0; i < http->server_count; i++) {
		struct http_server *server = &http->servers[i];
		MHD_UNSIGNED_LONG_LONG timeout_ms;

		/* The library does not see by itself that a connection was resumed. */
		if (http->has_resumed ||
		    (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0))
			run_server(server);
		if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
			continue;
		if (timeout_ms > INT_MAX)
			timeout_ms = INT_MAX;
		if (wait_ms < 0 || (int)timeout_ms < wait_ms)
			wait_ms = (int)timeout_ms;
	}
	http->has_resumed = false;
	return wait_ms;
}

static void *serve(void *context)
{
	struct http *http = context;

	loop_run(http->loop);
	return NULL;
}

/* ---- begin and end ---- */

static int start_server(struct http *http, const char *address, char *message, size_t message_size)
{
	struct http_server *server = &http->servers[http->server_count];
	const union MHD_DaemonInfo *info;
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (http->has_tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_CERT_CALLBACK, 0,
					  (void *)http_connection_certificate },
					{ MHD_OPTION_END, 0, NULL } };
	int fd = listen_open(address, message, message_size);

	if (fd < 0)
		return fd;
	server->http = http;
	server->port = listen_port(fd);
	http->is_exposed |= !listen_is_loopback(fd);
	/* The socket is the library's from here on. */
	server->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, http_connection_request, server,
				 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				 2 * http->config.max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
				 http->config.max_connections_per_address, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				 CONNECTION_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, http_connection_note,
				 server, MHD_OPTION_NOTIFY_COMPLETED, http_connection_completed, server,
				 MHD_OPTION_UNESCAPE_CALLBACK, http_connection_unescape, server,
				 MHD_OPTION_ARRAY, http->has_tls ? tls : &tls[1], MHD_OPTION_END);
	if (!server->daemon) {
		snprintf(message, message_size, "cannot serve HTTP on '%s'", address);
		return -ENOMEM;
	}
	http->server_count++;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->epoll_fd = info ? info->epoll_fd : -1;
	return loop_add_fd(http->loop, server->epoll_fd, run_server, server);
}

static int make_routes(struct http *http)
{
	http->routes = calloc(HTTP_PAGES + http->config.route_count, sizeof(*http->routes));
	if (!http->routes)
		return -ENOMEM;
	for (size_t i = 0; i < http->config.route_count; i++)
		http->routes[http->route_count++] = http->config.routes[i];
	for (size_t i = 0; i < HTTP_PAGES; i++) {
		http->routes[http->route_count] = http_pages[i];
		http->routes[http->route_count++].context = http;
	}
	return 0;
}

static int make_parts(struct http *http)
{
	int error = loop_new(&http->loop);

	error = error ?: http_exchange_init(http);
	error = error ?: http_stream_init(http);
	if (error)
		return error;
	http->has_clients = true;
	error = http_clients_init(&http->clients, http->loop, http->config.max_connections,
				  http->config.timeout_s);
	error = error ?: web_auth_new(&http->replies, &http->auth);
	error = error ?: make_routes(http);
	http->servers = calloc(http->config.address_count, sizeof(*http->servers));
	return error ?: http->servers ? error : -ENOMEM;
}

static int start_thread(struct http *http)
{
	sigset_t all, before;
	int error;

	loop_set_prepare(http->loop, prepare, http);
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = -pthread_create(&http->thread, NULL, serve, http);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	http->has_thread = error == 0;
	return error;
}

CLEANUP_FREE(http)

int http_new(const struct http_config *config, struct loop *loop, struct http **ret_http, char *message,
	     size_t message_size)
{
	_cleanup_(cleanup_http) struct http *http = calloc(1, sizeof(*http));
	const struct message line = { message, message_size };
	const struct web_state *state;
	const struct web_config *web;
	int error;

	if (!http)
		return message_fail(&line, -ENOMEM, "out of memory");
	http->config = *config;
	http->main = loop;
	error = web_access_new(config->web_config_file, &http->access, &line);
	if (error)
		return error;
	state = web_access_refresh(http->access);
	if (!state) /* wrong in between */
		return message_fail(&line, -EINVAL, "'%s' has just changed", config->web_config_file);
	web = &state->config;
	http->has_tls = web->has_tls;
	snprintf(message, message_size, "cannot serve HTTP: out of memory or descriptors");
	error = make_parts(http);
	for (size_t i = 0; i < config->address_count && !error; i++)
		error = start_server(http, config->addresses[i], message, message_size);
	http->is_open = http->is_exposed && web->user_count == 0 &&
			web->client_auth != WEB_CLIENT_REQUIRE_AND_VERIFY;
	error = error ?: start_thread(http);
	if (!error)
		*ret_http = take_ptr(http);
	return error;
}

static void end_connections(struct http *http)
{
	/* The library insists on it. Nobody answers any more, so they end with the daemon. */
	for (struct http_client *client = http->clients.list; client; client = client->next) {
		if (client->is_suspended)
			MHD_resume_connection(client->connection);
		client->is_suspended = false;
	}
	for (size_t i = 0; i < http->server_count; i++) {
		loop_remove_fd(http->loop, http->servers[i].epoll_fd);
		MHD_stop_daemon(http->servers[i].daemon);
	}
}

void http_free(struct http *http)
{
	if (!http)
		return;
	if (http->has_thread) {
		mailbox_put(&http->replies, &http->end);
		pthread_join(http->thread, NULL);
	}
	web_auth_free(http->auth);
	end_connections(http);
	if (http->has_clients)
		http_clients_done(&http->clients);
	http_stream_done(http);
	http_exchange_done(http);
	loop_free(http->loop);
	web_access_free(http->access);
	free(http->servers);
	free(http->routes);
	free(http);
}

/* ---- what others ask ---- */

uint16_t http_port(const struct http *http, size_t index)
{
	return index < http->server_count ? http->servers[index].port : 0;
}

bool http_has_tls(const struct http *http)
{
	return http->has_tls;
}

bool http_is_open(const struct http *http)
{
	return http->is_open;
}

unsigned int http_connections(const struct http *http)
{
	return http->clients.count;
}

uint64_t http_refused(const struct http *http, enum http_refusal reason)
{
	return reason == HTTP_REFUSED_TIME ? http->clients.late : http->refused[reason];
}
