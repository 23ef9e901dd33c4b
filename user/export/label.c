/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping. Names come from cgroup paths, runtimes and executables: any byte but NUL may be in them. */
#include "export/label.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Writes one character, escaped if asked for; returns where the next goes. */
static char *put_character(char *at, const unsigned char *text, size_t size, bool is_escaped)
{
	if (is_escaped && size == 1 && (*text == '\\' || *text == '"' || *text == '\n')) {
		*at++ = '\\';
		*at++ = *text == '\n' ? 'n' : (char)*text;
		return at;
	}
	memcpy(at, size ? (const char *)text : UTF8_REPLACEMENT, size ?: UTF8_REPLACEMENT_SIZE);
	return at + (size ?: UTF8_REPLACEMENT_SIZE);
}

static bool is_plain(unsigned char byte)
{
	return byte < 0x80 && byte != '\\' && byte != '"' && byte != '\n';
}

static void put_value(struct buffer *out, const char *text, size_t limit, bool is_escaped)
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
		size_t size, used;

		if (limit > 0 && is_plain(*from)) {
			*at++ = (char)*from++;
			limit--;
			continue;
		}
		size = utf8_size((const char *)from);
		used = size ?: UTF8_REPLACEMENT_SIZE;
		if (used > limit)
			break;
		limit -= used;
		at = put_character(at, from, size, is_escaped);
		from += size ?: 1;
	}
	out->size = (size_t)(at - out->data);
}

void label_escape(struct buffer *out, const char *text, size_t limit)
{
	put_value(out, text, limit, true);
}

void label_clean(struct buffer *out, const char *text, size_t limit)
{
	put_value(out, text, limit, false);
}

/* Whether it reads as what label_spell() writes: \x5c, or \x80 to \xff. */
static bool is_spelled(const char *text)
{
	return text[0] == '\\' && text[1] == 'x' &&
	       ((text[2] == '5' && text[3] == 'c') ||
		(text[2] && strchr("89abcdef", text[2]) && text[3] && strchr("0123456789abcdef", text[3])));
}

void label_spell(struct buffer *out, const char *text)
{
	while (*text) {
		size_t size = is_spelled(text) ? 0 : utf8_size(text);

		if (size)
			buffer_add(out, text, size);
		else
			buffer_printf(out, "\\x%02x", (unsigned char)*text);
		text += size ?: 1;
	}
}

void label_add(struct buffer *out, const char *name, const char *value, size_t limit)
{
	buffer_add_string(out, name);
	buffer_add(out, "=\"", 2);
	label_escape(out, value, limit);
	buffer_add(out, "\"", 1);
}

void label_escape_help(struct buffer *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\\')
			buffer_add(out, "\\\\", 2);
		else if (*text == '\n')
			buffer_add(out, "\\n", 2);
		else if (quotes && *text == '"')
			buffer_add(out, "\\\"", 2);
		else
			buffer_add(out, text, 1);
	}
}
