/* SPDX-License-Identifier: Apache-2.0 */
#include "http/web_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

struct web_tls {
	const struct web_config *config;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
};

static const char *const version_words[WEB_TLS_VERSIONS] = { "TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3" };

/* Ciphers of TLS 1.2 and below in the order of the list, with the key exchanges they stand with; false: it has none of them. */
static bool add_listed_ciphers(struct buffer *text, const struct web_ciphers *ciphers)
{
	bool has_any = false;

	buffer_add_string(text, ":-KX-ALL:-CIPHER-ALL");
	for (size_t i = 0; i < ciphers->count; i++) {
		const struct web_cipher *cipher = &web_ciphers[ciphers->rows[i]];

		if (!cipher->exchange)
			continue;
		buffer_printf(text, ":+%s:+%s", cipher->exchange, cipher->cipher);
		has_any = true;
	}
	return has_any;
}

/* As a priority string of GnuTLS. The default are the suites that Go's default begins with: forward secret, with CBC only
 * for versions that have nothing else. */
static void write_priority(const struct web_config *config, struct buffer *text)
{
	enum web_tls_version min = config->min_version;

	buffer_add_string(text, "NORMAL:-VERS-ALL");
	if (config->ciphers.count == 0 || !add_listed_ciphers(text, &config->ciphers)) {
		if (config->ciphers.count > 0)
			min = WEB_TLS13;
		buffer_add_string(text,
				  ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
				  "+CHACHA20-POLY1305");
		if (min < WEB_TLS12)
			buffer_add_string(text, ":+AES-128-CBC:+AES-256-CBC");
	}
	for (unsigned int i = config->max_version + 1; i > min; i--)
		buffer_printf(text, ":+VERS-%s", version_words[i - 1]);
	if (config->curves.count > 0)
		buffer_add_string(text, ":-GROUP-ALL");
	for (size_t i = 0; i < config->curves.count; i++)
		buffer_printf(text, ":+GROUP-%s", web_curves[config->curves.rows[i]].group);
	if (config->prefer_server_cipher_suites)
		buffer_add_string(text, ":%SERVER_PRECEDENCE");
	buffer_add(text, "", 1);
}

static int make_priority(struct web_tls *tls, const struct message *message)
{
	struct buffer text = {};
	int error = 0, code;

	write_priority(tls->config, &text);
	if (text.failed) {
		error = message_fail(message, -ENOMEM, "out of memory");
	} else {
		code = gnutls_priority_init(&tls->priority, text.data, NULL);
		if (code < 0)
			error = message_fail(message, -EINVAL,
					     "the versions, ciphers and curves are not possible together: %s",
					     gnutls_strerror(code));
	}
	buffer_done(&text);
	return error;
}

static gnutls_datum_t datum_of(const struct web_pem *pem)
{
	return (gnutls_datum_t){ (unsigned char *)pem->data, (unsigned int)pem->size };
}

static int make_credentials(struct web_tls *tls, const struct web_pem *cert, const struct web_pem *key,
			    const struct web_pem *client_ca, const struct message *message)
{
	gnutls_datum_t cert_datum = datum_of(cert), key_datum = datum_of(key), ca_datum = datum_of(client_ca);
	int code = gnutls_certificate_allocate_credentials(&tls->credentials);

	if (code < 0)
		return message_fail(message, -ENOMEM, "out of memory");
	code = gnutls_certificate_set_x509_key_mem2(tls->credentials, &cert_datum, &key_datum,
						    GNUTLS_X509_FMT_PEM, NULL, 0);
	if (code < 0)
		return message_fail(message, -EINVAL, "cannot use certificate '%s' with key '%s': %s",
				    cert->name, key->name, gnutls_strerror(code));
	if (!client_ca->data)
		return 0;
	code = gnutls_certificate_set_x509_trust_mem(tls->credentials, &ca_datum, GNUTLS_X509_FMT_PEM);
	if (code <= 0)
		return message_fail(message, -EINVAL, "cannot use the client authorities of '%s': %s",
				    client_ca->name,
				    code < 0 ? gnutls_strerror(code) : "no certificate in it");
	return 0;
}

CLEANUP_FREE(web_tls)

int web_tls_new(const struct web_config *config, const struct web_pem *cert, const struct web_pem *key,
		const struct web_pem *client_ca, struct web_tls **ret_tls, const struct message *message)
{
	_cleanup_(cleanup_web_tls) struct web_tls *tls = calloc(1, sizeof(*tls));
	int error;

	if (!tls)
		return message_fail(message, -ENOMEM, "out of memory");
	tls->config = config;
	error = make_priority(tls, message);
	error = error ?: make_credentials(tls, cert, key, client_ca, message);
	if (error)
		return error;
	*ret_tls = take_ptr(tls);
	return 0;
}

void web_tls_free(struct web_tls *tls)
{
	if (!tls)
		return;
	if (tls->credentials)
		gnutls_certificate_free_credentials(tls->credentials);
	if (tls->priority)
		gnutls_priority_deinit(tls->priority);
	free(tls);
}

static bool is_allowed(const struct web_texts *allowed, const void *san, size_t size)
{
	for (size_t i = 0; i < allowed->count; i++) {
		if (strlen(allowed->items[i]) == size && memcmp(allowed->items[i], san, size) == 0)
			return true;
	}
	return false;
}

static bool is_allowed_san(const struct web_texts *allowed, unsigned int type, const gnutls_datum_t *san)
{
	char address[INET6_ADDRSTRLEN];

	if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI)
		return is_allowed(allowed, san->data, san->size);
	if (type != GNUTLS_SAN_IPADDRESS || (san->size != 4 && san->size != 16))
		return false;
	inet_ntop(san->size == 4 ? AF_INET : AF_INET6, san->data, address, sizeof(address));
	return is_allowed(allowed, address, strlen(address));
}

/* The extension is parsed once: asking for name after name would parse it as often as it has names. */
static bool has_allowed_san(const struct web_texts *allowed, gnutls_x509_crt_t certificate)
{
	gnutls_subject_alt_names_t names;
	gnutls_datum_t extension, san, other;
	unsigned int critical, type;
	bool found = false;

	if (gnutls_x509_crt_get_extension_by_oid2(certificate, "2.5.29.17", 0, &extension, &critical) < 0)
		return false;
	if (gnutls_subject_alt_names_init(&names) == 0) {
		if (gnutls_x509_ext_import_subject_alt_names(&extension, names, 0) == 0) {
			for (unsigned int i = 0;
			     !found && gnutls_subject_alt_names_get(names, i, &type, &san, &other) == 0; i++)
				found = is_allowed_san(allowed, type, &san);
		}
		gnutls_subject_alt_names_deinit(names);
	}
	gnutls_free(extension.data);
	return found;
}

static bool verify_sans(const struct web_tls *tls, const gnutls_datum_t *der)
{
	gnutls_x509_crt_t certificate;
	bool allowed;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return false;
	allowed = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) == 0 &&
		  has_allowed_san(&tls->config->client_allowed_sans, certificate);
	gnutls_x509_crt_deinit(certificate);
	return allowed;
}

/* Called also when the client sent no certificate. 0 lets it in. */
static int verify_client(gnutls_session_t session)
{
	const struct web_tls *tls = gnutls_session_get_ptr(session);
	enum web_client_auth auth = tls->config->client_auth;
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
					  .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned int status = 0, count = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);

	if (!chain || count == 0)
		return auth == WEB_CLIENT_REQUIRE_ANY || auth == WEB_CLIENT_REQUIRE_AND_VERIFY ? -1 : 0;
	if (auth == WEB_CLIENT_VERIFY_IF_GIVEN || auth == WEB_CLIENT_REQUIRE_AND_VERIFY) {
		if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0 || status != 0)
			return -1;
	}
	return tls->config->client_allowed_sans.count == 0 || verify_sans(tls, &chain[0]) ? 0 : -1;
}

int web_tls_apply(struct web_tls *tls, struct gnutls_session_int *session)
{
	static const gnutls_certificate_request_t requests[] = {
		[WEB_CLIENT_NONE] = GNUTLS_CERT_IGNORE,
		[WEB_CLIENT_REQUEST] = GNUTLS_CERT_REQUEST,
		[WEB_CLIENT_REQUIRE_ANY] = GNUTLS_CERT_REQUIRE,
		[WEB_CLIENT_VERIFY_IF_GIVEN] = GNUTLS_CERT_REQUEST,
		[WEB_CLIENT_REQUIRE_AND_VERIFY] = GNUTLS_CERT_REQUIRE,
	};

	/* The HTTP library keeps a pointer here that it needs for pre-shared keys only. */
	gnutls_session_set_ptr(session, tls);
	gnutls_session_set_verify_function(session, verify_client);
	gnutls_certificate_server_set_request(session, requests[tls->config->client_auth]);
	if (gnutls_priority_set(session, tls->priority) < 0 ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0)
		return -ENOMEM;
	return 0;
}
