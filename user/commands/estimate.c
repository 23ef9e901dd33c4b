/* SPDX-License-Identifier: Apache-2.0 */
/* How many series this machine would give: one reading as the daemon takes it, written in each format, counted by what
 * ktally_self_series says. Nothing is served. */
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "choice.h"
#include "collect/collector.h"
#include "commands/estimate.h"
#include "export/exposition.h"
#include "options/options.h"
#include "own.h"
#include "version.h"

static int silence(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

/* What is read of files comes in turns: one interval has them all. */
static void read_once(struct collector *collector, const struct options *options)
{
	collector_tick(collector);
	for (uint64_t ns = 0; ns < options->interval_files_ns; ns += COLLECTOR_TURN_NS)
		collector_turn(collector);
	collector_pass(collector);
}

static uint64_t print_families(const struct buffer *text)
{
	static const char begin[] = "\nktally_self_series{family=\"";
	uint64_t total = 0;

	printf("%12s  family\n", "series");
	for (const char *at = text->data; (at = strstr(at, begin));) {
		const char *name = at + sizeof(begin) - 1, *end = strchr(name, '"');
		unsigned long long series = strtoull(end + 3, NULL, 10);

		printf("%12llu  %.*s\n", series, (int)(end - name), name);
		total += series;
		at = end;
	}
	return total;
}

static int estimate(struct collector *collector, const struct options *options)
{
	static const char *const names[SHEET_BODIES] = { "text", "OpenMetrics", "protobuf" };
	struct self_process process;
	struct buffer out = {};
	struct self self = {};
	char host[256] = "";
	struct exposition_input input = {
		.model = collector_model(collector),
		.self = &self,
		.process = &process,
		.version = KTALLY_VERSION,
		.revision = KTALLY_REVISION,
		.node = host,
		.choice = choice_of(options),
	};
	int error = 0;

	gethostname(host, sizeof(host) - 1);
	own_read(&process);
	collector_describe(collector, &self);
	for (int body = SHEET_TEXT; body < SHEET_BODIES && !error; body++) {
		buffer_clear(&out);
		error = exposition_write(&input, (enum sheet_body)body, &out);
		buffer_add(&out, "", 1);
		if (body == SHEET_TEXT && !error && !out.failed)
			printf("%12llu  in all\n", (unsigned long long)print_families(&out));
		if (!error)
			printf("%12zu  bytes of a scrape in %s\n", out.size - 1, names[body]);
	}
	self_done(&self);
	buffer_done(&out);
	return error;
}

int estimate_main(int argc, char **argv)
{
	struct collector *collector = NULL;
	char message[OPTIONS_MESSAGE_SIZE];
	enum options_action action;
	struct series_costs costs;
	struct options options;
	int error;

	if (options_parse(&options, argc, argv, &action, message, sizeof(message)) ||
	    choice_check(&options, message, sizeof(message))) {
		options_done(&options);
		fprintf(stderr, "ktally: %s\n", message);
		return EXIT_FAILURE;
	}
	if (action != OPTIONS_RUN) {
		printf("usage: ktally metrics --estimate [OPTION...]\n\nHow many series this machine would give now. Takes the options "
		       "of `ktally run`.\n");
		return EXIT_SUCCESS;
	}
	libbpf_set_print(silence);
	costs = choice_costs(&options);
	error = collector_new(&options, &costs, &collector, message, sizeof(message));
	if (error) {
		fprintf(stderr, "ktally: %s\n", message);
	} else {
		if (!collector_has_bpf(collector))
			fprintf(stderr, "ktally: without BPF: %s\n", collector_reason(collector));
		read_once(collector, &options);
		error = estimate(collector, &options);
	}
	collector_free(collector);
	options_done(&options);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
