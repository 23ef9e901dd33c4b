/* SPDX-License-Identifier: Apache-2.0 */
/* One log line = one write(2) to stderr. No allocation, so that it also works when memory is out; a message longer
 * than MESSAGE_SIZE is cut and ends with "...". Called from one thread (the level and format are plain variables). */
#include "base/log.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

#define MESSAGE_SIZE 4096
#define ESCAPED_MAX 6  /* \u00XX */
#define FRAME_SIZE 128 /* time, level, punctuation */

static enum log_level log_minimum = LOG_LEVEL_INFO;
static enum log_format log_style = LOG_FORMAT_LOGFMT;

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error",
};

void log_configure(enum log_level level, enum log_format format)
{
	log_minimum = level;
	log_style = format;
}

bool log_is_enabled(enum log_level level)
{
	return level >= log_minimum;
}

/* Escapes for the inside of "...": the JSON escapes, which logfmt parsers understand too. Control characters (also
 * the C1 ones, which terminals obey) become \u00XX, an invalid byte becomes U+FFFD. Returns the end of the text. */
static char *escape(char *to, const char *message)
{
	const unsigned char *at = (const unsigned char *)message;

	while (*at) {
		size_t length = utf8_size((const char *)at);
		/* enough of the code point to tell control characters */
		uint32_t code = length == 1 ? at[0] :
				length == 2 ? (at[0] & 0x1Fu) << 6 | (at[1] & 0x3F) :
					      0x800;

		if (length == 0) {
			to = stpcpy(to, "\xEF\xBF\xBD");
			length = 1;
		} else if (code == '"' || code == '\\') {
			*to++ = '\\';
			*to++ = (char)code;
		} else if (code == '\n') {
			to = stpcpy(to, "\\n");
		} else if (code == '\t') {
			to = stpcpy(to, "\\t");
		} else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
			to += sprintf(to, "\\u%04x", code);
		} else {
			to = mempcpy(to, at, length);
		}
		at += length;
	}
	return to;
}

static void write_line(const char *line, size_t size)
{
	while (size > 0) {
		ssize_t count = write(STDERR_FILENO, line, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return; /* nowhere left to say so */
		line += count;
		size -= (size_t)count;
	}
}

static void log_message(enum log_level level, const char *message)
{
	char line[MESSAGE_SIZE * ESCAPED_MAX + FRAME_SIZE], clock[32];
	uint64_t now_ns = time_realtime_ns();
	time_t seconds = (time_t)(now_ns / NS_PER_S);
	struct tm utc = {};
	char *end = line;

	gmtime_r(&seconds, &utc);
	strftime(clock, sizeof(clock), "%Y-%m-%dT%H:%M:%S", &utc);
	end += sprintf(end,
		       log_style == LOG_FORMAT_JSON ? "{\"time\":\"%s.%03uZ\",\"level\":\"%s\",\"msg\":\"" :
						      "time=%s.%03uZ level=%s msg=\"",
		       clock, (unsigned int)(now_ns % NS_PER_S / NS_PER_MS), level_names[level]);
	end = escape(end, message);
	end = stpcpy(end, log_style == LOG_FORMAT_JSON ? "\"}\n" : "\"\n");
	write_line(line, (size_t)(end - line));
}

/* Formats into `message` and marks a cut; `suffix` (": cause" or "") is kept even then. */
__attribute__((format(printf, 3, 0))) static void format_message(char message[MESSAGE_SIZE],
								 const char *suffix, const char *format,
								 va_list args)
{
	size_t room = MESSAGE_SIZE - strlen(suffix);
	int size = vsnprintf(message, room, format, args);

	if (size < 0)
		message[0] = '\0';
	else if ((size_t)size >= room)
		memcpy(message + room - sizeof("..."), "...", sizeof("..."));
	strcat(message, suffix);
}

void log_line(enum log_level level, const char *format, ...)
{
	char message[MESSAGE_SIZE];
	int saved_errno = errno;
	va_list args;

	if (!log_is_enabled(level))
		return;
	va_start(args, format);
	format_message(message, "", format, args);
	va_end(args);
	log_message(level, message);
	errno = saved_errno;
}

int log_error(int error, const char *format, ...)
{
	char message[MESSAGE_SIZE], number[32], suffix[256];
	const char *cause = strerrordesc_np(-error);
	int saved_errno = errno;
	va_list args;

	snprintf(number, sizeof(number), "unknown error %d", error);
	snprintf(suffix, sizeof(suffix), ": %s", cause ? cause : number);
	va_start(args, format);
	format_message(message, suffix, format, args);
	va_end(args);
	log_message(LOG_LEVEL_ERROR, message);
	errno = saved_errno;
	return error;
}
