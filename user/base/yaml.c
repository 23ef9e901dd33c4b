/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_SIZE 1024

unsigned long yaml_reader_line(const struct yaml_reader *reader)
{
	return reader->event.start_mark.line + 1;
}

__attribute__((format(printf, 3, 0))) static int fail(const struct yaml_reader *reader, unsigned long line,
						      const char *format, va_list args)
{
	char text[TEXT_SIZE];

	vsnprintf(text, sizeof(text), format, args);
	return message_fail(reader->message, -EINVAL, "%s:%lu: %s", reader->name, line, text);
}

int yaml_reader_fail(const struct yaml_reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(reader, yaml_reader_line(reader), format, args);
	va_end(args);
	return -EINVAL;
}

int yaml_reader_fail_at(const struct yaml_reader *reader, unsigned long line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(reader, line, format, args);
	va_end(args);
	return -EINVAL;
}

static int fail_syntax(const struct yaml_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	unsigned long line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return message_fail(reader->message, -ENOMEM, "out of memory");
	if (parser->error == YAML_READER_ERROR) { /* these have an offset instead of a line */
		line = 1;
		for (size_t i = 0; i < parser->problem_offset && i < reader->size; i++)
			line += reader->text[i] == '\n';
	}
	return yaml_reader_fail_at(reader, line, "not valid YAML: %s",
				   parser->problem ? parser->problem : "unknown error");
}

int yaml_reader_next(struct yaml_reader *reader)
{
	const yaml_char_t *tag = NULL;

	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return fail_syntax(reader);
	switch (reader->event.type) {
	case YAML_ALIAS_EVENT:
		return yaml_reader_fail(reader, "aliases are not supported");
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
	return tag ? yaml_reader_fail(reader, "tags are not supported") : 0;
}

bool yaml_reader_is_null(const struct yaml_reader *reader)
{
	const yaml_event_t *event = &reader->event;
	const char *text;

	if (event->type != YAML_SCALAR_EVENT || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = (const char *)event->data.scalar.value;
	return *text == '\0' || strcmp(text, "~") == 0 || strcasecmp(text, "null") == 0;
}

int yaml_reader_scalar(const struct yaml_reader *reader, const char *key, const char **ret_text)
{
	const yaml_event_t *event = &reader->event;

	if (event->type != YAML_SCALAR_EVENT)
		return yaml_reader_fail(reader, "'%s' is not a single value", key);
	if (yaml_reader_is_null(reader))
		return yaml_reader_fail(reader, "'%s' has no value", key);
	*ret_text = (const char *)event->data.scalar.value;
	if (memchr(*ret_text, '\0', event->data.scalar.length))
		return yaml_reader_fail(reader, "'%s' contains a NUL character", key);
	return 0;
}

int yaml_reader_begin(struct yaml_reader *reader, bool *ret_is_empty)
{
	int error = yaml_reader_next(reader); /* the start of the stream */

	*ret_is_empty = true;
	if (!error)
		error = yaml_reader_next(reader);
	if (error || reader->event.type == YAML_STREAM_END_EVENT)
		return error;
	error = yaml_reader_next(reader); /* what the document consists of */
	if (error)
		return error;
	*ret_is_empty = yaml_reader_is_null(reader);
	if (!*ret_is_empty && reader->event.type != YAML_MAPPING_START_EVENT)
		return yaml_reader_fail(reader, "the settings are not a mapping of keys");
	return 0;
}

int yaml_reader_end(struct yaml_reader *reader)
{
	int error = 0;

	if (reader->event.type == YAML_STREAM_END_EVENT)
		return 0;
	error = yaml_reader_next(reader); /* the end of the document */
	if (!error)
		error = yaml_reader_next(reader);
	if (!error && reader->event.type != YAML_STREAM_END_EVENT)
		error = yaml_reader_fail(reader, "more than one document");
	return error;
}

int yaml_reader_init(struct yaml_reader *reader, const char *name, const char *text, size_t size,
		     const struct message *message)
{
	*reader = (struct yaml_reader){ .name = name, .text = text, .size = size, .message = message };
	if (size > YAML_SIZE_LIMIT)
		return message_fail(message, -EFBIG, "cannot read '%s': %s", name, strerror(EFBIG));
	if (!yaml_parser_initialize(&reader->parser))
		return message_fail(message, -ENOMEM, "out of memory");
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, size);
	return 0;
}

void yaml_reader_done(struct yaml_reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}
