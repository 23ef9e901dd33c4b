/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a TLS session needs, made from the web-config file: certificate, client authorities, versions, ciphers. */
#include <stddef.h>

#include "base/message.h"
#include "http/web_config.h"

struct gnutls_session_int;
struct web_tls;

struct web_pem {
	const char *data; /* NULL: not given */
	size_t size;
	const char *name; /* for messages */
};

/* `config` must stay as long as it. 0 or negative errno with a message, which never holds what is in the files. */
int web_tls_new(const struct web_config *config, const struct web_pem *cert, const struct web_pem *key,
		const struct web_pem *client_ca, struct web_tls **ret_tls, const struct message *message);
/* When no session uses it any more. NULL is allowed. */
void web_tls_free(struct web_tls *tls);

/* Prepares a server session before its handshake. 0 or negative errno; then the session has no certificate and fails. */
int web_tls_apply(struct web_tls *tls, struct gnutls_session_int *session);
