/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static int sink = -1;
static char captured[65536];

/* From here on stderr is a file of ours. */
static void start_capture(void)
{
	char path[] = "/tmp/ktally-test-log-XXXXXX";

	sink = mkstemp(path);
	cr_assert_geq(sink, 0);
	unlink(path);
	cr_assert_eq(dup2(sink, STDERR_FILENO), STDERR_FILENO);
}

/* What was logged since the last call. */
static char *take_captured(void)
{
	ssize_t size = pread(sink, captured, sizeof(captured) - 1, 0);

	cr_assert_geq(size, 0);
	captured[size] = '\0';
	cr_assert_eq(ftruncate(sink, 0), 0);
	lseek(sink, 0, SEEK_SET);
	return captured;
}

TestSuite(log, .init = start_capture);

static const struct {
	const char *message;
	const char *escaped;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a \"b\" \\ c", "a \\\"b\\\" \\\\ c" },
	{ "two\nlines\r\n\ttab", "two\\nlines\\u000d\\n\\ttab" },
	{ "\x01\x1b[31m\x7f", "\\u0001\\u001b[31m\\u007f" },
	{ "\xC2\x9B"
	  "1m",
	  "\\u009b1m" },                            /* C1 control */
	{ "\xC2\xA0\xC3\xA4", "\xC2\xA0\xC3\xA4" }, /* no-break space, a umlaut */
	{ "\xE2\x82\xAC \xF0\x9F\x98\x80", "\xE2\x82\xAC \xF0\x9F\x98\x80" },
	{ "\xFF", REPLACEMENT },
	{ "a\x80"
	  "b",
	  "a" REPLACEMENT "b" },
	{ "\xC3", REPLACEMENT }, /* cut at the end */
	{ "\xE2\x82", REPLACEMENT REPLACEMENT },
	{ "\xF0\x9F\x98"
	  "x",
	  REPLACEMENT REPLACEMENT REPLACEMENT "x" },
	{ "\xC0\xAF", REPLACEMENT REPLACEMENT }, /* overlong */
	{ "\xE0\x80\xAF", REPLACEMENT REPLACEMENT REPLACEMENT },
	{ "\xED\xA0\x80", REPLACEMENT REPLACEMENT REPLACEMENT },                 /* surrogate */
	{ "\xF4\x90\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT }, /* U+110000 */
	{ "\xF8\x88\x80\x80\x80", REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT REPLACEMENT },
	{ "\xF4\x8F\xBF\xBF\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF\xEF\xBF\xBF" },
};

Test(log, every_text_is_one_quoted_logfmt_line)
{
	char expected[256];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		log_info("%s", texts[i].message);
		snprintf(expected, sizeof(expected), " level=info msg=\"%s\"\n", texts[i].escaped);
		cr_assert_str_eq(take_captured() + strlen("time=2026-01-02T03:04:05.678Z"), expected);
	}
}

Test(log, every_text_is_one_json_object)
{
	char expected[256];

	log_configure(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		log_debug("%s", texts[i].message);
		snprintf(expected, sizeof(expected), "\",\"level\":\"debug\",\"msg\":\"%s\"}\n",
			 texts[i].escaped);
		cr_assert_str_eq(take_captured() + strlen("{\"time\":\"2026-01-02T03:04:05.678Z"), expected);
	}
}

Test(log, time_is_utc_with_milliseconds)
{
	struct tm parsed = {};
	time_t now = time(NULL);
	char *line, *rest;

	cr_assert_eq(setenv("TZ", "Asia/Kolkata", 1), 0);
	tzset();
	log_info("x");
	line = take_captured();
	rest = strptime(line, "time=%Y-%m-%dT%H:%M:%S", &parsed);
	cr_assert_not_null(rest);
	cr_assert_eq(rest[0], '.');
	cr_assert_eq(strspn(rest + 1, "0123456789"), 3);
	cr_assert_eq(rest[4], 'Z');
	cr_assert_leq(timegm(&parsed) - now, 2);
	cr_assert_geq(timegm(&parsed) - now, 0);
}

Test(log, long_message_is_cut_and_marked)
{
	static char text[100000];
	char *line;

	memset(text, 'x', sizeof(text) - 1);
	log_info("%s", text);
	line = take_captured();
	cr_assert_str_eq(line + strlen(line) - 8, "xxx...\"\n");
	cr_assert_eq(strcspn(strstr(line, "xxx"), "."), 4095 - 3);
	cr_assert_eq(strchr(line, '\n'), line + strlen(line) - 1);

	cr_assert_eq(log_error(-ENOENT, "%s", text), -ENOENT);
	line = take_captured();
	cr_assert_str_eq(line + strlen(line) - 35, "xxx...: No such file or directory\"\n");
}

Test(log, worst_case_escaping_fits)
{
	static char text[5000];
	char *line;

	memset(text, '\x01', sizeof(text) - 1);
	log_configure(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	log_info("%s", text);
	line = take_captured();
	cr_assert_str_eq(line + strlen(line) - 12, "\\u0001...\"}\n");
}

Test(log, levels_below_the_minimum_are_not_written)
{
	log_debug("hidden");
	cr_assert_str_eq(take_captured(), "");
	log_configure(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT);
	cr_assert_not(log_is_enabled(LOG_LEVEL_WARN));
	cr_assert(log_is_enabled(LOG_LEVEL_ERROR));
	log_warn("hidden");
	cr_assert_str_eq(take_captured(), "");
	cr_assert_eq(log_error(-EPERM, "cannot open '%s'", "/x"), -EPERM);
	cr_assert_not_null(
		strstr(take_captured(), " level=error msg=\"cannot open '/x': Operation not permitted\"\n"));
}

Test(log, unknown_error_number_is_named_and_errno_is_kept)
{
	errno = EXDEV;
	cr_assert_eq(log_error(-98765, "x"), -98765);
	cr_assert_eq(errno, EXDEV);
	cr_assert_not_null(strstr(take_captured(), "msg=\"x: unknown error -98765\"\n"));
}
