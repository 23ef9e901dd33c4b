/* SPDX-License-Identifier: Apache-2.0 */
#include "client/record_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/duration.h"
#include "base/time.h"
#include "client/connect.h"

#define INTERVAL_MIN_NS (100 * NS_PER_MS)
#define INTERVAL_MAX_NS (3600 * NS_PER_S)
#define LIMIT_MIN ((uint64_t)64 << 10)

static void print_help(void)
{
	printf("usage: ktally record FILE [OPTION...]\n\n"
	       "Asks a daemon at intervals and writes what it answers, for `ktally top --replay FILE`. Ends cleanly\n"
	       "at the duration, at the size, or by Ctrl-C.\n\n"
	       "  --interval TIME       between two snapshots (1s)\n"
	       "  --duration TIME       how long (until it is stopped)\n"
	       "  --max-size SIZE       of the file, as 500K, 100M or 2G (no limit)\n"
	       "  --force               overwrite a file that is there\n"
	       "%s"
	       "  --help                this text\n\n"
	       "Exit status: 0 done; 1 nothing or not all was recorded; 64 wrong arguments.\n",
	       connect_help);
}

/* "4096", "500K", "100M", "2G"; also "MB" and "MiB": all are powers of 1,024. */
static bool parse_size(const char *text, uint64_t *ret_size)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;
	uint64_t size;

	if (*text < '0' || *text > '9')
		return false;
	size = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		if (size > UINT64_MAX >> (10 * (unit - units + 1)))
			return false;
		size <<= 10 * (unit - units + 1);
		end++;
		if (strcmp(end, "B") == 0 || strcmp(end, "iB") == 0)
			end += strlen(end);
	}
	*ret_size = size;
	return *end == '\0' && size < UINT64_MAX / 2;
}

static bool complain(const char *what, const char *text, const char *wanted)
{
	fprintf(stderr, "ktally record: %s '%s' is not %s\n", what, text, wanted);
	return false;
}

static bool take_option(struct record_options *options, int option, const char *value)
{
	switch (option) {
	case 'i':
		if (duration_parse(value, &options->interval_ns) || options->interval_ns < INTERVAL_MIN_NS ||
		    options->interval_ns > INTERVAL_MAX_NS)
			return complain("--interval", value, "a time from 100ms to 1h");
		return true;
	case 'd':
		if (duration_parse(value, &options->duration_ns) || options->duration_ns == 0)
			return complain("--duration", value, "a time such as 90s or 10m");
		return true;
	case 's':
		if (!parse_size(value, &options->limit_bytes) || options->limit_bytes < LIMIT_MIN)
			return complain("--max-size", value, "a size from 64K, such as 100M");
		return true;
	case 'f':
		options->replace = true;
		return true;
	default:
		return connect_take(option, value, &options->source);
	}
}

bool record_options_parse(struct record_options *options, int argc, char **argv, int *ret_status)
{
	static const struct option rows[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "max-size", required_argument, NULL, 's' },
		{ "force", no_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		CONNECT_OPTIONS,
		{},
	};
	char name[] = "ktally record";
	int option;

	*options = (struct record_options){ .interval_ns = NS_PER_S };
	*ret_status = EX_USAGE;
	argv[0] = name; /* which getopt's own messages begin with */
	while ((option = getopt_long(argc, argv, "h", rows, NULL)) != -1) {
		if (option == 'h') {
			print_help();
			*ret_status = EXIT_SUCCESS;
			return true;
		}
		if (!take_option(options, option, optarg))
			return true;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "ktally record: one FILE is needed (--help tells more)\n");
		return true;
	}
	options->file = argv[optind];
	return false;
}
