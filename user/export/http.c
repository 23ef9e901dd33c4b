/* SPDX-License-Identifier: Apache-2.0 */
/* libmicrohttpd without threads of its own: its epoll descriptor is a source of a loop that runs here in one thread, one
 * daemon per listening socket. What a handler is asked for, and what it answers, crosses between the loops by mailboxes. */
#include "export/http.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "export/http_answer.h"
#include "export/http_page.h"
#include "export/http_server.h"
#include "export/http_url.h"
#include "export/listen.h"

#define CONNECTION_MEMORY ((size_t)16 << 10) /* a longer request is answered with 431 or 414 by the library */
#define HANDLERS_NS (5 * NS_PER_MS) /* for handlers in one turn of the loop; the last may take longer */
#define UNREAD_MAX 4                /* replies wait no longer than this queue: each may be large */

const char *const http_refusal_names[HTTP_REFUSALS] = {
	[HTTP_REFUSED_CONNECTIONS] = "connections",
	[HTTP_REFUSED_RATE] = "rate",
	[HTTP_REFUSED_USER] = "user",
	[HTTP_REFUSED_PASSWORDS] = "passwords",
	[HTTP_REFUSED_CONFIG] = "web_config",
	[HTTP_REFUSED_TIME] = "time",
	[HTTP_REFUSED_MEMORY] = "memory",
};

struct news {
	struct mail mail;
	bool is_bad;
	char text[];
};

/* ---- between the two loops ---- */

struct web_state *http_server_refresh(struct http *http)
{
	struct web_state *state = web_access_refresh(http->access);
	bool is_bad;
	const char *text = web_access_news(http->access, &is_bad);
	struct news *news = text ? malloc(sizeof(*news) + strlen(text) + 1) : NULL;

	if (news) {
		news->is_bad = is_bad;
		strcpy(news->text, text);
		mailbox_put(&http->news, &news->mail);
	}
	return state;
}

static void on_news(void *context)
{
	struct http *http = context;
	struct mail *mail;

	while ((mail = mailbox_take(&http->news))) {
		struct news *news = mail_of(mail, struct news, mail);

		if (http->config.on_news)
			http->config.on_news(http->config.context, news->is_bad, news->text);
		free(news);
	}
}

/* In the loop of the handlers: as many as fit into its turn. */
static void on_requests(void *context)
{
	struct http *http = context;
	uint64_t begin_ns = time_monotonic_ns();

	while (time_monotonic_ns() - begin_ns < HANDLERS_NS) {
		struct http_client *client;
		struct mail *mail;

		if (http->unread >= UNREAD_MAX) {
			mailbox_rest(&http->requests);
			if (http->unread >= UNREAD_MAX) /* else they were read meanwhile */
				return;
		}
		if (http->config.is_due && http->config.is_due(http->config.context)) {
			mailbox_rest(&http->requests);
			return;
		}
		mail = mailbox_take(&http->requests);
		if (!mail)
			return;
		client = mail_of(mail, struct http_client, ticket.mail);
		client->route->is.handler(client->route->context, &client->request, &client->reply);
		http->unread++;
		mailbox_put(&http->replies, mail);
	}
}

/* In the loop of the connections: what they waited for. */
static void on_replies(void *context)
{
	struct http *http = context;
	struct mail *mail;

	while ((mail = mailbox_take(&http->replies))) {
		struct http_client *client = mail_of(mail, struct http_client, ticket.mail);

		if (mail == &http->end) {
			loop_stop(http->loop);
			return;
		}
		if (client->step == HTTP_STEP_HANDLER) {
			client->step = HTTP_STEP_REPLY;
			if (http->unread-- == UNREAD_MAX)
				mailbox_wake(&http->requests);
		} else {
			web_auth_settle(http->auth, &client->ticket);
		}
		client->is_suspended = false;
		MHD_resume_connection(client->connection);
		http->has_resumed = true;
	}
}

/* ---- connections ---- */

struct http_client *http_server_client(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* Of a session that web_tls_apply() has not been called for: it has no certificate, and its handshake fails. */
static int on_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
			  const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
			  gnutls_pcert_st **pcert, unsigned int *pcert_count, gnutls_privkey_t *key)
{
	(void)session, (void)names, (void)name_count, (void)algorithms, (void)algorithm_count;
	(void)pcert, (void)pcert_count, (void)key;
	return -1;
}

static void begin_tls(struct http *http, struct http_client *client)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(client->connection,
								       MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct web_state *state = http_server_refresh(http);

	if (!state || !info) {
		http->refused[HTTP_REFUSED_CONFIG]++;
		return;
	}
	client->state = web_access_ref(state);
	web_tls_apply(state->tls, info->tls_session);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http *http = ((struct http_server *)cls)->http;
	struct http_client *client = *context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		http_clients_add(&http->clients, connection, &client);
		*context = client;
		if (client && http->has_tls)
			begin_tls(http, client);
		return;
	}
	*context = NULL;
	if (client)
		web_access_unref(client->state);
	http_clients_remove(&http->clients, client);
}

static void begin_phase(struct http *http, struct MHD_Connection *connection, bool is_busy)
{
	struct http_client *client = http_server_client(connection);

	if (!client)
		return;
	http_clients_touch(&http->clients, client, is_busy);
	if (!is_busy)
		http_answer_done(http, client);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode code)
{
	struct http_server *server = cls;

	(void)request;
	(void)code;
	begin_phase(server->http, connection, false);
}

/* For the path and each parameter. */
static size_t on_escaped(void *cls, struct MHD_Connection *connection, char *text)
{
	struct http_client *client = http_server_client(connection);
	bool is_valid;
	size_t size = http_url_decode(text, &is_valid);

	(void)cls;
	if (client && !is_valid)
		client->is_malformed = true;
	return size;
}

/* Called first with the headers, then with each part of a body, then to answer. A body is read and dropped: closing
 * with unread bytes would reset the connection and may take the answer with it. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *data,
				  size_t *data_size, void **request)
{
	struct http_server *server = cls;

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
	return http_answer_give(server->http, connection, path, method);
}

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
	struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)on_certificate },
					{ MHD_OPTION_END, 0, NULL } };
	int fd = listen_open(address, message, message_size);

	if (fd < 0)
		return fd;
	server->http = http;
	server->port = listen_port(fd);
	http->is_exposed |= !listen_is_loopback(fd);
	/* The socket is the library's from here on. */
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
					  fd, MHD_OPTION_CONNECTION_LIMIT, 2 * http->config.max_connections,
					  MHD_OPTION_PER_IP_CONNECTION_LIMIT,
					  http->config.max_connections_per_address,
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
					  MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
					  MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
					  MHD_OPTION_UNESCAPE_CALLBACK, on_escaped, server, MHD_OPTION_ARRAY,
					  http->has_tls ? tls : &tls[1], MHD_OPTION_END);
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
		http->routes[http->route_count++] = (struct http_routed){ http->config.routes[i],
									  http->config.context };
	for (size_t i = 0; i < HTTP_PAGES; i++)
		http->routes[http->route_count++] = (struct http_routed){ http_pages[i], http };
	http->landing = http_page_new(http);
	return http->landing && !http->landing->buffer.failed ? 0 : -ENOMEM;
}

static int make_mailboxes(struct http *http)
{
	int error = mailbox_init(&http->requests);

	if (error)
		return error;
	http->has_requests = true;
	error = mailbox_init(&http->news);
	if (error)
		return error;
	http->has_news = true;
	error = mailbox_init(&http->replies);
	if (error)
		return error;
	http->has_replies = true;
	error = loop_add_fd(http->main, http->requests.fd, on_requests, http);
	error = error ?: loop_add_fd(http->main, http->news.fd, on_news, http);
	return error ?: loop_add_fd(http->loop, http->replies.fd, on_replies, http);
}

static int make_parts(struct http *http)
{
	int error = loop_new(&http->loop);

	error = error ?: make_mailboxes(http);
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

static void free_mailboxes(struct http *http)
{
	if (http->has_requests) {
		loop_remove_fd(http->main, http->requests.fd);
		mailbox_done(&http->requests);
	}
	if (http->has_news) {
		on_news(http);
		loop_remove_fd(http->main, http->news.fd);
		mailbox_done(&http->news);
	}
	if (http->has_replies)
		mailbox_done(&http->replies);
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
	free_mailboxes(http);
	loop_free(http->loop);
	web_access_free(http->access);
	http_body_unref(http->landing);
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

void http_wake(struct http *http)
{
	mailbox_wake(&http->requests);
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
