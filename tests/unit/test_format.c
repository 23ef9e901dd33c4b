/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top/format.h"

static const struct {
	enum format format;
	double value;
	const char *text;
} numbers[] = {
	{ FORMAT_CORES, NAN, "-" },
	{ FORMAT_CORES, 0, "0" },
	{ FORMAT_CORES, 0.0004, "<.001" },
	{ FORMAT_CORES, 0.2534, "0.253" },
	{ FORMAT_CORES, 9.9994, "9.999" },
	{ FORMAT_CORES, 9.9996, "10.0" },
	{ FORMAT_CORES, 127.6, "128" },
	{ FORMAT_BYTES, 0, "0" },
	{ FORMAT_BYTES, 1023, "1023" },
	{ FORMAT_BYTES, 1024, "1.0K" },
	{ FORMAT_BYTES, 1536, "1.5K" },
	{ FORMAT_BYTES, 102400, "100K" },
	{ FORMAT_BYTES, 1048575, "1.0M" },
	{ FORMAT_BYTES, 8.5e9, "7.9G" },
	{ FORMAT_BYTES_PER_SECOND, 12.4, "12" },
	{ FORMAT_BYTES, 8e18, "6.9E" },
	{ FORMAT_PER_SECOND, 0, "0" },
	{ FORMAT_PER_SECOND, 0.01, "<0.1" },
	{ FORMAT_PER_SECOND, 0.44, "0.4" },
	{ FORMAT_PER_SECOND, 17.3, "17" },
	{ FORMAT_PER_SECOND, 999.6, "1.0k" },
	{ FORMAT_PER_SECOND, 123456, "123k" },
	{ FORMAT_SECONDS, 0, "0s" },
	{ FORMAT_SECONDS, 31e-9, "31ns" },
	{ FORMAT_SECONDS, 30.5e-6, "30.5us" },
	{ FORMAT_SECONDS, 4.217e-3, "4.22ms" },
	{ FORMAT_SECONDS, 0.9996, "1.00s" },
	{ FORMAT_SECONDS, 59.99, "60.0s" },
	{ FORMAT_SECONDS, 192, "3m12s" },
	{ FORMAT_SECONDS, 7384, "2h03m" },
	{ FORMAT_SECONDS, 446400, "5d04h" },
	{ FORMAT_SECONDS, 8640000, "100d" },
	{ FORMAT_RATIO, 0, "0%" },
	{ FORMAT_RATIO, 0.0003, "<0.1%" },
	{ FORMAT_RATIO, 0.003, "0.3%" },
	{ FORMAT_RATIO, 0.0996, "10%" },
	{ FORMAT_RATIO, 2.5, "250%" },
	{ FORMAT_COUNT, 99999, "99999" },
	{ FORMAT_COUNT, 123456, "123k" },
	{ FORMAT_INTEGER, 4194301, "4194301" },
	{ FORMAT_COUNT, -3, "-3" },
	{ FORMAT_TIME, 43400, "12:03:20" },
	{ FORMAT_TIME, -1, "-" },
	{ FORMAT_TIME, INFINITY, "-" },
};

Test(format, numbers_are_short_and_rounded)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char out[FORMAT_SIZE];

		format_number(out, numbers[i].format, numbers[i].value);
		cr_expect_str_eq(out, numbers[i].text, "row %zu: %s, not %s", i, out, numbers[i].text);
	}
}

Test(format, any_number_fits_into_eight_cells)
{
	for (enum format format = 0; format < FORMATS; format++) {
		if (format == FORMAT_INTEGER)
			continue;
		for (double value = 1e-12; value < 1e25; value *= 1.037) {
			char out[FORMAT_SIZE];

			format_number(out, format, value);
			cr_expect_leq(strlen(out), 8, "format %d: %s", (int)format, out);
		}
	}
}

Test(format, a_rounded_number_has_at_most_six_cells_in_the_usual_range)
{
	static const enum format kinds[] = { FORMAT_CORES, FORMAT_BYTES, FORMAT_PER_SECOND, FORMAT_SECONDS };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (double value = 1e-9; value < 999; value *= 1.003) {
			char out[FORMAT_SIZE];

			format_number(out, kinds[i], value);
			cr_expect_leq(strlen(out), 6, "%g: %s", value, out);
		}
}

Test(format, names_of_fields_say_their_unit)
{
	cr_expect_eq(format_of_field("disk_read_bytes_per_second"), FORMAT_BYTES_PER_SECOND);
	cr_expect_eq(format_of_field("syscalls_per_second"), FORMAT_PER_SECOND);
	cr_expect_eq(format_of_field("cpu_cores"), FORMAT_CORES);
	cr_expect_eq(format_of_field("memory_rss_bytes"), FORMAT_BYTES);
	cr_expect_eq(format_of_field("uptime_seconds"), FORMAT_SECONDS);
	cr_expect_eq(format_of_field("pressure_io_ratio"), FORMAT_RATIO);
	cr_expect_eq(format_of_field("processes"), FORMAT_COUNT);
	cr_expect_eq(format_of_field(""), FORMAT_COUNT);
}
