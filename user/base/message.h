/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where a function puts its line for the user when it fails. */
#include <stdarg.h>
#include <stddef.h>

struct message {
	char *text;
	size_t size; /* 0: nobody wants it */
};

/* Writes the line, control characters and what is no UTF-8 made harmless, and cut to fit, and returns `error`. */
int message_fail(const struct message *message, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int message_vfail(const struct message *message, int error, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
