/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of the web-config file. Every key is looked up before its value is read, so the depth is bounded by the table. */
#include "http/web_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/file.h"
#include "base/yaml.h"
#include "http/web_config_check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME_SIZE 64
#define KEYS 32

struct reader {
	struct yaml_reader yaml;
	struct web_config *config;
	struct web_config_lines lines;
	uint32_t keys_seen, sections_seen;
};

/* Reads the value behind `key` into the member. */
typedef int read_value(struct reader *reader, const char *key, void *member);

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
_Static_assert(COUNT(web_ciphers) <= 32, "a bit each in web_config.ciphers");

const struct web_curve web_curves[] = {
#define WEB_CURVE(name, group) { name, group },
#include "http/web_config.def"
#undef WEB_CURVE
};
_Static_assert(COUNT(web_curves) <= WEB_CURVES_MAX, "web_curves.rows");

#define WEB_HEADER(name, values) name,
const char *const web_header_names[] = {
#include "http/web_config.def"
};
#undef WEB_HEADER
#define WEB_HEADER(name, values) values,
static const char *const header_values[] = {
#include "http/web_config.def"
};
#undef WEB_HEADER
const size_t web_header_count = COUNT(web_header_names);
_Static_assert(COUNT(web_header_names) <= WEB_HEADERS_MAX, "web_headers.values");

/* What a message may say of a key: what is no word may be half of a secret that was indented wrongly. */
static const char *shown(const char *text)
{
	size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

	return size > 0 && size < 32 && text[size] == '\0' ? text : "...";
}

static int fail_memory(const struct reader *reader)
{
	return message_fail(reader->yaml.message, -ENOMEM, "out of memory");
}

static int next_scalar(struct reader *reader, const char *key, const char **ret_text)
{
	return yaml_reader_next(&reader->yaml) ?: yaml_reader_scalar(&reader->yaml, key, ret_text);
}

/* The index of `text` in the comma-separated `words`, or -1. */
static int find_word(const char *words, const char *text)
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
	int error = next_scalar(reader, key, &text), index;

	if (error)
		return error;
	index = find_word(words, text);
	if (index < 0)
		return yaml_reader_fail(&reader->yaml, "'%s' is not one of %s", key, words);
	*ret_index = (unsigned int)index;
	return 0;
}

static int read_text(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = next_scalar(reader, key, &text);

	if (error)
		return error;
	*(char **)member = strdup(text);
	return *(char **)member ? 0 : fail_memory(reader);
}

static int read_path(struct reader *reader, const char *key, void *member)
{
	const char *slash = strrchr(reader->yaml.name, '/'), *text;
	int error = next_scalar(reader, key, &text);

	if (error)
		return error;
	if (*text == '\0') /* as if it were not there, as in the other exporters */
		return 0;
	if (*text == '/' || !slash)
		*(char **)member = strdup(text);
	else if (asprintf((char **)member, "%.*s/%s", (int)(slash - reader->yaml.name), reader->yaml.name,
			  text) < 0)
		*(char **)member = NULL;
	return *(char **)member ? 0 : fail_memory(reader);
}

static int read_client_auth(struct reader *reader, const char *key, void *member)
{
	static const enum web_client_auth values[] = {
		WEB_CLIENT_NONE,        WEB_CLIENT_REQUEST,         WEB_CLIENT_REQUIRE_ANY,
		WEB_CLIENT_REQUIRE_ANY, WEB_CLIENT_VERIFY_IF_GIVEN, WEB_CLIENT_REQUIRE_AND_VERIFY
	};
	unsigned int index = 0;
	int error = read_word(reader, key,
			      "NoClientCert,RequestClientCert,RequireAnyClientCert,RequireClientCert,"
			      "VerifyClientCertIfGiven,RequireAndVerifyClientCert",
			      &index);

	*(enum web_client_auth *)member = values[index];
	return error;
}

static int read_version(struct reader *reader, const char *key, void *member)
{
	unsigned int index = 0;
	int error = read_word(reader, key, "TLS10,TLS11,TLS12,TLS13", &index);

	*(enum web_tls_version *)member = index;
	return error;
}

static int read_flag(struct reader *reader, const char *key, void *member)
{
	unsigned int index = 0;
	int error = read_word(reader, key, "false,true", &index);

	*(bool *)member = index;
	return error;
}

static int read_duration(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = next_scalar(reader, key, &text);

	if (!error && duration_parse(text, member))
		error = yaml_reader_fail(&reader->yaml, "'%s' is not a duration such as 100ms or 1m30s", key);
	return error;
}

static int read_count(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = next_scalar(reader, key, &text);

	if (!error && (file_parse_u64(text, member) || !isdigit((unsigned char)text[strlen(text) - 1])))
		error = yaml_reader_fail(&reader->yaml, "'%s' is not a number", key);
	return error;
}

/* Calls `add` for each text of a list. */
static int read_list(struct reader *reader, const char *key, void *member, read_value *add)
{
	int error = yaml_reader_next(&reader->yaml);

	if (error || yaml_reader_is_null(&reader->yaml))
		return error;
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
		return fail_memory(reader);
	texts->items = items;
	items[texts->count] = strdup(text);
	return items[texts->count++] ? 0 : fail_memory(reader);
}

static int add_cipher(struct reader *reader, const char *key, void *member)
{
	const char *text;
	int error = yaml_reader_scalar(&reader->yaml, key, &text);

	if (error)
		return error;
	for (size_t i = 0; i < web_cipher_count; i++) {
		if (strcmp(web_ciphers[i].name, text) == 0) {
			*(uint32_t *)member |= (uint32_t)1 << i;
			return 0;
		}
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

static int read_texts(struct reader *reader, const char *key, void *member)
{
	return read_list(reader, key, member, add_text);
}

static int read_ciphers(struct reader *reader, const char *key, void *member)
{
	return read_list(reader, key, member, add_cipher);
}

static int read_curves(struct reader *reader, const char *key, void *member)
{
	return read_list(reader, key, member, add_curve);
}

typedef int read_entry(struct reader *reader, const char *section, const char *key, void *member);

/* Calls `read` for each key up to the end of the mapping that has begun. */
static int read_entries(struct reader *reader, const char *name, void *member, read_entry *read)
{
	for (;;) {
		_cleanup_(cleanup_free) char *key = NULL;
		const char *text;
		int error = yaml_reader_next(&reader->yaml);

		if (error || reader->yaml.event.type == YAML_MAPPING_END_EVENT)
			return error;
		error = yaml_reader_scalar(&reader->yaml, name, &text);
		if (error)
			return error;
		key = strdup(text);
		if (!key)
			return fail_memory(reader);
		error = read(reader, name, key, member);
		if (error)
			return error;
	}
}

/* A mapping may also be left out. */
static int read_mapping(struct reader *reader, const char *name, void *member, read_entry *read)
{
	int error = yaml_reader_next(&reader->yaml);

	if (error || yaml_reader_is_null(&reader->yaml))
		return error;
	if (reader->yaml.event.type != YAML_MAPPING_START_EVENT)
		return yaml_reader_fail(&reader->yaml, "'%s' is not a mapping of keys", name);
	return read_entries(reader, name, member, read);
}

static int read_header(struct reader *reader, const char *section, const char *key, void *member)
{
	char **values = ((struct web_headers *)member)->values;
	size_t row = 0;
	int error;

	(void)section;
	while (row < web_header_count && strcmp(web_header_names[row], key) != 0)
		row++;
	if (row == web_header_count)
		return yaml_reader_fail(&reader->yaml, "header '%s' cannot be set", shown(key));
	if (values[row])
		return yaml_reader_fail(&reader->yaml, "header '%s' is given twice", key);
	error = read_text(reader, key, &values[row]);
	if (error)
		return error;
	for (const char *at = values[row]; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7F)
			return yaml_reader_fail(&reader->yaml, "header '%s' has a control character", key);
	}
	if (header_values[row] && find_word(header_values[row], values[row]) < 0)
		return yaml_reader_fail(&reader->yaml, "header '%s' is not one of %s", key,
					header_values[row]);
	return 0;
}

static int read_headers(struct reader *reader, const char *key, void *member)
{
	return read_mapping(reader, key, member, read_header);
}

static int read_user(struct reader *reader, const char *section, const char *key, void *member)
{
	struct web_config *config = member;
	struct web_user *users;
	const char *problem;
	int error;

	if (config->user_count == WEB_USERS_MAX)
		return yaml_reader_fail(&reader->yaml, "'%s' has more than %d users", section, WEB_USERS_MAX);
	for (size_t i = 0; i < config->user_count; i++) {
		if (strcmp(config->users[i].name, key) == 0)
			return yaml_reader_fail(&reader->yaml, "'%s' has a user twice", section);
	}
	users = reallocarray(config->users, config->user_count + 1, sizeof(*users));
	if (!users)
		return fail_memory(reader);
	config->users = users;
	users[config->user_count] = (struct web_user){ .name = strdup(key) };
	if (!users[config->user_count++].name)
		return fail_memory(reader);
	error = read_text(reader, section, &users[config->user_count - 1].hash);
	if (error)
		return error;
	problem = web_config_check_user(&users[config->user_count - 1]);
	return problem ? yaml_reader_fail(&reader->yaml, "'%s': %s", section, problem) : 0;
}

struct key {
	const char *section, *name;
	read_value *read;
	size_t offset;
};

static const struct key keys[] = {
#define WEB_KEY(section, key, reader, member) \
	{ section, key, read_##reader, offsetof(struct web_config, member) },
#include "http/web_config.def"
#undef WEB_KEY
};
_Static_assert(COUNT(keys) <= KEYS, "a bit each in reader.keys_seen");

static int read_key(struct reader *reader, const char *section, const char *key, void *member)
{
	unsigned int row = 0;

	while (row < COUNT(keys) &&
	       (strcmp(keys[row].section, section) != 0 || strcmp(keys[row].name, key) != 0))
		row++;
	if (row == COUNT(keys))
		return yaml_reader_fail(&reader->yaml, "unknown key '%s.%s'", section, shown(key));
	if (reader->keys_seen & 1u << row)
		return yaml_reader_fail(&reader->yaml, "key '%s.%s' is given twice", section, key);
	reader->keys_seen |= 1u << row;
	return keys[row].read(reader, keys[row].name, (char *)member + keys[row].offset);
}

static int read_section(struct reader *reader, const char *section, const char *key, void *member)
{
	static const char *const sections[] = { "tls_server_config", "http_server_config", "basic_auth_users",
						"rate_limit" };
	unsigned long line = yaml_reader_line(&reader->yaml);

	(void)section;
	for (unsigned int i = 0; i < COUNT(sections); i++) {
		if (strcmp(sections[i], key) != 0)
			continue;
		if (reader->sections_seen & 1u << i)
			return yaml_reader_fail(&reader->yaml, "key '%s' is given twice", key);
		reader->sections_seen |= 1u << i;
		if (i == 0)
			reader->lines.tls = line;
		if (i == 3)
			reader->lines.rate = line;
		return read_mapping(reader, sections[i], member, i == 2 ? read_user : read_key);
	}
	return yaml_reader_fail(&reader->yaml, "unknown key '%s'", shown(key));
}

static int read_file(struct reader *reader)
{
	unsigned long line;
	const char *problem;
	bool is_empty;
	int error = yaml_reader_begin(&reader->yaml, &is_empty);

	if (!error && !is_empty)
		error = read_entries(reader, "the file", reader->config, read_section);
	if (!error)
		error = yaml_reader_end(&reader->yaml);
	if (error)
		return error;
	problem = web_config_check_all(reader->config, &reader->lines, &line);
	return problem ? yaml_reader_fail_at(&reader->yaml, line, "%s", problem) : 0;
}

/* A file wins over the text in place. */
static void choose_sources(struct web_config *config)
{
	char *const files[] = { config->cert_file, config->key_file, config->client_ca_file };
	char **const texts[] = { &config->cert, &config->key, &config->client_ca };

	for (size_t i = 0; i < COUNT(files); i++) {
		if (!files[i])
			continue;
		web_config_forget(*texts[i]);
		*texts[i] = NULL;
	}
}

int web_config_parse(struct web_config *config, const char *name, const char *text, size_t size,
		     const struct message *message)
{
	struct reader reader = { .config = config };
	int error;

	*config = (struct web_config){ .min_version = WEB_TLS12,
				       .max_version = WEB_TLS13,
				       .prefer_server_cipher_suites = true,
				       .http2 = true };
	error = yaml_reader_init(&reader.yaml, name, text, size, message);
	if (error)
		return error;
	error = read_file(&reader);
	yaml_reader_done(&reader.yaml);
	if (error)
		web_config_done(config);
	else
		choose_sources(config);
	return error;
}
