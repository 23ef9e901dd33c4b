/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/catalogue.h"
#include "commands/check.h"
#include "daemon.h"
#include "client/record.h"
#include "top/top.h"
#include "commands/verify.h"
#include "version.h"

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", daemon_main, "count, and serve metrics (ktally run --help lists the options)" },
	{ "top", top_main, "the terminal view of a running ktally (ktally top --help lists the options)" },
	{ "check", check_main, "what works on this machine, and why not" },
	{ "verify", verify_main, "does known work and compares the numbers" },
	{ "record", record_main, "writes what a daemon tells to a file" },
	{ "metrics", catalogue_main,
	  "the catalogue of all metrics; --estimate: how many series there would be" },
};

static void print_usage(FILE *file)
{
	fprintf(file, "usage: ktally COMMAND [OPTION...]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(file, "  %-9s %s\n", commands[i].name, commands[i].help);
	fprintf(file, "\n  --help     this text\n  --version  version and revision\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0) {
		printf("ktally, version %s (revision: %s)\n", KTALLY_VERSION, KTALLY_REVISION);
		return EXIT_SUCCESS;
	}
	if (name[0])
		fprintf(stderr, "ktally: '%s' is not a command\n", name);
	print_usage(stderr);
	return EXIT_FAILURE;
}
