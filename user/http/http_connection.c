/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_connection.h"

#include "http/http_answer.h"
#include "http/http_framing.h"
#include "http/http_reply.h"
#include "http/http_url.h"

struct http_client *http_server_client(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection,
								       MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* Of a session that web_tls_apply() has not been called for: it has no certificate, and its handshake fails. */
int http_connection_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
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

void http_connection_note(void *cls, struct MHD_Connection *connection, void **context,
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

void http_connection_completed(void *cls, struct MHD_Connection *connection, void **request,
			       enum MHD_RequestTerminationCode code)
{
	struct http_server *server = cls;

	(void)request;
	(void)code;
	begin_phase(server->http, connection, false);
}

/* For the path and each parameter. */
size_t http_connection_unescape(void *cls, struct MHD_Connection *connection, char *text)
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
enum MHD_Result http_connection_request(void *cls, struct MHD_Connection *connection, const char *path,
					const char *method, const char *version, const char *data,
					size_t *data_size, void **request)
{
	struct http_server *server = cls;

	(void)data;
	if (!*request) {
		*request = server;
		begin_phase(server->http, connection, true);
		return http_framing_is_clear(connection, version) ? MHD_YES :
								    http_reply_malformed(connection);
	}
	if (*data_size > 0) {
		*data_size = 0;
		return MHD_YES;
	}
	return http_answer_give(server->http, connection, http_url_path(path), method);
}
