/* SPDX-License-Identifier: Apache-2.0 */
#include "base/message.h"

#include <stdio.h>

int message_vfail(const struct message *message, int error, const char *format, va_list args)
{
	if (message->size == 0)
		return error;
	if (vsnprintf(message->text, message->size, format, args) < 0)
		message->text[0] = '\0';
	for (char *at = message->text; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7F)
			*at = '?';
	}
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
