/* SPDX-License-Identifier: Apache-2.0 */
/* One request: who may ask, what is asked, and what is sent. Where it must wait, for a password or a handler, the library's
 * connection is suspended and this is entered again. */
#include "http/http_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "http/http_encoding.h"
#include "http/http_file.h"
#include "http/http_headers.h"

#define CONTENT_POLICY "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define TEXT_TYPE "text/plain; charset=utf-8"
/* Different answers that are being sent at once; past it clients that take their time are shut, and others wait. */
#define BODIES_BYTES ((size_t)64 << 20)
#define BODIES_LEAST 2 /* however large they are */
#define STREAM_BLOCK ((size_t)32 << 10)
#define SMALL_BYTES 4096 /* of an answer that there is always room for, as the liveness probe's */

static void release_body(void *body)
{
	http_body_unref(body);
}

/* ---- what is sent ---- */

static void add_status_headers(struct MHD_Response *response, unsigned int status)
{
	switch (status) {
	case MHD_HTTP_METHOD_NOT_ALLOWED:
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
		break;
	case MHD_HTTP_UNAUTHORIZED:
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Basic");
		break;
	case MHD_HTTP_SERVICE_UNAVAILABLE:
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
		/* fall through */
	case MHD_HTTP_TOO_MANY_REQUESTS:
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
		break;
	}
}

static enum MHD_Result queue_response(struct MHD_Connection *connection, const struct web_state *state,
				      const struct http_reply *reply, struct MHD_Response *response)
{
	enum MHD_Result result;
	char age[16];

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	if (reply->cache)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, reply->cache);
	if (reply->age_s) {
		snprintf(age, sizeof(age), "%u", reply->age_s);
		MHD_add_response_header(response, MHD_HTTP_HEADER_AGE, age);
	}
	http_headers_add(response, state, CONTENT_POLICY);
	add_status_headers(response, reply->status);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

/* Takes over the reference to `body`. */
static enum MHD_Result queue_body(struct MHD_Connection *connection, const struct web_state *state,
				  const struct http_reply *reply, struct http_body *body, bool is_gzip)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		body->buffer.size, body->buffer.data, release_body, body);

	if (!response) {
		http_body_unref(body);
		return MHD_NO;
	}
	if (is_gzip)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	return queue_response(connection, state, reply, response);
}

static enum MHD_Result queue_text(struct MHD_Connection *connection, const struct web_state *state,
				  unsigned int status, const char *text)
{
	const struct http_reply reply = { .status = status, .content_type = TEXT_TYPE };
	struct http_body *body = http_body_new();

	if (body)
		buffer_add_string(&body->buffer, text);
	if (!body || body->buffer.failed) {
		http_body_unref(body);
		return MHD_NO; /* without memory for a line of text all that can be done is to close */
	}
	return queue_body(connection, state, &reply, body, false);
}

static enum MHD_Result refuse(struct http *http, struct MHD_Connection *connection,
			      const struct web_state *state, enum http_refusal reason)
{
	static const struct {
		unsigned int status;
		const char *text;
	} answers[HTTP_REFUSALS] = {
		[HTTP_REFUSED_CONNECTIONS] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too many connections\n" },
		[HTTP_REFUSED_RATE] = { MHD_HTTP_TOO_MANY_REQUESTS, "too many requests\n" },
		[HTTP_REFUSED_USER] = { MHD_HTTP_UNAUTHORIZED, "Unauthorized\n" },
		[HTTP_REFUSED_PASSWORDS] = { MHD_HTTP_SERVICE_UNAVAILABLE,
					     "too many passwords to compare\n" },
		[HTTP_REFUSED_CONFIG] = { MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "the web-config file is wrong; the log says what\n" },
		[HTTP_REFUSED_MEMORY] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too much is being sent\n" },
		[HTTP_REFUSED_STREAMS] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams\n" },
	};

	http->refused[reason]++;
	return queue_text(connection, state, answers[reason].status, answers[reason].text);
}

/* ---- memory of what is being sent ---- */

static void forget_body(struct http *http, struct http_client *client)
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
		forget_body(http, client);
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

/* Takes over the reference: it is the client's until the request has ended. False: there is no room, and it is let go. */
static bool hold_body(struct http *http, struct http_client *client, struct http_body *body)
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

static enum MHD_Result send_stream(struct http *http, struct MHD_Connection *connection,
				   struct http_client *client, const struct web_state *state)
{
	struct http_reply *reply = &client->reply;
	struct MHD_Response *response;

	/* The library would send the end of a body. */
	if (client->is_head) {
		struct http_body *empty = http_body_new();

		return empty ? queue_body(connection, state, reply, empty, false) : MHD_NO;
	}
	if (http->streams.count >= http->config.max_streams)
		return refuse(http, connection, state, HTTP_REFUSED_STREAMS);
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, http_stream_read,
						     reply->stream, NULL);
	if (!response)
		return MHD_NO;
	http_stream_begin(http, reply->stream, client);
	return queue_response(connection, state, reply, response);
}

static enum MHD_Result send_reply(struct http *http, struct MHD_Connection *connection,
				  struct http_client *client, const struct web_state *state)
{
	struct http_reply reply = client->reply;
	struct http_body *sent = reply.body;
	const char *accepted;

	if (reply.stream)
		return send_stream(http, connection, client, state);
	client->reply.body = NULL;
	if (!reply.body || reply.body->buffer.failed) {
		http_body_unref(reply.body);
		return queue_text(connection, state, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	}
	if (!hold_body(http, client, reply.body))
		return refuse(http, connection, state, HTTP_REFUSED_MEMORY);
	accepted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	if (http_encoding_takes_gzip(accepted))
		sent = http_body_gzip(reply.body) ?: reply.body;
	return queue_body(connection, state, &reply, http_body_ref(sent), sent != reply.body);
}

void http_answer_done(struct http *http, struct http_client *client)
{
	forget_body(http, client);
	http_stream_end(client->reply.stream);
	http_body_unref(client->reply.body);
	free(client->names);
	free(client->parameters);
	client->reply = (struct http_reply){};
	client->names = NULL;
	client->parameters = NULL;
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
		.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT),
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

	client->route = file ? NULL : find_route(http, path);
	if (!client->route && !file)
		return queue_text(connection, state, MHD_HTTP_NOT_FOUND, "not found\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return queue_text(connection, state, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "only GET and HEAD are served\n");
	if (file)
		return http_file_queue(connection, state, file);
	client->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (!read_request(connection, client, path))
		return client->is_malformed ?
			       queue_text(connection, state, MHD_HTTP_BAD_REQUEST, "too many parameters\n") :
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
			     const struct web_state *state, const char *path, const char *method)
{
	switch (check_user(http, connection, client, state)) {
	case WEB_ALLOWED:
		return ask_handler(http, connection, client, state, path, method);
	case WEB_LATER:
		suspend(connection, client, HTTP_STEP_PASSWORD);
		return MHD_YES;
	case WEB_BUSY:
		return refuse(http, connection, state, HTTP_REFUSED_PASSWORDS);
	case WEB_DENIED:
		break;
	}
	return refuse(http, connection, state, HTTP_REFUSED_USER);
}

static enum MHD_Result begin(struct http *http, struct MHD_Connection *connection, struct http_client *client,
			     const struct web_state *state, const char *path, const char *method)
{
	if (is_too_many(http, client, path))
		return refuse(http, connection, state, HTTP_REFUSED_CONNECTIONS);
	client->is_surplus &= http->clients.count >
			      http->clients.enough; /* served, it has the time of any other */
	if (client->is_malformed)
		return queue_text(connection, state, MHD_HTTP_BAD_REQUEST, "malformed URL\n");
	if (is_too_often(http, &state->config))
		return refuse(http, connection, state, HTTP_REFUSED_RATE);
	return admit(http, connection, client, state, path, method);
}

enum MHD_Result http_answer_give(struct http *http, struct MHD_Connection *connection, const char *path,
				 const char *method)
{
	struct http_client *client = http_server_client(connection);
	struct web_state *state;

	if (!client)
		return MHD_NO;
	state = http_server_refresh(http);
	if (!state) /* also when it went bad while this request waited */
		return refuse(http, connection, NULL, HTTP_REFUSED_CONFIG);
	switch (client->step) {
	case HTTP_STEP_NEW:
		return begin(http, connection, client, state, path, method);
	case HTTP_STEP_PASSWORD:
		/* What was right is remembered now, so this goes on, unless the users have changed meanwhile. */
		return client->ticket.is_allowed ? admit(http, connection, client, state, path, method) :
						   refuse(http, connection, state, HTTP_REFUSED_USER);
	case HTTP_STEP_HANDLER: /* not resumed before the reply */
	case HTTP_STEP_REPLY:
		break;
	}
	return send_reply(http, connection, client, state);
}
