/* SPDX-License-Identifier: Apache-2.0 */
/* `ktally check`: what works on this machine and why not. Loads and attaches every BPF program for a moment, counts nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <bpf/libbpf.h>

#include "base/time.h"
#include "commands/check.h"
#include "commands/check_machine.h"
#include "commands/check_table.h"
#include "model/metric.h"
#include "options/options.h"
#include "probe/probe.h"

#define PROGRAMS "programs"
#define SLOTS 64
#define GROUPS 16

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

static void print_help(void)
{
	printf("usage: ktally check [--json] [OPTION...]\n\n"
	       "What works on this machine, and what would mend the rest. Changes nothing.\n\n"
	       "  --json   the same as JSON\n"
	       "  --help   this text\n\n"
	       "All options of `ktally run` are taken (--path.procfs, --config and so on), as are\n"
	       "their environment variables, so that the same machine is looked at.\n\n"
	       "Exit status: 0 everything works; 1 reduced; 2 there is nothing to read at all;\n"
	       "64 wrong arguments.\n");
}

/* What became of each program in the profile that uses it. */
struct trial {
	struct probe_status status[PROBE_PROGRAMS];
	bool tried[PROBE_PROGRAMS]; /* wanted, or stands in for one that is */
	bool any_loaded;
	int error; /* of a profile of which nothing could be loaded */
};

static void try_profile(enum probe_profile profile, const struct check_machine *machine, struct trial *trial)
{
	_cleanup_(cleanup_probe) struct probe *probe = NULL;
	struct probe_settings settings = {
		.profile = profile,
		.feature = *machine->feature,
		.slots = machine->feature->possible_cpus + SLOTS,
		.groups = GROUPS,
		.cgroup_v1 = cgroupfs_has_v1_cpu(machine->cgroupfs),
		.cgroup_hierarchy = machine->cgroupfs->v1_id[CONTROLLER_CPU],
		.started_ns = time_boottime_ns(),
	};
	int error;

	metric_histogram_bounds_ns(settings.histogram_bound_ns);
	error = probe_new(&settings, &probe);
	if (error) {
		trial->error = error;
		return;
	}
	probe_attach_early(probe);
	probe_attach(probe);
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++) {
		const struct probe_status *status = probe_status(probe, i);

		if (trial->tried[i] || (!status->wanted && !status->loaded && !status->reason[0]))
			continue;
		trial->status[i] = *status;
		trial->tried[i] = true;
		trial->any_loaded |= status->loaded;
	}
}

static const char *find_mend(const struct check_machine *machine)
{
	if (!machine->feature->btf)
		return "type information of the kernel, see above";
	if (!machine->has_capabilities)
		return "run it as root, or grant CAP_BPF and CAP_PERFMON";
	return "allow bpf() where a seccomp filter, a security module or lockdown forbids it; else report this";
}

static void add_program(const struct check_machine *machine, const struct trial *trial,
			enum probe_program program, const char *name, struct check_table *table)
{
	const struct probe_status *status = &trial->status[program];

	if (!trial->tried[program] && trial->error)
		check_table_add(table, PROGRAMS, name, CHECK_OFF, find_mend(machine), "%s",
				strerror(-trial->error));
	else if (!trial->tried[program])
		check_table_add(table, PROGRAMS, name, CHECK_OK, NULL, "not for this kernel");
	else if (status->loaded && (status->attached || !probe_is_hook(program)))
		check_table_add(table, PROGRAMS, name, CHECK_OK, NULL, "%u instructions",
				status->instructions);
	else if (status->loaded && !status->wanted)
		check_table_add(table, PROGRAMS, name, CHECK_OK, NULL, "%u instructions, stands by",
				status->instructions);
	else
		check_table_add(table, PROGRAMS, name, CHECK_OFF, find_mend(machine), "%s", status->reason);
}

static void add_programs(const struct check_machine *machine, const struct trial *trial,
			 struct check_table *table)
{
	static const char *const names[PROBE_PROGRAMS] = {
#define PROGRAM(object, name, profiles, requires, twin) [PROBE_##name] = #name,
#include "probe/probes.def"
#undef PROGRAM
	};

	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		add_program(machine, trial, i, names[i], table);
}

/* A program of the kind tracepoint is named so (probes.def). */
static bool needs_tracefs(const struct check_machine *machine, const struct trial *trial)
{
	if (!trial->any_loaded)
		return machine->feature->preemptible_calls;
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		if (trial->status[i].wanted && strstr(trial->status[i].name, "_tracepoint"))
			return true;
	return false;
}

static enum check_result check(const struct options *options, struct check_table *table)
{
	const struct paths paths = { options->path_procfs, options->path_sysfs, options->path_cgroupfs };
	struct cgroupfs cgroupfs;
	struct feature feature;
	struct trial trial = { 0 };
	struct check_machine machine = { .paths = &paths, .feature = &feature, .cgroupfs = &cgroupfs };
	bool has_cgroupfs;

	feature_detect(&feature);
	has_cgroupfs = cgroupfs_init(&paths, &cgroupfs) == 0;
	surroundings_look(&paths, &cgroupfs, &machine.surroundings);
	try_profile(PROBE_FULL, &machine, &trial);
	try_profile(PROBE_LIGHT, &machine, &trial);
	machine.needs_tracefs = needs_tracefs(&machine, &trial);
	check_machine_add_kernel(&machine, table);
	check_machine_add_process(&machine, table);
	check_machine_add_files(&machine, table);
	add_programs(&machine, &trial, table);
	cgroupfs_done(&cgroupfs);
	return check_table_result(table, !trial.any_loaded && !machine.has_procfs && !has_cgroupfs);
}

/* Takes --json out of the arguments; the rest is for options_parse(). */
static bool take_json(int *argc, char **argv)
{
	bool found = false;
	int kept = 0;

	for (int i = 0; i < *argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			found = true;
		else
			argv[kept++] = argv[i];
	argv[kept] = NULL;
	*argc = kept;
	return found;
}

int check_main(int argc, char **argv)
{
	bool json = take_json(&argc, argv);
	char message[OPTIONS_MESSAGE_SIZE];
	_cleanup_(cleanup_free) struct check_table *table = calloc(1, sizeof(*table));
	enum options_action action;
	enum check_result result;
	struct options options;

	if (options_parse(&options, argc, argv, &action, message, sizeof(message)) || !table) {
		fprintf(stderr, "ktally: %s\n", table ? message : strerror(ENOMEM));
		return EX_USAGE;
	}
	if (action != OPTIONS_RUN) {
		print_help();
		return EXIT_SUCCESS;
	}
	libbpf_set_print(silent);
	result = check(&options, table);
	options_done(&options);
	if (json)
		check_table_print_json(table, result, stdout);
	else
		check_table_print(table, result, stdout);
	return (int)result;
}
