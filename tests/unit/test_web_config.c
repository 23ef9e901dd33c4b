/* SPDX-License-Identifier: Apache-2.0 */
/* The web-config file: each key as Prometheus exporters take it; what is wrong names file and line and repeats no secret. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http/web_auth.h"
#include "http/web_config.h"

#define HASH "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
#define TLS "tls_server_config:\n  cert_file: c\n  key_file: k\n"

static char line[500];
static struct web_config config;

static int parse_as(const char *name, const char *text)
{
	const struct message message = { line, sizeof(line) };

	line[0] = '\0';
	return web_config_parse(&config, name, text, strlen(text), &message);
}

static void allow(const char *text)
{
	cr_assert_eq(parse_as("web.yml", text), 0, "%s\n%s", text, line);
}

static void refuse(const char *text, const char *expected)
{
	cr_assert_eq(parse_as("web.yml", text), -EINVAL, "%s", text);
	cr_assert_str_eq(line, expected, "%s: %s", text, line);
	cr_assert_null(config.users);
	cr_assert_null(config.cert_file);
}

Test(web_config, nothing_in_it_is_no_tls_and_no_users)
{
	static const char *const empty[] = {
		"", "# all of it commented out\n", "{}",
		"tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n",
		"tls_server_config: {}\nbasic_auth_users: {}\n"
	};

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		allow(empty[i]);
		cr_assert(!config.has_tls && config.user_count == 0 && config.rate_interval_ns == 0);
		cr_assert(config.min_version == WEB_TLS12 && config.max_version == WEB_TLS13);
		cr_assert(config.prefer_server_cipher_suites && config.http2);
		web_config_done(&config);
	}
}

Test(web_config, every_key_is_read)
{
	allow("tls_server_config:\n  cert_file: server.pem\n  key_file: /etc/key.pem\n  client_ca_file: ../ca.pem\n"
	      "  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [a.example, 192.0.2.1]\n"
	      "  min_version: TLS10\n  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "
	      "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]\n"
	      "  prefer_server_cipher_suites: false\n  curve_preferences: [X25519, CurveP256]\n"
	      "http_server_config:\n  http2: false\n  headers:\n    Strict-Transport-Security: max-age=1\n"
	      "    X-Frame-Options: sameorigin\n    X-Content-Type-Options: nosniff\n"
	      "    X-XSS-Protection: '1'\n    Content-Security-Policy: ''\n"
	      "basic_auth_users:\n  alice: " HASH "\n  'b ob': '" HASH "'\n"
	      "rate_limit:\n  interval: 1m30s\n  burst: 7\n");
	cr_assert(config.has_tls);
	cr_assert_str_eq(config.cert_file, "server.pem");
	cr_assert_str_eq(config.key_file, "/etc/key.pem");
	cr_assert_eq(config.client_auth, WEB_CLIENT_REQUIRE_AND_VERIFY);
	cr_assert_eq(config.client_allowed_sans.count, 2);
	cr_assert_str_eq(config.client_allowed_sans.items[1], "192.0.2.1");
	cr_assert(config.min_version == WEB_TLS10 && config.max_version == WEB_TLS12);
	cr_assert_eq(config.ciphers.count, 2);
	cr_assert_str_eq(web_ciphers[config.ciphers.rows[0]].name, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
	cr_assert(!config.prefer_server_cipher_suites && !config.http2);
	cr_assert_eq(config.curves.count, 2);
	cr_assert_str_eq(web_curves[config.curves.rows[0]].name, "X25519");
	for (size_t i = 0; i < web_header_count; i++)
		cr_assert_not_null(config.headers.values[i], "%s", web_header_names[i]);
	cr_assert_eq(config.user_count, 2);
	cr_assert_str_eq(config.users[1].name, "b ob");
	cr_assert_str_eq(config.users[1].hash, HASH);
	cr_assert_eq(config.rate_interval_ns, 90000000000);
	cr_assert_eq(config.rate_burst, 7);
	web_config_done(&config);
}

Test(web_config, files_are_relative_to_it_and_win_over_text_in_place)
{
	cr_assert_eq(parse_as("/etc/ktally/web.yml", "tls_server_config:\n  cert_file: a/c.pem\n  cert: PEM\n"
						     "  key: |\n    two\n    lines\n  key_file: ''\n"),
		     0, "%s", line);
	cr_assert_str_eq(config.cert_file, "/etc/ktally/a/c.pem");
	cr_assert_null(config.cert);
	cr_assert_null(config.key_file);
	cr_assert_str_eq(config.key, "two\nlines\n");
	web_config_done(&config);
}

Test(web_config, a_key_without_a_value_is_as_if_it_were_not_there)
{
	allow("tls_server_config:\n  cert_file:\n  cert: ''\n  key: ~\n  client_ca: ''\n  client_auth_type: ''\n  min_version:\n"
	      "  cipher_suites:\n  client_allowed_sans:\nhttp_server_config:\n  http2:\n  headers:\nrate_limit:\n  interval: 0\n");
	cr_assert(!config.has_tls && config.http2 && config.min_version == WEB_TLS12);
	cr_assert(!config.cert && !config.key && !config.client_ca && config.client_auth == WEB_CLIENT_NONE);
	web_config_done(&config);
	refuse("basic_auth_users:\n  alice:\n", "web.yml:2: 'basic_auth_users' has no value");
}

Test(web_config, what_is_wrong_names_file_and_line)
{
	refuse("\nbasic_auth_user:\n", "web.yml:2: unknown key 'basic_auth_user'");
	refuse("tls_server_config:\n  cert_fil: x\n", "web.yml:2: unknown key 'tls_server_config.cert_fil'");
	refuse("http_server_config:\n  headers:\n    Server: x\n",
	       "web.yml:3: header 'Server' cannot be set");
	refuse("http_server_config: {headers: {x-frame-options: deny}}",
	       "web.yml:1: header 'x-frame-options' cannot be set");
	refuse("http_server_config: {headers: {X-Frame-Options: DENY}}",
	       "web.yml:1: header 'X-Frame-Options' is not one of deny,sameorigin");
	refuse("http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nSet-Cookie: b\"}}",
	       "web.yml:1: header 'X-XSS-Protection' has a control character");
	refuse("http_server_config: {http2: yes}", "web.yml:1: 'http2' is not one of false,true");
	refuse(TLS "  min_version: TLS9\n", "web.yml:4: 'min_version' is not one of TLS10,TLS11,TLS12,TLS13");
	refuse(TLS "  key_file: k\n", "web.yml:4: key 'tls_server_config.key_file' is given twice");
	refuse(TLS TLS, "web.yml:4: key 'tls_server_config' is given twice");
	refuse(TLS "  cert_file:\n    - x\n", "web.yml:4: key 'tls_server_config.cert_file' is given twice");
	refuse("tls_server_config: [x]", "web.yml:1: 'tls_server_config' is not a mapping of keys");
	refuse("- x", "web.yml:1: the settings are not a mapping of keys");
	refuse("basic_auth_users: &a {}\ntls_server_config: *a", "web.yml:2: aliases are not supported");
	refuse("basic_auth_users: !x {}", "web.yml:1: tags are not supported");
	refuse("{}\n---\n{}", "web.yml:2: more than one document");
	refuse("rate_limit:\n  interval: 1x",
	       "web.yml:2: 'interval' is not a duration such as 100ms or 1m30s");
	refuse("rate_limit:\n  burst: -1", "web.yml:2: 'burst' is not a number");
	refuse("rate_limit:\n  interval: 1s",
	       "web.yml:1: 'rate_limit.burst' is 0: every request would be refused");
}

Test(web_config, tls_that_could_not_be_kept_to_is_refused)
{
	static const char *const optional[] = { "RequestClientCert", "VerifyClientCertIfGiven" };
	char text[200];

	refuse("\ntls_server_config: {cert_file: c}",
	       "web.yml:2: tls_server_config has neither 'key_file' nor 'key'");
	refuse("tls_server_config: {min_version: TLS13}",
	       "web.yml:1: tls_server_config has neither 'cert_file' nor 'cert'");
	refuse("tls_server_config: {client_auth_type: RequireAnyClientCert}",
	       "web.yml:1: tls_server_config has neither 'cert_file' nor 'cert'");
	refuse(TLS "  client_ca_file: x",
	       "web.yml:1: 'client_ca' or 'client_ca_file' without a 'client_auth_type' that asks for certificates");
	refuse(TLS "  client_auth_type: VerifyClientCertIfGiven",
	       "web.yml:1: 'client_auth_type' verifies certificates, but there is no 'client_ca_file' to verify them with");
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		snprintf(text, sizeof(text),
			 TLS "  client_ca_file: x\n  client_allowed_sans: [x]\n  client_auth_type: %s",
			 optional[i]);
		refuse(text,
		       "web.yml:1: 'client_allowed_sans' without a 'client_auth_type' that requires certificates");
	}
	refuse(TLS "  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []",
	       "web.yml:5: 'client_allowed_sans' is empty");
	refuse(TLS "  max_version: TLS11", "web.yml:1: 'min_version' is above 'max_version'");
	refuse(TLS "  cipher_suites: [TLS_ECDHE_RSA_WITH_RC4_128_SHA]",
	       "web.yml:4: 'cipher_suites' has a cipher suite that is not known");
	refuse(TLS "  curve_preferences: [X25519MLKEM768]",
	       "web.yml:4: 'curve_preferences' has a curve that is not one of CurveP256, CurveP384, CurveP521, X25519");
	refuse(TLS
	       "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]",
	       "web.yml:1: 'cipher_suites' must be all pairs of its key exchanges and ciphers: less than that cannot be "
	       "kept to");
	refuse(TLS "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]",
	       "web.yml:1: 'cipher_suites' leaves no cipher for TLS 1.3: set max_version: TLS12, or add one with GCM or "
	       "POLY1305");
	refuse(TLS "  max_version: TLS12\n  cipher_suites: [TLS_AES_128_GCM_SHA256]",
	       "web.yml:1: 'cipher_suites' has only those of TLS 1.3, which 'max_version' excludes");
	allow(TLS "  cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]");
	web_config_done(&config);
	allow(TLS "  cipher_suites: [TLS_AES_128_GCM_SHA256]");
	web_config_done(&config);
	allow(TLS "  client_auth_type: RequireClientCert");
	cr_assert_eq(config.client_auth, WEB_CLIENT_REQUIRE_ANY);
	web_config_done(&config);
}

Test(web_config, passwords_are_bcrypt_and_never_repeated)
{
	static const char *const bad[] = { "hunter2",
					   "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
					   "$2y$10$tooshort",
					   "$2x$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi",
					   "$2y$1x$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi",
					   "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDe!i" };
	char text[200];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "basic_auth_users:\n  alice: '%s'\n", bad[i]);
		refuse(text, "web.yml:2: 'basic_auth_users': a password is not a bcrypt hash");
	}
	refuse("basic_auth_users: {a: $2y$03$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}",
	       "web.yml:1: 'basic_auth_users': the cost of a bcrypt hash is not from 4 to 14");
	refuse("basic_auth_users: {a: $2y$15$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi}",
	       "web.yml:1: 'basic_auth_users': the cost of a bcrypt hash is not from 4 to 14");
	refuse("basic_auth_users: {'a:b': " HASH "}",
	       "web.yml:1: 'basic_auth_users': a user name has a colon, with which nobody can log in");
	refuse("basic_auth_users:\n  a: " HASH "\n  a: " HASH,
	       "web.yml:3: 'basic_auth_users' has a user twice");
	/* half of a key, or a hash, that was indented wrongly */
	refuse("tls_server_config:\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/=: x\n",
	       "web.yml:2: unknown key '...'");
	refuse("$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ: x", "web.yml:1: unknown key '...'");
}

static const char *parse_header(const char *header)
{
	static char text[300], result[300];
	const char *user, *password;

	if (!web_auth_parse(header, text, sizeof(text), &user, &password))
		return "none";
	snprintf(result, sizeof(result), "%s|%s", user, password);
	return result;
}

Test(web_config, the_header_authorization_is_split)
{
	cr_assert_str_eq(parse_header("Basic YWxpY2U6c2VjcmV0"), "alice|secret");
	cr_assert_str_eq(parse_header("basic   YTpiOmM="), "a|b:c");
	cr_assert_str_eq(parse_header("Basic Og=="), "|");
	cr_assert_str_eq(parse_header("Basic YWxpY2U="), "none"); /* no colon */
	cr_assert_str_eq(parse_header("Basic YTpiAGM="), "none"); /* a NUL */
	cr_assert_str_eq(parse_header("Basic"), "none");
	cr_assert_str_eq(parse_header("Basic "), "none");
	cr_assert_str_eq(parse_header("Basic !!!!"), "none");
	cr_assert_str_eq(parse_header("Bearer YWxpY2U6c2VjcmV0"), "none");
	cr_assert_str_eq(parse_header(""), "none");
}
