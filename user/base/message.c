/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* Terminals take the characters from U+0080 to U+009F, and those bytes alone, for control characters too. */
static void make_harmless(char *text)
{
	while (*text) {
		size_t size = utf8_size(text);
		bool is_control = (unsigned char)*text < 0x20 || *text == 0x7F ||
				  ((unsigned char)*text == 0xC2 && (unsigned char)text[1] < 0xA0);

		if (size == 0 || is_control)
			memset(text, '?', size ?: 1);
		text += size ?: 1;
	}
}

int message_vfail(const struct message *message, int error, const char *format, va_list args)
{
	if (message->size == 0)
		return error;
	if (vsnprintf(message->text, message->size, format, args) < 0)
		message->text[0] = '\0';
	make_harmless(message->text);
	return error;
}

int message_fail(const struct message *message, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_vfail(message, error, format, args);
	va_end(args);
	return error;
}
