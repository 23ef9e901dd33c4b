/* SPDX-License-Identifier: Apache-2.0 */
/* Values of the web-config file: what each key of it may have behind it. */
#include "http/web_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/file.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct web_cipher web_ciphers[] = {
#define EXCHANGE_TLS13 NULL
#define EXCHANGE_ECDHE_ECDSA "ECDHE-ECDSA"
#define EXCHANGE_ECDHE_RSA "ECDHE-RSA"
#define EXCHANGE_RSA "RSA"
#define WEB_CIPHER(name, exchange, cipher) { name, EXCHANGE_##exchange, cipher },
#include "http/web_config.def"
#undef WEB_CIPHER
};
const size_t web_cipher_count = COUNT(web_ciphers);
_Static_assert(COUNT(web_ciphers) <= WEB_CIPHERS_MAX, "web_ciphers.rows");

const struct web_curve web_curves[] = {
#define WEB_CURVE(name, group) { name, group },
#include "http/web_config.def"
#undef WEB_CURVE
};
_Static_assert(COUNT(web_curves) <= WEB_CURVES_MAX, "web_curves.rows");

int web_value_no_memory(const struct reader *reader)
{
	return message_fail(reader->yaml.message, -ENOMEM, "out of memory");
}

static int read_scalar(struct reader *reader, const char *key, const char **ret_text)
{
	return yaml_reader_scalar(&reader->yaml, key, ret_text);
}

int web_value_find_word(const char *words, const char *text)
{
	size_t size = strlen(text);
	int index = 0;

	for (;; index++) {
		if (strncmp(words, text, size) == 0 && (words[size] == ',' || words[size] == '\0'))
			return index;
		words = strchr(words, ',');
		if (!words)
			return -1;
		words++;
	}
}

static int read_word(struct reader *reader, const char *key, const char *words, unsigned int *ret_index)
{
	const char *text;
	int error = read_scalar(reader, key, &text), index;

	if (error)
		return error;
	index = web_value_find_word(words, text);
	if (index < 0)
		return yaml_reader_fail(&reader->yaml, "'%s' is not one of %s", key, words);
	*ret_index = (unsigned int)index;
	return 0;
}

int web_value_text(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = read_scalar(reader, key, &text);

	if (error)
		return error;
	*(char **)member = strdup(text);
	return *(char **)member ? 0 : web_value_no_memory(reader);
}

/* Empty is as if it were not there, as in the other exporters. */
int web_value_pem(struct reader *reader, const char *key, void *member)
{
	int error = web_value_text(reader, key, member);

	if (error || **(char **)member)
		return error;
	free(*(char **)member);
	*(char **)member = NULL;
	return 0;
}

int web_value_path(struct reader *reader, const char *key, void *member)
{
	const char *slash = strrchr(reader->yaml.name, '/'), *text;
	int error = read_scalar(reader, key, &text);

	if (error)
		return error;
	if (*text == '\0') /* as a PEM */
		return 0;
	if (*text == '/' || !slash)
		*(char **)member = strdup(text);
	else if (asprintf((char **)member, "%.*s/%s", (int)(slash - reader->yaml.name), reader->yaml.name,
			  text) < 0)
		*(char **)member = NULL;
	return *(char **)member ? 0 : web_value_no_memory(reader);
}

int web_value_client_auth(struct reader *reader, const char *key, void *member)
{
	static const enum web_client_auth values[] = {
		WEB_CLIENT_NONE,        WEB_CLIENT_REQUEST,         WEB_CLIENT_REQUIRE_ANY,
		WEB_CLIENT_REQUIRE_ANY, WEB_CLIENT_VERIFY_IF_GIVEN, WEB_CLIENT_REQUIRE_AND_VERIFY
	};
	unsigned int index = 0;
	const char *text;
	int error = read_scalar(reader, key, &text);

	if (error || *text == '\0')
		return error;
	error = read_word(reader, key,
			  "NoClientCert,RequestClientCert,RequireAnyClientCert,RequireClientCert,"
			  "VerifyClientCertIfGiven,RequireAndVerifyClientCert",
			  &index);

	*(enum web_client_auth *)member = values[index];
	return error;
}

int web_value_version(struct reader *reader, const char *key, void *member)
{
	unsigned int index = 0;
	int error = read_word(reader, key, "TLS10,TLS11,TLS12,TLS13", &index);

	*(enum web_tls_version *)member = index;
	return error;
}

int web_value_flag(struct reader *reader, const char *key, void *member)
{
	unsigned int index = 0;
	int error = read_word(reader, key, "false,true", &index);

	*(bool *)member = index;
	return error;
}

int web_value_duration(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = read_scalar(reader, key, &text);

	if (!error && duration_parse(text, member))
		error = yaml_reader_fail(&reader->yaml, "'%s' is not a duration such as 100ms or 1m30s", key);
	return error;
}

int web_value_count(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = read_scalar(reader, key, &text);

	if (!error && (file_parse_u64(text, member) || !isdigit((unsigned char)text[strlen(text) - 1])))
		error = yaml_reader_fail(&reader->yaml, "'%s' is not a number", key);
	return error;
}

/* Calls `add` for each text of a list. */
static int read_list(struct reader *reader, const char *key, void *member, read_value *add)
{
	int error;

	if (reader->yaml.event.type != YAML_SEQUENCE_START_EVENT)
		return yaml_reader_fail(&reader->yaml, "'%s' is not a list", key);
	for (;;) {
		error = yaml_reader_next(&reader->yaml);
		if (error || reader->yaml.event.type == YAML_SEQUENCE_END_EVENT)
			return error;
		error = add(reader, key, member);
		if (error)
			return error;
	}
}

static int add_text(struct reader *reader, const char *key, void *member)
{
	struct web_texts *texts = member;
	const char *text;
	int error = yaml_reader_scalar(&reader->yaml, key, &text);
	char **items;

	if (error)
		return error;
	if (texts->count == WEB_TEXTS_MAX)
		return yaml_reader_fail(&reader->yaml, "'%s' has more than %d entries", key, WEB_TEXTS_MAX);
	items = reallocarray(texts->items, texts->count + 1, sizeof(*items));
	if (!items)
		return web_value_no_memory(reader);
	texts->items = items;
	items[texts->count] = strdup(text);
	return items[texts->count++] ? 0 : web_value_no_memory(reader);
}

static int add_cipher(struct reader *reader, const char *key, void *member)
{
	struct web_ciphers *ciphers = member;
	const char *text;
	int error = yaml_reader_scalar(&reader->yaml, key, &text);

	if (error)
		return error;
	for (unsigned char i = 0; i < COUNT(web_ciphers); i++) {
		if (strcmp(web_ciphers[i].name, text) != 0)
			continue;
		if (!memchr(ciphers->rows, i, ciphers->count))
			ciphers->rows[ciphers->count++] = i;
		return 0;
	}
	return yaml_reader_fail(&reader->yaml, "'%s' has a cipher suite that is not known", key);
}

static int add_curve(struct reader *reader, const char *key, void *member)
{
	struct web_curves *curves = member;
	const char *text;
	int error = yaml_reader_scalar(&reader->yaml, key, &text);

	if (error)
		return error;
	for (unsigned char i = 0; i < COUNT(web_curves); i++) {
		if (strcmp(web_curves[i].name, text) != 0)
			continue;
		if (memchr(curves->rows, i, curves->count))
			return yaml_reader_fail(&reader->yaml, "'%s' has a curve twice", key);
		curves->rows[curves->count++] = i;
		return 0;
	}
	return yaml_reader_fail(&reader->yaml,
				"'%s' has a curve that is not one of CurveP256, CurveP384, CurveP521, X25519",
				key);
}

/* A list of nobody lets nobody in, elsewhere; nobody means that. */
int web_value_texts(struct reader *reader, const char *key, void *member)
{
	int error = read_list(reader, key, member, add_text);

	if (!error && ((struct web_texts *)member)->count == 0)
		error = yaml_reader_fail(&reader->yaml, "'%s' is empty", key);
	return error;
}

int web_value_ciphers(struct reader *reader, const char *key, void *member)
{
	return read_list(reader, key, member, add_cipher);
}

int web_value_curves(struct reader *reader, const char *key, void *member)
{
	return read_list(reader, key, member, add_curve);
}
