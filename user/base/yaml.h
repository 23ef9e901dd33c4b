/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A YAML file read event by event, for readers that know every key. Aliases and tags end the reading at once, so nothing
 * is ever expanded. Every error is a line "NAME:LINE: what is wrong". */
#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "base/message.h"

#define YAML_SIZE_LIMIT ((size_t)1 << 20) /* of a file that is worth reading */

struct yaml_reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; zeroed when there is none */
	const char *name;
	const char *text;
	size_t size;
	const struct message *message;
};

/* All arguments stay the caller's and must stay. 0 or negative errno; yaml_reader_done() only after 0. */
int yaml_reader_init(struct yaml_reader *reader, const char *name, const char *text, size_t size,
		     const struct message *message);
void yaml_reader_done(struct yaml_reader *reader);

/* Moves on to the next event. 0 or negative errno. */
int yaml_reader_next(struct yaml_reader *reader);
/* The begin of the only document: *ret_is_empty, or the current event is the start of its mapping. 0 or negative errno. */
int yaml_reader_begin(struct yaml_reader *reader, bool *ret_is_empty);
/* After the end of that mapping: nothing else may follow. 0 or negative errno. */
int yaml_reader_end(struct yaml_reader *reader);

unsigned long yaml_reader_line(const struct yaml_reader *reader); /* of the current event, from 1 */
/* Both return -EINVAL. */
int yaml_reader_fail(const struct yaml_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int yaml_reader_fail_at(const struct yaml_reader *reader, unsigned long line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether the current event stands for no value: nothing, ~ or null. */
bool yaml_reader_is_null(const struct yaml_reader *reader);
/* The text of the current event, valid until the next: a single value with no NUL in it. `key` is for the message. */
int yaml_reader_scalar(const struct yaml_reader *reader, const char *key, const char **ret_text);
