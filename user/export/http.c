/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd without threads: its epoll descriptor is a source of our loop, one daemon per listening socket. */
#include "export/http.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/http_clients.h"
#include "export/listen.h"

#define CONNECTION_MEMORY ((size_t)16 << 10) /* a longer request is answered with 431 or 414 by the library */
#define CONTENT_POLICY "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define BUILT_IN 3

struct server {
	struct http *http;
	struct MHD_Daemon *daemon;
	int epoll_fd; /* of the library */
	uint16_t port;
};

struct route {
	struct http_route is;
	void *context;
};

struct http {
	struct http_config config;
	struct loop *loop;
	struct server *servers;
	size_t server_count;
	struct route *routes;
	size_t route_count;
	struct http_body *landing;
	struct http_clients clients;
	uint64_t refused;
	bool is_serving;
};

static void release_body(void *body)
{
	http_body_unref(body);
}

static struct http_body *text_body(const char *text)
{
	struct http_body *body = http_body_new();

	if (body)
		buffer_add_string(&body->buffer, text);
	return body;
}

/* Connections */

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = cls;
	struct http_client *client = NULL;

	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		http_clients_add(&server->http->clients, connection, &client);
	else
		http_clients_remove(&server->http->clients, *context);
	*context = client;
}

static struct http_client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void begin_phase(struct http *http, struct MHD_Connection *connection, bool is_busy)
{
	struct http_client *client = client_of(connection);

	if (client)
		http_clients_touch(&http->clients, client, is_busy);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct server *server = cls;

	(void)request;
	(void)code;
	begin_phase(server->http, connection, false);
}

/* Answers */

static enum MHD_Result queue_reply(struct MHD_Connection *connection, const struct http_reply *reply)
{
	struct http_body *body = reply->body;
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		body->buffer.size, body->buffer.data, release_body, body);
	enum MHD_Result result;

	if (!response) {
		http_body_unref(body);
		return MHD_NO;
	}
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy", CONTENT_POLICY);
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	}
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result queue_text(struct MHD_Connection *connection, unsigned int status, const char *text)
{
	struct http_reply reply = { status, "text/plain; charset=utf-8", text_body(text) };

	/* Without memory for a line of text all that can be done is to close. */
	return reply.body && !reply.body->buffer.failed ? queue_reply(connection, &reply) :
							  (http_body_unref(reply.body), MHD_NO);
}

static void answer_landing(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct http *http = context;

	(void)request;
	reply->body = http_body_ref(http->landing);
}

static void answer_healthz(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	(void)request;
	reply->body = text_body("ok\n");
}

static void answer_readyz(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct http *http = context;
	bool is_ready = !http->config.is_ready || http->config.is_ready(http->config.context);

	(void)request;
	reply->status = is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	reply->body = text_body(is_ready ? "ready\n" : "not ready\n");
}

static const struct http_route built_in[BUILT_IN] = {
	{ "/", answer_landing, "text/html; charset=utf-8", NULL },
	{ "/healthz", answer_healthz, "text/plain; charset=utf-8", "whether it runs" },
	{ "/readyz", answer_readyz, "text/plain; charset=utf-8", "whether it has something to serve" },
};

static const struct route *find_route(const struct http *http, const char *path)
{
	for (size_t i = 0; i < http->route_count; i++) {
		if (strcmp(http->routes[i].is.path, path) == 0)
			return &http->routes[i];
	}
	return NULL;
}

/* The liveness probe is answered whatever the load: too many scrapes are no reason to be restarted. */
static bool is_too_many(const struct http *http, const struct http_client *client, const struct route *route)
{
	if (route && route->is.handler == answer_healthz)
		return false;
	return !client || (client->is_surplus && http->clients.count > http->clients.enough);
}

static enum MHD_Result answer_request(struct http *http, struct MHD_Connection *connection, const char *path,
				      const char *method)
{
	const struct route *route = find_route(http, path);
	struct http_request request = { .path = path };
	struct http_reply reply = { .status = MHD_HTTP_OK };

	if (is_too_many(http, client_of(connection), route)) {
		http->refused++;
		return queue_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many connections\n");
	}
	if (!route)
		return queue_text(connection, MHD_HTTP_NOT_FOUND, "not found\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return queue_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are served\n");
	request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	reply.content_type = route->is.content_type;
	route->is.handler(route->context, &request, &reply);
	if (!reply.body || reply.body->buffer.failed) {
		http_body_unref(reply.body);
		return queue_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	}
	return queue_reply(connection, &reply);
}

/* Called first with the headers, then with each part of a body, then to answer. A body is read and dropped: closing
 * with unread bytes would reset the connection and may take the answer with it. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **request)
{
	struct server *server = cls;

	(void)version;
	(void)data;
	if (!*request) {
		*request = server;
		begin_phase(server->http, connection, true);
		return MHD_YES;
	}
	if (*data_size > 0) {
		*data_size = 0;
		return MHD_YES;
	}
	return answer_request(server->http, connection, path, method);
}

/* Loop */

static void run(struct server *server)
{
	struct http_clients *clients = &server->http->clients;

	clients->has_ended = false;
	MHD_run(server->daemon);
	/* At its limit the library stops listening, and it begins again only at the start of a run. */
	if (clients->has_ended)
		MHD_run(server->daemon);
}

static void on_ready(void *context)
{
	run(context);
}

int http_prepare(void *context)
{
	struct http *http = context;
	int wait_ms = -1;

	for (size_t i = 0; i < http->server_count; i++) {
		struct server *server = &http->servers[i];
		MHD_UNSIGNED_LONG_LONG timeout_ms;

		if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES && timeout_ms == 0)
			run(server);
		if (MHD_get_timeout(server->daemon, &timeout_ms) != MHD_YES)
			continue;
		if (timeout_ms > INT_MAX)
			timeout_ms = INT_MAX;
		if (wait_ms < 0 || (int)timeout_ms < wait_ms)
			wait_ms = (int)timeout_ms;
	}
	return wait_ms;
}

/* Begin and end */

static int start_server(struct http *http, const char *address, char *message, size_t message_size)
{
	struct server *server = &http->servers[http->server_count];
	const union MHD_DaemonInfo *info;
	int fd = listen_open(address, message, message_size);

	if (fd < 0)
		return fd;
	server->http = http;
	server->port = listen_port(fd);
	/* The socket is the library's from here on. */
	server->daemon =
		MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
				 fd, MHD_OPTION_CONNECTION_LIMIT, 2 * http->config.max_connections,
				 MHD_OPTION_PER_IP_CONNECTION_LIMIT, http->config.max_connections_per_address,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
				 MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
				 MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
	if (!server->daemon) {
		snprintf(message, message_size, "cannot serve HTTP on '%s'", address);
		return -ENOMEM;
	}
	http->server_count++;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->epoll_fd = info ? info->epoll_fd : -1;
	return loop_add_fd(http->loop, server->epoll_fd, on_ready, server);
}

static struct http_body *make_landing(const struct http *http)
{
	struct http_body *body = http_body_new();

	if (!body)
		return NULL;
	buffer_printf(
		&body->buffer,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n</head>\n"
		"<body>\n<h1>%s</h1>\n<p>%s</p>\n<p>Version %s</p>\n<ul>\n",
		http->config.name, http->config.name, http->config.description, http->config.version);
	for (size_t i = 0; i < http->route_count; i++) {
		const struct http_route *route = &http->routes[i].is;

		if (route->description)
			buffer_printf(&body->buffer, "<li><a href=\"%s\">%s</a>: %s</li>\n", route->path,
				      route->path, route->description);
	}
	buffer_add_string(&body->buffer, "</ul>\n</body>\n</html>\n");
	return body;
}

static int make_routes(struct http *http)
{
	http->routes = calloc(BUILT_IN + http->config.route_count, sizeof(*http->routes));
	if (!http->routes)
		return -ENOMEM;
	for (size_t i = 0; i < http->config.route_count; i++)
		http->routes[http->route_count++] = (struct route){ http->config.routes[i],
								    http->config.context };
	for (size_t i = 0; i < BUILT_IN; i++)
		http->routes[http->route_count++] = (struct route){ built_in[i], http };
	http->landing = make_landing(http);
	return http->landing && !http->landing->buffer.failed ? 0 : -ENOMEM;
}

CLEANUP_FREE(http)

int http_new(const struct http_config *config, struct loop *loop, struct http **ret_http, char *message,
	     size_t message_size)
{
	_cleanup_(cleanup_http) struct http *http = calloc(1, sizeof(*http));
	int error;

	snprintf(message, message_size, "cannot serve HTTP: out of memory or descriptors");
	if (!http)
		return -ENOMEM;
	http->config = *config;
	http->loop = loop;
	error = http_clients_init(&http->clients, loop, config->max_connections, config->timeout_s);
	if (error)
		return error;
	http->servers = calloc(config->address_count, sizeof(*http->servers));
	error = http->servers ? make_routes(http) : -ENOMEM;
	for (size_t i = 0; i < config->address_count && !error; i++)
		error = start_server(http, config->addresses[i], message, message_size);
	if (error)
		return error;
	loop_set_prepare(loop, http_prepare, http);
	http->is_serving = true;
	*ret_http = take_ptr(http);
	return 0;
}

void http_free(struct http *http)
{
	if (!http)
		return;
	if (http->is_serving)
		loop_set_prepare(http->loop, NULL, NULL);
	for (size_t i = 0; i < http->server_count; i++) {
		loop_remove_fd(http->loop, http->servers[i].epoll_fd);
		MHD_stop_daemon(http->servers[i].daemon);
	}
	http_clients_done(&http->clients);
	http_body_unref(http->landing);
	free(http->servers);
	free(http->routes);
	free(http);
}

uint16_t http_port(const struct http *http, size_t index)
{
	return index < http->server_count ? http->servers[index].port : 0;
}

unsigned int http_connections(const struct http *http)
{
	return http->clients.count;
}

uint64_t http_refused(const struct http *http)
{
	return http->refused;
}
