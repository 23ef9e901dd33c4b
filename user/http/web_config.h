/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The web-config file as data: TLS, users, headers, rate. Strict: what is unknown, or could not be kept to exactly, is an
 * error. No message holds a value of the file, only names of keys. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/message.h"

enum web_client_auth {
	WEB_CLIENT_NONE,
	WEB_CLIENT_REQUEST,
	WEB_CLIENT_REQUIRE_ANY,
	WEB_CLIENT_VERIFY_IF_GIVEN,
	WEB_CLIENT_REQUIRE_AND_VERIFY,
};

enum web_tls_version { WEB_TLS10, WEB_TLS11, WEB_TLS12, WEB_TLS13, WEB_TLS_VERSIONS };

#define WEB_CIPHERS_MAX 32
#define WEB_CURVES_MAX 8
#define WEB_HEADERS_MAX 8
#define WEB_TEXTS_MAX 256
#define WEB_USERS_MAX 1024

struct web_texts {
	char **items;
	size_t count;
};

struct web_ciphers { /* rows of the table, the preferred first */
	unsigned char rows[WEB_CIPHERS_MAX];
	size_t count;
};

struct web_curves { /* rows of the table, the preferred first */
	unsigned char rows[WEB_CURVES_MAX];
	size_t count;
};

struct web_headers {
	char *values[WEB_HEADERS_MAX]; /* by row of web_header_names; NULL: not set */
};

struct web_user {
	char *name;
	char *hash; /* of bcrypt, well-formed */
};

struct web_config {
	bool has_tls;
	char *cert_file, *key_file, *client_ca_file; /* as paths that can be opened; NULL: not given */
	char *cert, *key, *client_ca;                /* PEM; NULL: not given, or the file is */
	enum web_client_auth client_auth;
	struct web_texts client_allowed_sans;
	enum web_tls_version min_version, max_version;
	struct web_ciphers ciphers; /* none: the default */
	bool prefer_server_cipher_suites;
	struct web_curves curves; /* none: the default */
	bool http2;               /* accepted; HTTP/2 is not offered */
	struct web_headers headers;
	struct web_user *users;
	size_t user_count;
	uint64_t rate_interval_ns; /* 0: no limit */
	uint64_t rate_burst;
};

struct web_cipher {
	const char *name;
	const char *exchange; /* word of GnuTLS; NULL: TLS 1.3, which has no choice of it */
	const char *cipher;
};

struct web_curve {
	const char *name, *group;
};

extern const struct web_cipher web_ciphers[];
extern const size_t web_cipher_count;
extern const struct web_curve web_curves[];
extern const char *const web_header_names[];
extern const size_t web_header_count;

/* Reads the text of the file `name`; relative paths in it are relative to its directory. 0 or negative errno with a
 * message that names file and line; `config` is then empty. An empty file is valid: no TLS, no users. */
int web_config_parse(struct web_config *config, const char *name, const char *text, size_t size,
		     const struct message *message);
/* Frees what the struct owns, overwrites what is secret, empties it. */
void web_config_done(struct web_config *config);
/* Frees a text that may be secret; NULL is allowed. */
void web_config_forget(char *text);
