/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {};

	/* Cannot fail: the three clocks exist on every kernel that has BPF. */
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t time_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t time_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t time_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t time_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t time_waited_ns(void)
{
	static _Thread_local int fd = -1; /* kept: asked each time the loop of the daemon goes to sleep */
	unsigned long long waited_ns = 0;
	char text[128] = "";

	if (fd < 0)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	/* one line, and one call for it */
	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		sscanf(text, "%*u %llu", &waited_ns);
	return waited_ns;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does `text` begin as `form`, where 0 stands for any digit? */
static bool has_form(const char *text, const char *form)
{
	for (; *form; text++, form++)
		if (*form == '0' ? !is_digit(*text) : *text != *form)
			return false;
	return true;
}

static int number(const char *text, int digits)
{
	int value = 0;

	for (int i = 0; i < digits; i++)
		value = value * 10 + text[i] - '0';
	return value;
}

/* "Z", "+01:00" or "-01:00" and nothing behind. */
static int parse_offset(const char *text, int *ret_s)
{
	int hours, minutes;

	*ret_s = 0;
	if (strcmp(text, "Z") == 0)
		return 0;
	if ((!has_form(text, "+00:00") && !has_form(text, "-00:00")) || text[6] != '\0')
		return -EINVAL;
	hours = number(text + 1, 2);
	minutes = number(text + 4, 2);
	if (hours > 23 || minutes > 59)
		return -EINVAL;
	*ret_s = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
	return 0;
}

int time_parse_rfc3339(const char *text, uint64_t *ret_realtime_ns)
{
	static const char form[] = "0000-00-00T00:00:00";
	const char *rest = text + sizeof(form) - 1;
	uint64_t fraction_ns = 0;
	int error, offset_s;
	struct tm tm, copy;
	time_t seconds;

	if (!has_form(text, form))
		return -EINVAL;
	tm = (struct tm){ .tm_year = number(text, 4) - 1900,
			  .tm_mon = number(text + 5, 2) - 1,
			  .tm_mday = number(text + 8, 2),
			  .tm_hour = number(text + 11, 2),
			  .tm_min = number(text + 14, 2),
			  .tm_sec = number(text + 17, 2) };
	if (*rest == '.' && is_digit(rest[1]))
		for (uint64_t unit_ns = NS_PER_S / 10; is_digit(*++rest); unit_ns /= 10)
			fraction_ns += (uint64_t)(*rest - '0') * unit_ns;
	error = parse_offset(rest, &offset_s);
	if (error || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return -EINVAL;
	copy = tm;
	seconds = timegm(&copy);
	if (copy.tm_mon != tm.tm_mon || copy.tm_mday != tm.tm_mday) /* no such day */
		return -EINVAL;
	seconds -= offset_s;
	if (seconds < 0 || (uint64_t)seconds >= UINT64_MAX / NS_PER_S)
		return -ERANGE;
	*ret_realtime_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	return 0;
}
