/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Log lines on stderr, logfmt or JSON: time=RFC3339 level=info msg="..." .
 * Only main.c, daemon.c and loop callbacks log; everything else returns an error. */
#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

void log_configure(enum log_level level, enum log_format format);
bool log_is_enabled(enum log_level level);

/* One line; the message is escaped for the chosen format. Lower case, subject quoted, no full stop. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)

/* Logs "MESSAGE: strerror(-error)" at level error and returns `error` (negative errno). */
int log_error(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
