/* SPDX-License-Identifier: Apache-2.0 */
#include "top/format.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Three digits: 9.99, 99.9, 999. Rounding may not make four of them. */
static void three_digits(char *out, double value, const char *unit)
{
	int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;

	snprintf(out, FORMAT_SIZE, "%.*f%s", decimals, value, unit);
}

static void scaled(char *out, double value, double factor, const char *const *units, size_t count)
{
	size_t unit = 0;

	while (unit + 1 < count && value >= factor * 0.9995) {
		value /= factor;
		unit++;
	}
	if (unit == 0 && value == floor(value))
		snprintf(out, FORMAT_SIZE, "%.0f%s", value, units[unit]);
	else if (unit > 0 && value >= 99.95)
		snprintf(out, FORMAT_SIZE, "%.0f%s", value, units[unit]);
	else
		snprintf(out, FORMAT_SIZE, "%.1f%s", value, units[unit]);
}

static void format_bytes(char *out, double value)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P", "E" };

	scaled(out, value < 1024 ? round(value) : value, 1024, units, 7);
}

static void format_per_second(char *out, double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };

	if (value > 0 && value < 0.05)
		snprintf(out, FORMAT_SIZE, "<0.1");
	else
		scaled(out, value >= 10 && value < 1000 ? round(value) : value, 1000, units, 7);
}

static void format_count(char *out, double value)
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };

	if (value < 99999.5)
		snprintf(out, FORMAT_SIZE, "%.0f", value);
	else
		scaled(out, value, 1000, units, 7);
}

static void format_seconds(char *out, double value)
{
	double whole = floor(value);

	if (value <= 0)
		snprintf(out, FORMAT_SIZE, "0s");
	else if (value < 999.5e-9)
		snprintf(out, FORMAT_SIZE, "%.0fns", value * 1e9);
	else if (value < 999.5e-6)
		three_digits(out, value * 1e6, "us");
	else if (value < 999.5e-3)
		three_digits(out, value * 1e3, "ms");
	else if (value < 59.995)
		three_digits(out, value, "s");
	else if (whole < 3600)
		snprintf(out, FORMAT_SIZE, "%.0fm%02.0fs", floor(whole / 60), fmod(whole, 60));
	else if (whole < 86400)
		snprintf(out, FORMAT_SIZE, "%.0fh%02.0fm", floor(whole / 3600),
			 floor(fmod(whole, 3600) / 60));
	else if (whole < 8640000)
		snprintf(out, FORMAT_SIZE, "%.0fd%02.0fh", floor(whole / 86400),
			 floor(fmod(whole, 86400) / 3600));
	else
		snprintf(out, FORMAT_SIZE, "%.0fd", fmin(floor(whole / 86400), 999999));
}

static void format_age(char *out, double value)
{
	if (value < 59.5)
		snprintf(out, FORMAT_SIZE, "%.0fs", fmax(value, 0));
	else
		format_seconds(out, value);
}

static void format_ratio(char *out, double value)
{
	double percent = value * 100;

	if (percent == 0 || percent >= 9.95)
		snprintf(out, FORMAT_SIZE, "%.0f%%", fmin(percent, 999999));
	else if (percent < 0.05)
		snprintf(out, FORMAT_SIZE, "<0.1%%");
	else
		snprintf(out, FORMAT_SIZE, "%.1f%%", percent);
}

static void format_cores(char *out, double value)
{
	if (value == 0)
		snprintf(out, FORMAT_SIZE, "0");
	else if (value < 0.0005)
		snprintf(out, FORMAT_SIZE, "<.001");
	else if (value < 9.9995)
		snprintf(out, FORMAT_SIZE, "%.3f", value);
	else if (value < 999.5)
		three_digits(out, value, "");
	else
		format_count(out, value);
}

static void format_time(char *out, double value)
{
	bool is_date = value >= 0 && value <= 253402300799.0;
	time_t seconds = is_date ? (time_t)value : 0;
	struct tm tm;

	if (!is_date || !localtime_r(&seconds, &tm) || strftime(out, FORMAT_SIZE, "%H:%M:%S", &tm) == 0)
		snprintf(out, FORMAT_SIZE, FORMAT_UNKNOWN);
}

void format_number(char out[FORMAT_SIZE], enum format format, double value)
{
	static void (*const kinds[FORMATS])(char *, double) = {
		[FORMAT_TEXT] = format_count,
		[FORMAT_CORES] = format_cores,
		[FORMAT_BYTES] = format_bytes,
		[FORMAT_BYTES_PER_SECOND] = format_bytes,
		[FORMAT_PER_SECOND] = format_per_second,
		[FORMAT_SECONDS] = format_seconds,
		[FORMAT_RATIO] = format_ratio,
		[FORMAT_COUNT] = format_count,
		[FORMAT_TIME] = format_time,
		[FORMAT_AGE] = format_age,
	};

	if (isnan(value)) {
		snprintf(out, FORMAT_SIZE, FORMAT_UNKNOWN);
		return;
	}
	if (format == FORMAT_INTEGER) {
		snprintf(out, FORMAT_SIZE, "%.0f", fmax(fmin(value, 1e18), -1e18));
		return;
	}
	value = fmin(value, 9.99e18);
	if (value < 0 && format != FORMAT_TIME) { /* no such number is expected; the sign must be seen */
		out[0] = '-';
		snprintf(out + 1, FORMAT_SIZE - 1, "%.3g", fmin(-value, 9.99e18));
		return;
	}
	kinds[format](out, value);
}

enum format format_of_field(const char *field)
{
	static const struct {
		const char *ending;
		enum format format;
	} endings[] = {
		{ "_bytes_per_second", FORMAT_BYTES_PER_SECOND },
		{ "_per_second", FORMAT_PER_SECOND },
		{ "_cores", FORMAT_CORES },
		{ "_bytes", FORMAT_BYTES },
		{ "_bytes_total", FORMAT_BYTES },
		{ "_seconds", FORMAT_SECONDS },
		{ "_seconds_total", FORMAT_SECONDS },
		{ "_ratio", FORMAT_RATIO },
		{ "_threads", FORMAT_CORES },
		{ "_depth", FORMAT_CORES },
	};
	size_t length = strlen(field);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t ending = strlen(endings[i].ending);

		if (length >= ending && strcmp(field + length - ending, endings[i].ending) == 0)
			return endings[i].format;
	}
	return FORMAT_COUNT;
}
