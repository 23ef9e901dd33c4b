/* SPDX-License-Identifier: Apache-2.0 */
/* The YAML side of the settings. libyaml's events are read one by one and every key is looked up before its value is
 * read, so the depth is bounded by the names in options.def: an unknown key, a list or mapping in the wrong place, an
 * alias or a tag ends the reading at once, and nothing is ever expanded. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "options.h"
#include "options_table.h"

#define SIZE_LIMIT (1024 * 1024)

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; zeroed when there is none */
	const char *name;
	const char *text;
	size_t size;
	struct options *options;
	const struct option_message *message;
	bool is_set[OPTION_COUNT];
	/* A section is known by the first row below it and the length of its key. */
	bool is_open[OPTION_COUNT][OPTION_KEY_SIZE];
};

static unsigned long line_of(const struct reader *reader)
{
	return reader->event.start_mark.line + 1;
}

/* "FILE:LINE: ..." for the current event. Returns -EINVAL. */
__attribute__((format(printf, 2, 3))) static int fail_here(const struct reader *reader, const char *format,
							   ...)
{
	char text[OPTIONS_MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return option_fail(reader->message, -EINVAL, "%s:%lu: %s", reader->name, line_of(reader), text);
}

static int fail_syntax(const struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	unsigned long line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return option_fail(reader->message, -ENOMEM, "out of memory");
	if (parser->error == YAML_READER_ERROR) { /* these have an offset instead of a line */
		line = 1;
		for (size_t i = 0; i < parser->problem_offset && i < reader->size; i++)
			line += reader->text[i] == '\n';
	}
	return option_fail(reader->message, -EINVAL, "%s:%lu: not valid YAML: %s", reader->name, line,
			   parser->problem ? parser->problem : "unknown error");
}

/* Moves on to the next event. */
static int next_event(struct reader *reader)
{
	const yaml_char_t *tag = NULL;

	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return fail_syntax(reader);
	switch (reader->event.type) {
	case YAML_ALIAS_EVENT:
		return fail_here(reader, "aliases are not supported");
	case YAML_SCALAR_EVENT:
		tag = reader->event.data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		tag = reader->event.data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		tag = reader->event.data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (tag)
		return fail_here(reader, "tags are not supported");
	return 0;
}

static const char *scalar_text(const struct reader *reader)
{
	return (const char *)reader->event.data.scalar.value;
}

static bool is_null(const struct reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *text;

	if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = scalar_text(reader);
	return *text == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0;
}

static int set_from_scalar(struct reader *reader, const struct option_row *row, const char *key, bool append)
{
	char where[OPTIONS_MESSAGE_SIZE];

	if (reader->event.type != YAML_SCALAR_EVENT)
		return fail_here(reader, "'%s' is not a single value", key);
	if (is_null(reader))
		return fail_here(reader, "'%s' has no value", key);
	if (memchr(scalar_text(reader), '\0', reader->event.data.scalar.length))
		return fail_here(reader, "'%s' contains a NUL character", key);
	snprintf(where, sizeof(where), "%s:%lu: '%s'", reader->name, line_of(reader), key);
	return option_set(reader->options, row, scalar_text(reader), append, where, reader->message);
}

static int read_value(struct reader *reader, const struct option_row *row, const char *key)
{
	bool append = false;
	unsigned long line;
	int error = next_event(reader);

	if (error)
		return error;
	if (row->type != OPTION_STRING_LIST || reader->event.type != YAML_SEQUENCE_START_EVENT)
		return set_from_scalar(reader, row, key, false);
	line = line_of(reader);
	for (;;) {
		error = next_event(reader);
		if (error)
			return error;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		error = set_from_scalar(reader, row, key, append);
		if (error)
			return error;
		append = true;
	}
	if (!append)
		return option_fail(reader->message, -EINVAL, "%s:%lu: '%s' is an empty list", reader->name,
				   line, key);
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
		return fail_here(reader, "unknown key '%s' (a dot is a level: '%.*s:' and below it '%s:')",
				 wrong, (int)(strrchr(wrong, '.') - wrong), wrong, strrchr(wrong, '.') + 1);
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
	return fail_here(reader, "unknown key '%s%s'%s", prefix, option_brief(key, brief),
			 option_hint(&suggestion, "", hint));
}

/* The key of the current event below `prefix` ("" or "web."), or an error when it cannot be one. */
static int read_key(const struct reader *reader, const char *prefix, char ret_key[OPTION_KEY_SIZE])
{
	const char *text;
	int length;

	if (reader->event.type != YAML_SCALAR_EVENT)
		return fail_here(reader, "a key is not plain text");
	text = scalar_text(reader);
	length = snprintf(ret_key, OPTION_KEY_SIZE, "%s%s", prefix, text);
	if (memchr(text, '\0', reader->event.data.scalar.length) || length >= OPTION_KEY_SIZE ||
	    strchr(text, '.') || (!find_key(ret_key) && !find_section(ret_key)))
		return fail_unknown_key(reader, prefix, text);
	return 0;
}

static int read_mapping(struct reader *reader, const char *prefix);

static int read_section(struct reader *reader, const char *key)
{
	char prefix[OPTION_KEY_SIZE + 1];
	int error = next_event(reader);

	if (error || is_null(reader)) /* "web:" with all its keys commented out */
		return error;
	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return fail_here(reader, "'%s' is not a mapping of keys", key);
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
		int error = next_event(reader);

		if (error || reader->event.type == YAML_MAPPING_END_EVENT)
			return error;
		error = read_key(reader, prefix, key);
		if (error)
			return error;
		row = find_key(key);
		seen = row ? &reader->is_set[row - option_rows] :
			     &reader->is_open[find_section(key) - option_rows][strlen(key)];
		if (*seen)
			return fail_here(reader, "key '%s' is given twice", key);
		*seen = true;
		error = row ? read_value(reader, row, key) : read_section(reader, key);
		if (error)
			return error;
	}
}

static int read_stream(struct reader *reader)
{
	int error = next_event(reader); /* the start of the stream */

	if (!error)
		error = next_event(reader);
	if (error || reader->event.type == YAML_STREAM_END_EVENT)
		return error;
	error = next_event(reader); /* what the document consists of */
	if (error)
		return error;
	if (reader->event.type == YAML_MAPPING_START_EVENT)
		error = read_mapping(reader, "");
	else if (!is_null(reader))
		error = fail_here(reader, "the settings are not a mapping of keys");
	if (!error)
		error = next_event(reader); /* the end of the document */
	if (!error)
		error = next_event(reader);
	if (!error && reader->event.type != YAML_STREAM_END_EVENT)
		error = fail_here(reader, "more than one document");
	return error;
}

int option_apply_yaml(struct options *options, const char *name, const char *text, size_t size,
		      const struct option_message *message)
{
	struct reader reader = {
		.name = name, .text = text, .size = size, .options = options, .message = message
	};
	int error;

	if (size > SIZE_LIMIT)
		return option_fail(message, -EFBIG, "cannot read '%s': %s", name, strerror(EFBIG));
	if (!yaml_parser_initialize(&reader.parser))
		return option_fail(message, -ENOMEM, "out of memory");
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, size);
	error = read_stream(&reader);
	yaml_event_delete(&reader.event);
	yaml_parser_delete(&reader.parser);
	return error;
}
