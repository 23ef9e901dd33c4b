/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_reply.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/http_encoding.h"
#include "http/http_headers.h"
#include "http/http_room.h"

#define CONTENT_POLICY "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define TEXT_TYPE "text/plain; charset=utf-8"
#define STREAM_BLOCK ((size_t)32 << 10)

static void release_body(void *body)
{
	http_body_unref(body);
}

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

enum MHD_Result http_reply_text(struct MHD_Connection *connection, const struct web_state *state,
				unsigned int status, const char *text)
{
	bool is_json = http_server_client(connection)->is_json;
	const struct http_reply reply = { .status = status, .content_type = is_json ? JSON_TYPE : TEXT_TYPE };
	struct http_body *body = http_body_new();

	if (body)
		buffer_printf(&body->buffer, is_json ? "{\"error\":\"%s\"}" : "%s\n", text);
	if (!body || body->buffer.failed) {
		http_body_unref(body);
		return MHD_NO; /* without memory for a line of text all that can be done is to close */
	}
	return queue_body(connection, state, &reply, body, false);
}

enum MHD_Result http_reply_malformed(struct MHD_Connection *connection)
{
	static const char text[] = "malformed request\n";
	struct MHD_Response *response = MHD_create_response_from_buffer(sizeof(text) - 1, (void *)text,
									MHD_RESPMEM_PERSISTENT);
	const struct http_reply reply = { .status = MHD_HTTP_BAD_REQUEST, .content_type = TEXT_TYPE };

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return queue_response(connection, NULL, &reply, response);
}

enum MHD_Result http_reply_refuse(struct http *http, struct MHD_Connection *connection,
				  const struct web_state *state, enum http_refusal reason)
{
	static const struct {
		unsigned int status;
		const char *text;
	} answers[HTTP_REFUSALS] = {
		[HTTP_REFUSED_CONNECTIONS] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too many connections" },
		[HTTP_REFUSED_RATE] = { MHD_HTTP_TOO_MANY_REQUESTS, "too many requests" },
		[HTTP_REFUSED_USER] = { MHD_HTTP_UNAUTHORIZED, "Unauthorized" },
		[HTTP_REFUSED_PASSWORDS] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too many passwords to compare" },
		[HTTP_REFUSED_CONFIG] = { MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "the web-config file is wrong; the log says what" },
		[HTTP_REFUSED_MEMORY] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too much is being sent" },
		[HTTP_REFUSED_STREAMS] = { MHD_HTTP_SERVICE_UNAVAILABLE, "too many streams" },
	};

	http->refused[reason]++;
	return http_reply_text(connection, state, answers[reason].status, answers[reason].text);
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
		return http_reply_refuse(http, connection, state, HTTP_REFUSED_STREAMS);
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, http_stream_read,
						     reply->stream, NULL);
	if (!response)
		return MHD_NO;
	http_stream_begin(http, reply->stream, client);
	return queue_response(connection, state, reply, response);
}

enum MHD_Result http_reply_send(struct http *http, struct MHD_Connection *connection,
				struct http_client *client, const struct web_state *state)
{
	struct http_reply reply = client->reply;
	struct http_body *sent = reply.body;
	_cleanup_(buffer_done) struct buffer list = {};
	const char *accepted;

	if (reply.stream)
		return send_stream(http, connection, client, state);
	client->reply.body = NULL;
	if (!reply.body || reply.body->buffer.failed) {
		http_body_unref(reply.body);
		return http_reply_text(connection, state, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	}
	if (!http_room_take(http, client, reply.body))
		return http_reply_refuse(http, connection, state, HTTP_REFUSED_MEMORY);
	accepted = http_headers_list(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, &list);
	if (http_encoding_takes_gzip(accepted))
		sent = http_body_gzip(reply.body) ?: reply.body;
	return queue_body(connection, state, &reply, http_body_ref(sent), sent != reply.body);
}
