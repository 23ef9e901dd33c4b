/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping. Names come from cgroup paths, runtimes and executables: any byte but NUL may be in them. */
#include "export/label.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define REPLACEMENT_SIZE 3

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Bytes of the character at `text`, 0 when it is none: stray, cut, overlong, a surrogate, or beyond U+10FFFF.
 * The terminating NUL is no continuation, so nothing behind it is looked at. */
static size_t character_size(const unsigned char *text)
{
	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4 || !is_continuation(text[1]))
		return 0;
	if (text[0] < 0xe0)
		return 2;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	if (!is_continuation(text[2]))
		return 0;
	if (text[0] < 0xf0)
		return 3;
	return is_continuation(text[3]) ? 4 : 0;
}

/* Writes one character, escaped; returns where the next goes. */
static char *put_character(char *at, const unsigned char *text, size_t size)
{
	if (size == 1 && (*text == '\\' || *text == '"' || *text == '\n')) {
		*at++ = '\\';
		*at++ = *text == '\n' ? 'n' : (char)*text;
		return at;
	}
	memcpy(at, size ? (const char *)text : REPLACEMENT, size ?: REPLACEMENT_SIZE);
	return at + (size ?: REPLACEMENT_SIZE);
}

void label_escape(struct buffer *out, const char *text, size_t limit)
{
	const unsigned char *from = (const unsigned char *)text;
	/* A byte is at most 3 bytes of result, and of `limit` bytes none becomes more than 2. */
	size_t length = strnlen(text, limit);
	char *at;

	if (length > SIZE_MAX / 3 || !buffer_reserve(out, length * 3)) {
		out->failed = true;
		return;
	}
	at = out->data + out->size;
	while (*from) {
		size_t size = character_size(from);
		size_t used = size ?: REPLACEMENT_SIZE;

		if (used > limit)
			break;
		limit -= used;
		at = put_character(at, from, size);
		from += size ?: 1;
	}
	out->size = (size_t)(at - out->data);
}

void label_add(struct buffer *out, size_t begin, const char *name, const char *value, size_t limit)
{
	if (out->size != begin)
		buffer_add(out, ",", 1);
	buffer_add_string(out, name);
	buffer_add(out, "=\"", 2);
	label_escape(out, value, limit);
	buffer_add(out, "\"", 1);
}

void label_escape_help(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			buffer_add(out, "\\\\", 2);
		else if (*text == '\n')
			buffer_add(out, "\\n", 2);
		else
			buffer_add(out, text, 1);
	}
}
