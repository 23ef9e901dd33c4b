/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of the web-config file. Every key is looked up before its value is read, so the depth is bounded by the table. */
#include "http/web_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/web_value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEYS 32

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
			return web_value_no_memory(reader);
		error = read(reader, name, key, member);
		if (error)
			return error;
	}
}

static int read_mapping(struct reader *reader, const char *name, void *member, read_entry *read)
{
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
	error = yaml_reader_next(&reader->yaml) ?: web_value_text(reader, key, &values[row]);
	if (error)
		return error;
	for (const char *at = values[row]; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7F)
			return yaml_reader_fail(&reader->yaml, "header '%s' has a control character", key);
	}
	if (header_values[row] && web_value_find_word(header_values[row], values[row]) < 0)
		return yaml_reader_fail(&reader->yaml, "header '%s' is not one of %s", key,
					header_values[row]);
	return 0;
}

static int web_value_headers(struct reader *reader, const char *key, void *member)
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
		return web_value_no_memory(reader);
	config->users = users;
	users[config->user_count] = (struct web_user){ .name = strdup(key) };
	if (!users[config->user_count++].name)
		return web_value_no_memory(reader);
	error = yaml_reader_next(&reader->yaml) ?:
			web_value_text(reader, section, &users[config->user_count - 1].hash);
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
	{ section, key, web_value_##reader, offsetof(struct web_config, member) },
#include "http/web_config.def"
#undef WEB_KEY
};
_Static_assert(COUNT(keys) <= KEYS, "a bit each in reader.keys_seen");

/* What a key stands before. One without a value is as if it were not there. */
static int next_value(struct reader *reader, bool *ret_is_null)
{
	int error = yaml_reader_next(&reader->yaml);

	*ret_is_null = !error && yaml_reader_is_null(&reader->yaml);
	return error;
}

static int read_key(struct reader *reader, const char *section, const char *key, void *member)
{
	unsigned int row = 0;
	bool is_null;

	while (row < COUNT(keys) &&
	       (strcmp(keys[row].section, section) != 0 || strcmp(keys[row].name, key) != 0))
		row++;
	if (row == COUNT(keys))
		return yaml_reader_fail(&reader->yaml, "unknown key '%s.%s'", section, shown(key));
	if (reader->keys_seen & 1u << row)
		return yaml_reader_fail(&reader->yaml, "key '%s.%s' is given twice", section, key);
	reader->keys_seen |= 1u << row;
	return next_value(reader, &is_null) ?:
		       is_null              ? 0 :
				 keys[row].read(reader, keys[row].name, (char *)member + keys[row].offset);
}

static int read_section(struct reader *reader, const char *section, const char *key, void *member)
{
	static const char *const sections[] = { "tls_server_config", "http_server_config", "basic_auth_users",
						"rate_limit" };
	unsigned long line = yaml_reader_line(&reader->yaml);
	bool is_null;

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
		return next_value(reader, &is_null) ?:
			       is_null ?
			       0 :
			       read_mapping(reader, sections[i], member, i == 2 ? read_user : read_key);
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
