/* SPDX-License-Identifier: Apache-2.0 */
#include "http/web_config_check.h"

#include <stdlib.h>
#include <string.h>

#define BCRYPT_SIZE 60
#define BCRYPT_ALPHABET "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define BCRYPT_COST_MAX 14 /* 0.8 s for one password, which the end of ktally may have to wait for */

const char *web_config_check_user(const struct web_user *user)
{
	const char *hash = user->hash;
	int cost;

	if (strchr(user->name, ':'))
		return "a user name has a colon, with which nobody can log in";
	if (strlen(hash) != BCRYPT_SIZE ||
	    (strncmp(hash, "$2a$", 4) != 0 && strncmp(hash, "$2b$", 4) != 0 &&
	     strncmp(hash, "$2y$", 4) != 0) ||
	    strspn(hash + 4, "0123456789") != 2 || hash[6] != '$' ||
	    strspn(hash + 7, BCRYPT_ALPHABET) != BCRYPT_SIZE - 7)
		return "a password is not a bcrypt hash";
	cost = 10 * (hash[4] - '0') + hash[5] - '0';
	return cost < 4 || cost > BCRYPT_COST_MAX ? "the cost of a bcrypt hash is not from 4 to 14" : NULL;
}

/* GnuTLS is told key exchanges and ciphers apart and takes all pairs of them. A list that is not all pairs would let in
 * what is not on it. TLS 1.3 takes its ciphers from the same list. */
static const char *check_ciphers(const struct web_config *config)
{
	bool has_older = false, has_tls13 = false;

	for (size_t i = 0; i < web_cipher_count; i++) {
		const struct web_cipher *cipher = &web_ciphers[i];
		bool has_exchange = false, has_cipher = false, has_both = false;

		for (size_t j = 0; j < web_cipher_count && cipher->exchange; j++) {
			const struct web_cipher *other = &web_ciphers[j];
			bool same_exchange, same_cipher = strcmp(cipher->cipher, other->cipher) == 0;

			if (!memchr(config->ciphers.rows, (int)j, config->ciphers.count) || !other->exchange)
				continue;
			same_exchange = strcmp(cipher->exchange, other->exchange) == 0;
			has_exchange |= same_exchange;
			has_cipher |= same_cipher;
			has_both |= same_exchange && same_cipher;
		}
		has_older |= has_both;
		has_tls13 |= has_both && !strstr(cipher->cipher, "CBC");
		if (has_exchange && has_cipher && !has_both)
			return "'cipher_suites' must be all pairs of its key exchanges and ciphers: "
			       "less than that cannot be kept to";
	}
	if (config->ciphers.count > 0 && !has_older && config->max_version < WEB_TLS13)
		return "'cipher_suites' has only those of TLS 1.3, which 'max_version' excludes";
	if (has_older && !has_tls13 && config->max_version == WEB_TLS13)
		return "'cipher_suites' leaves no cipher for TLS 1.3: set max_version: TLS12, or add one with GCM or "
		       "POLY1305";
	return NULL;
}

static const char *check_tls(const struct web_config *config)
{
	bool has_cert = config->cert_file || config->cert, has_key = config->key_file || config->key;
	bool has_ca = config->client_ca_file || config->client_ca;
	bool verifies = config->client_auth == WEB_CLIENT_VERIFY_IF_GIVEN ||
			config->client_auth == WEB_CLIENT_REQUIRE_AND_VERIFY;

	if (!has_cert)
		return "tls_server_config has neither 'cert_file' nor 'cert'";
	if (!has_key)
		return "tls_server_config has neither 'key_file' nor 'key'";
	if (has_ca && config->client_auth == WEB_CLIENT_NONE)
		return "'client_ca' or 'client_ca_file' without a 'client_auth_type' that asks for certificates";
	if (verifies && !has_ca)
		return "'client_auth_type' verifies certificates, but there is no 'client_ca_file' to verify them with";
	if (config->client_allowed_sans.count > 0 && config->client_auth != WEB_CLIENT_REQUIRE_ANY &&
	    config->client_auth != WEB_CLIENT_REQUIRE_AND_VERIFY)
		return "'client_allowed_sans' without a 'client_auth_type' that requires certificates";
	if (config->min_version > config->max_version)
		return "'min_version' is above 'max_version'";
	return check_ciphers(config);
}

const char *web_config_check_all(struct web_config *config, const struct web_config_lines *lines,
				 unsigned long *ret_line)
{
	bool has_tls_keys = config->cert_file || config->cert || config->key_file || config->key ||
			    config->client_ca_file || config->client_ca || config->client_auth ||
			    config->client_allowed_sans.count || config->ciphers.count ||
			    config->curves.count || config->min_version != WEB_TLS12 ||
			    config->max_version != WEB_TLS13;

	config->has_tls = has_tls_keys;
	*ret_line = lines->rate;
	if (config->rate_interval_ns > 0 && config->rate_burst == 0)
		return "'rate_limit.burst' is 0: every request would be refused";
	*ret_line = lines->tls;
	return has_tls_keys ? check_tls(config) : NULL;
}

void web_config_forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void web_config_done(struct web_config *config)
{
	free(config->cert_file);
	free(config->key_file);
	free(config->client_ca_file);
	free(config->cert);
	web_config_forget(config->key);
	free(config->client_ca);
	for (size_t i = 0; i < config->client_allowed_sans.count; i++)
		free(config->client_allowed_sans.items[i]);
	free(config->client_allowed_sans.items);
	for (size_t i = 0; i < WEB_HEADERS_MAX; i++)
		free(config->headers.values[i]);
	for (size_t i = 0; i < config->user_count; i++) {
		free(config->users[i].name);
		web_config_forget(config->users[i].hash);
	}
	free(config->users);
	*config = (struct web_config){};
}
