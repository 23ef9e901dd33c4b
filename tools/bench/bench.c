// SPDX-License-Identifier: Apache-2.0
/* The command line of the harness and the order of its parts. */
#include <bpf/libbpf.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

volatile sig_atomic_t bench_stopped;

static void on_signal(int number)
{
	bench_stopped = number;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double bench_percentile(double *values, unsigned int count, double share)
{
	unsigned int index = (unsigned int)(share * count);

	qsort(values, count, sizeof(*values), compare);
	return values[index < count ? index : count - 1];
}

double bench_median(const double *values, unsigned int count)
{
	double sorted[256];

	if (count > 256)
		count = 256;
	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double bench_ratio(const double *values, const double *base, unsigned int rounds)
{
	double ratios[ROUNDS_MAX];
	unsigned int count = 0;

	for (unsigned int i = 0; i < rounds; i++)
		if (values[i] > 0 && (!base || base[i] > 0))
			ratios[count++] = base ? values[i] / base[i] : values[i];
	return count ? bench_median(ratios, count) : 0;
}

void bench_sleep_ms(unsigned int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (!bench_stopped && nanosleep(&left, &left))
		;
}

static int on_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN && getenv("V") ? vfprintf(stderr, format, arguments) : 0;
}

static void print_usage(FILE *file)
{
	fprintf(file, "usage: bench [OPTION...]\n\n"
		      "  --quick            few rounds\n"
		      "  --only NAME        one workload, or `servers`, `reader`, `scrape`, `programs`\n"
		      "  --rounds N         rounds of each workload, at most 64\n"
		      "  --markdown FILE    write the report there too\n"
		      "  --date TEXT        date for the report\n"
		      "  --ktally FILE      the daemon (build/ktally)\n"
		      "  --against FILE     compare with another build of ktally; up to four times\n"
		      "  --noop FILE        program that does nothing (build/workload, else /bin/true)\n\n"
		      "workloads:");
	for (unsigned int i = 0; i < workload_count; i++)
		fprintf(file, " %s", workloads[i].name);
	fprintf(file, "\n");
}

static bool is_name(const char *name)
{
	for (unsigned int i = 0; i < workload_count; i++)
		if (strcmp(name, workloads[i].name) == 0)
			return true;
	return strcmp(name, "servers") == 0 || strcmp(name, "reader") == 0 || strcmp(name, "scrape") == 0 ||
	       strcmp(name, "programs") == 0;
}

static bool parse(int argc, char **argv, struct bench_options *options)
{
	static const struct option flags[] = {
		{ "quick", no_argument, NULL, 'q' },         { "only", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'r' },  { "markdown", required_argument, NULL, 'm' },
		{ "date", required_argument, NULL, 'd' },    { "ktally", required_argument, NULL, 'k' },
		{ "noop", required_argument, NULL, 'n' },    { "help", no_argument, NULL, 'h' },
		{ "against", required_argument, NULL, 'a' }, { 0 },
	};
	int flag;

	while ((flag = getopt_long(argc, argv, "h", flags, NULL)) != -1) {
		switch (flag) {
		case 'q':
			options->quick = true;
			break;
		case 'o':
			options->only = optarg;
			break;
		case 'r':
			options->rounds = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			options->markdown = optarg;
			break;
		case 'd':
			options->date = optarg;
			break;
		case 'k':
			options->ktally = optarg;
			break;
		case 'a':
			if (options->against[AGAINST_MAX - 1])
				return false;
			for (unsigned int i = 0; i < AGAINST_MAX; i++)
				if (!options->against[i]) {
					options->against[i] = optarg;
					break;
				}
			break;
		case 'n':
			options->noop = optarg;
			break;
		default:
			print_usage(flag == 'h' ? stdout : stderr);
			exit(flag == 'h' ? EXIT_SUCCESS : EXIT_FAILURE);
		}
	}
	return optind == argc && options->rounds <= ROUNDS_MAX && (!options->only || is_name(options->only));
}

static bool is_asked(const struct bench_options *options, const char *part)
{
	return !bench_stopped && (!options->only || strcmp(options->only, part) == 0);
}

int main(int argc, char **argv)
{
	struct bench_options options = { .ktally = "build/ktally", .noop = "build/workload" };
	struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART: waits end */
	struct rlimit files;
	int error;

	if (!parse(argc, argv, &options)) {
		print_usage(stderr);
		return EXIT_FAILURE;
	}
	if (access(options.noop, X_OK))
		options.noop = "/bin/true";
	if (access(options.ktally, X_OK)) {
		fprintf(stderr, "bench: cannot execute '%s'\n", options.ktally);
		return EXIT_FAILURE;
	}
	if (sysconf(_SC_NPROCESSORS_ONLN) <= WORK_CPU) {
		fprintf(stderr, "bench: needs two CPUs, one for the work and one for the daemon\n");
		return EXIT_FAILURE;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	libbpf_set_print(on_libbpf);
	error = variant_open(&options);
	if (error) {
		fprintf(stderr, "bench: cannot load empty BPF programs (are you root?): %s\n",
			strerror(-error));
		return EXIT_FAILURE;
	}
	report_machine();
	overhead_measure(&options);
	if (is_asked(&options, "servers"))
		servers_measure(&options);
	if (is_asked(&options, "programs"))
		programs_measure(&options);
	if (is_asked(&options, "reader"))
		reader_measure(&options);
	if (is_asked(&options, "scrape"))
		scrape_measure(&options);
	if (!bench_stopped)
		error = report_write(&options);
	process_end_all();
	variant_close();
	if (error)
		fprintf(stderr, "bench: cannot write '%s': %s\n", options.markdown, strerror(-error));
	return error || bench_stopped ? EXIT_FAILURE : EXIT_SUCCESS;
}
