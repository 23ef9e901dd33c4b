/* SPDX-License-Identifier: Apache-2.0 */
/* One request: who may ask, and what is asked. Where it must wait, for a password or a handler, the library's
 * connection is suspended and this is entered again. */
#include "http/http_answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "http/http_file.h"
#include "http/http_headers.h"
#include "http/http_reply.h"
#include "http/http_room.h"

void http_answer_done(struct http *http, struct http_client *client)
{
	http_room_leave(http, client);
	http_stream_end(client->reply.stream);
	http_body_unref(client->reply.body);
	web_access_unref(client->admitted);
	free(client->names);
	free(client->parameters);
	client->admitted = NULL;
	client->reply = (struct http_reply){};
	client->names = NULL;
	client->parameters = NULL;
	buffer_done(&client->accept);
	client->is_malformed = false;
	client->step = HTTP_STEP_NEW;
}

/* ---- what is asked ---- */

static const struct http_route *find_route(const struct http *http, const char *path)
{
	for (size_t i = 0; i < http->route_count; i++) {
		if (strcmp(http->routes[i].path, path) == 0)
			return &http->routes[i];
	}
	for (size_t i = 0; i < http->route_count; i++) {
		size_t size = strlen(http->routes[i].path);

		if (size > 1 && http->routes[i].path[size - 1] == '/' &&
		    strncmp(http->routes[i].path, path, size) == 0)
			return &http->routes[i];
	}
	return NULL;
}

static enum MHD_Result add_parameter(void *context, enum MHD_ValueKind kind, const char *key, size_t key_size,
				     const char *value, size_t value_size)
{
	struct http_client *client = context;
	struct http_request *request = &client->request;
	bool is_name = key_size == strlen("name[]") && memcmp(key, "name[]", key_size) == 0;

	(void)kind;
	value = value && strlen(value) == value_size ? value : "";
	if (request->query.count == QUERY_PARAMETERS_MAX ||
	    (is_name && request->name_count == HTTP_NAMES_MAX)) {
		client->is_malformed = true;
		return MHD_NO;
	}
	client->parameters[request->query.count++] = (struct query_parameter){ key, value };
	if (is_name)
		client->names[request->name_count++] = value;
	return MHD_YES;
}

/* Fills in client->request; false: out of memory, or too many parameters, which is_malformed says. */
static bool read_request(struct MHD_Connection *connection, struct http_client *client, const char *path)
{
	client->names = calloc(HTTP_NAMES_MAX, sizeof(*client->names));
	client->parameters = calloc(QUERY_PARAMETERS_MAX, sizeof(*client->parameters));
	if (!client->names || !client->parameters)
		return false;
	client->request = (struct http_request){
		.path = path,
		.accept = http_headers_list(connection, MHD_HTTP_HEADER_ACCEPT, &client->accept),
		.names = client->names,
		.query.parameters = client->parameters,
	};
	MHD_get_connection_values_n(connection, MHD_GET_ARGUMENT_KIND, add_parameter, client);
	return !client->is_malformed;
}

static void suspend(struct MHD_Connection *connection, struct http_client *client, enum http_step step)
{
	client->step = step;
	client->is_suspended = true;
	MHD_suspend_connection(connection);
}

static enum MHD_Result ask_handler(struct http *http, struct MHD_Connection *connection,
				   struct http_client *client, const struct web_state *state,
				   const char *path, const char *method)
{
	const struct web_file *file = http_file_find(&http->config, path);

	if (!client->route && !file)
		return http_reply_text(connection, state, MHD_HTTP_NOT_FOUND, "not found");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return http_reply_text(connection, state, MHD_HTTP_METHOD_NOT_ALLOWED,
				       "only GET and HEAD are served");
	if (file)
		return http_file_queue(connection, state, file);
	client->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (!read_request(connection, client, path))
		return client->is_malformed ? http_reply_text(connection, state, MHD_HTTP_BAD_REQUEST,
							      "too many parameters") :
					      MHD_NO;
	client->reply = (struct http_reply){ .status = MHD_HTTP_OK,
					     .content_type = client->route->content_type };
	suspend(connection, client, HTTP_STEP_HANDLER);
	mailbox_put(&http->requests, &client->ticket.mail);
	return MHD_YES;
}

/* ---- who may ask ---- */

/* The liveness probe is answered whatever the load: too many scrapes are no reason to be restarted. */
static bool is_too_many(const struct http *http, const struct http_client *client, const char *path)
{
	return strcmp(path, "/healthz") != 0 && client->is_surplus &&
	       http->clients.count > http->clients.enough;
}

/* A token each `interval`, at most `burst` of them: kept as the time at which the bucket would be full again. */
static bool is_too_often(struct http *http, const struct web_config *config)
{
	uint64_t now_ns = time_monotonic_ns(), full_ns;

	if (config->rate_interval_ns == 0)
		return false;
	if (__builtin_mul_overflow(config->rate_interval_ns, config->rate_burst - 1, &full_ns))
		full_ns = UINT64_MAX;
	if (http->next_request_ns < now_ns)
		http->next_request_ns = now_ns;
	if (http->next_request_ns - now_ns > full_ns)
		return true;
	if (__builtin_add_overflow(http->next_request_ns, config->rate_interval_ns, &http->next_request_ns))
		http->next_request_ns = UINT64_MAX;
	return false;
}

static enum web_verdict check_user(struct http *http, struct MHD_Connection *connection,
				   struct http_client *client, const struct web_state *state)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const char *header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_AUTHORIZATION);

	if (state->config.user_count == 0)
		return WEB_ALLOWED;
	return web_auth_check(http->auth, &state->config, header, info->client_addr, &client->ticket);
}

static enum MHD_Result admit(struct http *http, struct MHD_Connection *connection, struct http_client *client,
			     struct web_state *state, const char *path, const char *method)
{
	switch (check_user(http, connection, client, state)) {
	case WEB_ALLOWED:
		client->admitted = web_access_ref(state);
		return ask_handler(http, connection, client, state, path, method);
	case WEB_LATER:
		suspend(connection, client, HTTP_STEP_PASSWORD);
		return MHD_YES;
	case WEB_BUSY:
		return http_reply_refuse(http, connection, state, HTTP_REFUSED_PASSWORDS);
	case WEB_DENIED:
		break;
	}
	return http_reply_refuse(http, connection, state, HTTP_REFUSED_USER);
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, struct http_client *client,
			     struct web_state *state, const char *path, const char *method)
{
	if (is_too_many(http, client, path))
		return http_reply_refuse(http, connection, state, HTTP_REFUSED_CONNECTIONS);
	client->is_surplus &= http->clients.count >
			      http->clients.enough; /* served, it has the time of any other */
	if (client->is_malformed)
		return http_reply_text(connection, state, MHD_HTTP_BAD_REQUEST, "malformed URL");
	if (is_too_often(http, &state->config))
		return http_reply_refuse(http, connection, state, HTTP_REFUSED_RATE);
	return admit(http, connection, client, state, path, method);
}

bool http_answer_is_allowed(const struct http_client *client, const struct web_state *state)
{
	const struct web_state *before = client->admitted;
	const char *header = MHD_lookup_connection_value(client->connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_AUTHORIZATION);

	if (state == before)
		return true;
	if (state->config.client_auth != WEB_CLIENT_NONE || before->config.client_auth != WEB_CLIENT_NONE)
		return false; /* its certificate was looked at when the session began */
	return web_auth_holds(&before->config, &state->config, header);
}

enum MHD_Result http_answer_give(struct http *http, struct MHD_Connection *connection, const char *path,
				 const char *method)
{
	struct http_client *client = http_server_client(connection);
	struct web_state *state;

	if (!client)
		return MHD_NO;
	client->route = find_route(http, path);
	client->is_json = client->route && client->route->content_type &&
			  strcmp(client->route->content_type, JSON_TYPE) == 0;
	state = http_server_refresh(http);
	if (!state) /* also when it went bad while this request waited */
		return http_reply_refuse(http, connection, NULL, HTTP_REFUSED_CONFIG);
	switch (client->step) {
	case HTTP_STEP_NEW:
		return begin(http, connection, client, state, path, method);
	case HTTP_STEP_PASSWORD:
		/* What was right is remembered now, so this goes on, unless the users have changed meanwhile. */
		return client->ticket.is_allowed ?
			       admit(http, connection, client, state, path, method) :
			       http_reply_refuse(http, connection, state, HTTP_REFUSED_USER);
	case HTTP_STEP_HANDLER: /* not resumed before the reply */
	case HTTP_STEP_REPLY:
		break;
	}
	return http_reply_send(http, connection, client, state);
}
