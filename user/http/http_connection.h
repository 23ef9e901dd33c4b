/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The library's callbacks about one connection, in its thread; `cls` is the struct http_server. Private to http*.c. */
#include <gnutls/abstract.h>

#include "http/http_server.h"

/* A connection began or ended. */
void http_connection_note(void *cls, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code);
/* Once with the headers of a request, for each part of its body, then for the answer, and again after a wait. */
enum MHD_Result http_connection_request(void *cls, struct MHD_Connection *connection, const char *path,
					const char *method, const char *version, const char *data,
					size_t *data_size, void **request);
/* A request has ended, one way or another. */
void http_connection_completed(void *cls, struct MHD_Connection *connection, void **request,
			       enum MHD_RequestTerminationCode code);
/* Decodes the path and each parameter in place; the new size. */
size_t http_connection_unescape(void *cls, struct MHD_Connection *connection, char *text);
/* The certificate of a TLS session. */
int http_connection_certificate(gnutls_session_t session, const gnutls_datum_t *names, int name_count,
				const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
				gnutls_pcert_st **pcert, unsigned int *pcert_count, gnutls_privkey_t *key);
