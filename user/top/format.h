/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Numbers as people read them in a narrow column: three or four digits and a unit. */
#include <stddef.h>

enum format {
	FORMAT_TEXT,
	FORMAT_CORES,            /* 0.253, 12.3 */
	FORMAT_BYTES,            /* 1023, 1.5K, 12M: factors of 1024 */
	FORMAT_BYTES_PER_SECOND, /* the same; the heading says per second */
	FORMAT_PER_SECOND,       /* 0.4, 12, 3.5k: factors of 1000 */
	FORMAT_SECONDS,          /* 31us, 4.2ms, 1.50s, 3m12s, 2h03m, 5d04h */
	FORMAT_RATIO,            /* 12%, 0.3% */
	FORMAT_COUNT,            /* 61, 123k */
	FORMAT_INTEGER,          /* 4194301: every digit */
	FORMAT_TIME,             /* Unix time as 12:03:20 of the local day */
	FORMAT_AGE,              /* Unix time as the seconds since then */
	FORMATS,
};

#define FORMAT_SIZE 32

/* What stands for a number that is not known. */
#define FORMAT_UNKNOWN "-"

/* `value` is in base units; NaN gives FORMAT_UNKNOWN. At most 7 characters, but FORMAT_INTEGER. FORMAT_TEXT and FORMAT_AGE (of which
 * the caller makes seconds) are not for numbers here: as FORMAT_COUNT and FORMAT_SECONDS. */
void format_number(char out[FORMAT_SIZE], enum format format, double value);

/* What the ending of a field's name says: cpu_cores, memory_rss_bytes, wait_disk_threads. */
enum format format_of_field(const char *field);
