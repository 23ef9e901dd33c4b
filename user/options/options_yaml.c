/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML side of the settings. Every key is looked up before its value is read, so the depth is bounded by the names in
 * options.def: an unknown key, a list or mapping in the wrong place ends the reading at once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml.h"
#include "options/options.h"
#include "options/option.h"

struct reader {
	struct yaml_reader yaml;
	struct options *options;
	const struct message *message;
	bool is_set[OPTION_COUNT];
	/* A section is known by the first row below it and the length of its key. */
	bool is_open[OPTION_COUNT][OPTION_KEY_SIZE];
};

static int set_from_scalar(struct reader *reader, const struct option_row *row, const char *key, bool append)
{
	char where[OPTIONS_MESSAGE_SIZE];
	const char *text;
	int error = yaml_reader_scalar(&reader->yaml, key, &text);

	if (error)
		return error;
	snprintf(where, sizeof(where), "%s:%lu: '%s'", reader->yaml.name, yaml_reader_line(&reader->yaml),
		 key);
	return option_set(reader->options, row, text, append, where, reader->message);
}

static int read_value(struct reader *reader, const struct option_row *row, const char *key)
{
	bool append = false;
	unsigned long line;
	int error = yaml_reader_next(&reader->yaml);

	if (error)
		return error;
	if (row->type != OPTION_STRING_LIST || reader->yaml.event.type != YAML_SEQUENCE_START_EVENT)
		return set_from_scalar(reader, row, key, false);
	line = yaml_reader_line(&reader->yaml);
	for (;;) {
		error = yaml_reader_next(&reader->yaml);
		if (error)
			return error;
		if (reader->yaml.event.type == YAML_SEQUENCE_END_EVENT)
			break;
		error = set_from_scalar(reader, row, key, append);
		if (error)
			return error;
		append = true;
	}
	if (!append && *row->default_text)
		return yaml_reader_fail_at(&reader->yaml, line, "'%s' is an empty list", key);
	if (!append)
		option_clear_list((void *)((char *)reader->options + row->offset));
	return 0;
}

static const struct option_row *find_key(const char *key)
{
	char name[OPTION_KEY_SIZE];

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (strcmp(option_key(option_rows[i].flag, name), key) == 0)
			return &option_rows[i];
	}
	return NULL;
}

/* The first row below this section, or NULL when there is no such section. */
static const struct option_row *find_section(const char *key)
{
	size_t length = strlen(key);
	char name[OPTION_KEY_SIZE];

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		option_key(option_rows[i].flag, name);
		if (strncmp(name, key, length) == 0 && name[length] == '.')
			return &option_rows[i];
	}
	return NULL;
}

static int fail_unknown_key(const struct reader *reader, const char *prefix, const char *key)
{
	struct option_suggestion suggestion = {};
	char brief[OPTION_BRIEF_SIZE], hint[OPTION_HINT_SIZE], name[OPTION_KEY_SIZE],
		wrong[2 * OPTION_KEY_SIZE];

	snprintf(wrong, sizeof(wrong), "%s%.*s", prefix, OPTION_KEY_SIZE, key);
	if (strchr(key, '.') && find_key(wrong))
		return yaml_reader_fail(&reader->yaml,
					"unknown key '%s' (a dot is a level: '%.*s:' and below it '%s:')",
					wrong, (int)(strrchr(wrong, '.') - wrong), wrong,
					strrchr(wrong, '.') + 1);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char *dot = name;

		option_key(option_rows[i].flag, name);
		option_suggest(&suggestion, wrong, name);
		while ((dot = strchr(dot, '.'))) { /* the sections above it */
			*dot = '\0';
			option_suggest(&suggestion, wrong, name);
			*dot++ = '.';
		}
	}
	return yaml_reader_fail(&reader->yaml, "unknown key '%s%s'%s", prefix, option_brief(key, brief),
				option_hint(&suggestion, "", hint));
}

/* The key of the current event below `prefix` ("" or "web."), or an error when it cannot be one. */
static int read_key(const struct reader *reader, const char *prefix, char ret_key[OPTION_KEY_SIZE])
{
	const char *text;
	int length;

	if (reader->yaml.event.type != YAML_SCALAR_EVENT)
		return yaml_reader_fail(&reader->yaml, "a key is not plain text");
	text = (const char *)reader->yaml.event.data.scalar.value;
	length = snprintf(ret_key, OPTION_KEY_SIZE, "%s%s", prefix, text);
	if (memchr(text, '\0', reader->yaml.event.data.scalar.length) || length >= OPTION_KEY_SIZE ||
	    strchr(text, '.') || (!find_key(ret_key) && !find_section(ret_key)))
		return fail_unknown_key(reader, prefix, text);
	return 0;
}

static int read_mapping(struct reader *reader, const char *prefix);

static int read_section(struct reader *reader, const char *key)
{
	char prefix[OPTION_KEY_SIZE + 1];
	int error = yaml_reader_next(&reader->yaml);

	if (error || yaml_reader_is_null(&reader->yaml)) /* "web:" with all its keys commented out */
		return error;
	if (reader->yaml.event.type != YAML_MAPPING_START_EVENT)
		return yaml_reader_fail(&reader->yaml, "'%s' is not a mapping of keys", key);
	snprintf(prefix, sizeof(prefix), "%s.", key);
	return read_mapping(reader, prefix);
}

/* Reads up to the end of the mapping that has just begun. Recursion ends where the names of the options do. */
static int read_mapping(struct reader *reader, const char *prefix)
{
	for (;;) {
		const struct option_row *row;
		char key[OPTION_KEY_SIZE];
		bool *seen;
		int error = yaml_reader_next(&reader->yaml);

		if (error || reader->yaml.event.type == YAML_MAPPING_END_EVENT)
			return error;
		error = read_key(reader, prefix, key);
		if (error)
			return error;
		row = find_key(key);
		seen = row ? &reader->is_set[row - option_rows] :
			     &reader->is_open[find_section(key) - option_rows][strlen(key)];
		if (*seen)
			return yaml_reader_fail(&reader->yaml, "key '%s' is given twice", key);
		*seen = true;
		error = row ? read_value(reader, row, key) : read_section(reader, key);
		if (error)
			return error;
	}
}

static int read_document(struct reader *reader)
{
	bool is_empty;
	int error = yaml_reader_begin(&reader->yaml, &is_empty);

	if (!error && !is_empty)
		error = read_mapping(reader, "");
	return error ?: yaml_reader_end(&reader->yaml);
}

int option_apply_yaml(struct options *options, const char *name, const char *text, size_t size,
		      const struct message *message)
{
	struct reader reader = { .options = options, .message = message };
	int error = yaml_reader_init(&reader.yaml, name, text, size, message);

	if (error)
		return error;
	error = read_document(&reader);
	yaml_reader_done(&reader.yaml);
	return error;
}
