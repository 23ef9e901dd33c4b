/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "commands/check_machine.h"

#define KERNEL "kernel"
#define PROCESS "this process"
#define FILES "files"
#define MOUNTINFO_LIMIT (64 << 20)
#define AS_ROOT "run it as root"

/* Reads <root>/<name>; the length or negative errno. */
static ssize_t read_below(const char *root, const char *name, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	length = file_read_at(AT_FDCWD, path, text, size);
	if (length > 0)
		text[strcspn(text, "\n")] = '\0';
	return length;
}

/* ---- kernel ------------------------------------------------------------------------------------------------------- */

static void add_btf(const struct check_machine *machine, struct check_table *table)
{
	struct stat status;

	if (machine->feature->btf && stat("/sys/kernel/btf/vmlinux", &status) == 0)
		check_table_add(table, KERNEL, "type information", CHECK_OK, NULL,
				"/sys/kernel/btf/vmlinux, %lld KiB", (long long)status.st_size / 1024);
	else
		check_table_add(
			table, KERNEL, "type information", machine->feature->btf ? CHECK_OK : CHECK_OFF,
			"a kernel with CONFIG_DEBUG_INFO_BTF, 5.10 or later, and sysfs mounted on /sys",
			machine->feature->btf ? "found, not in /sys/kernel/btf/vmlinux" :
						"/sys/kernel/btf/vmlinux cannot be read");
}

static void add_features(const struct check_machine *machine, struct check_table *table)
{
	const struct feature *feature = machine->feature;

	if (!feature->btf) {
		check_table_add(table, KERNEL, "features", CHECK_UNKNOWN, NULL,
				"not known without type information");
		return;
	}
	check_table_add(table, KERNEL, "rdonly_cast", CHECK_OK, NULL,
			feature->rdonly_cast ?
				"descriptors are looked up by plain loads" :
				"absent (before 6.2): each look-up of a descriptor is 40 ns dearer");
	check_table_add(
		table, KERNEL, "system call hook", CHECK_OK, NULL,
		feature->preemptible_calls ?
			"tracepoint/raw_syscalls: a tp_btf program may be preempted here, and skipped" :
			"tp_btf: not preemptible here, loses nothing");
	check_table_add(table, KERNEL, "other hooks", CHECK_OK, NULL,
			feature->preemptible_others ?
				"preemptible: births and deaths come from sched_switch alone" :
				"not preemptible");
}

static void add_lockdown(struct check_table *table)
{
	char text[128], *mode;
	ssize_t length = read_below("/sys/kernel/security", "lockdown", text, sizeof(text));

	if (length <= 0) {
		bool hidden = length == -EACCES || length == -EPERM;

		check_table_add(table, KERNEL, "lockdown", hidden ? CHECK_UNKNOWN : CHECK_OK, AS_ROOT,
				hidden ? "cannot be read" :
					 "not in this kernel, or securityfs is not mounted");
		return;
	}
	mode = strchr(text, '[');
	mode = mode ? mode + 1 : text;
	mode[strcspn(mode, "]")] = '\0';
	/* integrity only forbids writing to user memory, which ktally does not do */
	check_table_add(table, KERNEL, "lockdown",
			strcmp(mode, "confidentiality") == 0 ? CHECK_OFF : CHECK_OK,
			"boot with lockdown=integrity: confidentiality keeps BPF from reading the kernel",
			"%s", mode);
}

static void add_jit(const struct check_machine *machine, struct check_table *table)
{
	char text[32];
	ssize_t length = read_below(machine->paths->procfs, "sys/net/core/bpf_jit_enable", text,
				    sizeof(text));

	if (length == -ENOENT)
		check_table_add(table, KERNEL, "bpf_jit_enable", CHECK_UNKNOWN, NULL,
				"not visible in this network namespace");
	else if (length <= 0)
		check_table_add(table, KERNEL, "bpf_jit_enable", CHECK_UNKNOWN, AS_ROOT, "cannot be read");
	else if (text[0] == '0')
		check_table_add(table, KERNEL, "bpf_jit_enable", CHECK_REDUCED,
				"sysctl net.core.bpf_jit_enable=1",
				"0: programs are interpreted, at many times the cost");
	else
		check_table_add(table, KERNEL, "bpf_jit_enable", CHECK_OK, NULL, "%s: compiled", text);
}

static void add_unprivileged(const struct check_machine *machine, struct check_table *table)
{
	char text[32];

	if (read_below(machine->paths->procfs, "sys/kernel/unprivileged_bpf_disabled", text, sizeof(text)) <=
	    0)
		return; /* kernels without bpf(); the programs' rows say it */
	check_table_add(table, KERNEL, "unprivileged_bpf", CHECK_OK, NULL, "%s; ktally does not use it",
			text[0] == '0' ? "allowed (0)" :
			text[0] == '1' ? "disabled until boot (1)" :
					 "disabled (2)");
}

void check_machine_add_kernel(struct check_machine *machine, struct check_table *table)
{
	struct utsname names;

	if (uname(&names) == 0)
		check_table_add(table, KERNEL, "release", CHECK_OK, NULL, "%s %s, %u possible CPUs",
				names.release, names.machine, machine->feature->possible_cpus);
	add_btf(machine, table);
	add_features(machine, table);
	add_lockdown(table);
	add_jit(machine, table);
	add_unprivileged(machine, table);
}

/* ---- this process ------------------------------------------------------------------------------------------------- */

static bool has(uint64_t set, int capability)
{
	return set >> capability & 1;
}

static uint64_t read_capabilities(const struct check_machine *machine)
{
	uint64_t set;

	surroundings_capabilities(machine->paths, &set);
	return set;
}

static void add_capability(struct check_table *table, const char *name, bool held, bool needed,
			   const char *what, const char *why_not)
{
	char mend[96];

	snprintf(mend, sizeof(mend), "%s, or grant %s", AS_ROOT, name);
	check_table_add(table, PROCESS, name, held || !needed ? CHECK_OK : CHECK_REDUCED, mend, "%s%s",
			held ? "held: " : "not held; ", held || needed ? what : why_not);
}

static bool has_hidepid(const struct check_machine *machine);

static void add_capabilities(struct check_machine *machine, struct check_table *table)
{
	uint64_t set = read_capabilities(machine);
	bool admin = has(set, CAP_SYS_ADMIN), is_root = geteuid() == 0;

	machine->has_capabilities = admin || (has(set, CAP_BPF) && has(set, CAP_PERFMON));
	add_capability(table, "CAP_BPF", has(set, CAP_BPF), !admin, "loads programs and maps",
		       "CAP_SYS_ADMIN does");
	add_capability(table, "CAP_PERFMON", has(set, CAP_PERFMON), !admin, "programs that trace the kernel",
		       "CAP_SYS_ADMIN does");
	add_capability(table, "CAP_SYS_ADMIN", admin, false, "includes CAP_BPF and CAP_PERFMON",
		       "not needed with CAP_BPF and CAP_PERFMON");
	add_capability(table, "CAP_SYS_RESOURCE", has(set, CAP_SYS_RESOURCE),
		       machine->feature->btf && !machine->feature->current_btf,
		       "lifts RLIMIT_MEMLOCK before 5.11", "not needed from 5.11 on");
	add_capability(table, "CAP_DAC_READ_SEARCH", has(set, CAP_DAC_READ_SEARCH),
		       !is_root && machine->needs_tracefs, "reads tracefs and other users' files",
		       is_root ? "not needed by root" : "not needed: no program here uses tracefs");
	add_capability(table, "CAP_SYS_PTRACE", has(set, CAP_SYS_PTRACE), has_hidepid(machine),
		       "reads other users' processes in procfs", "not needed: procfs hides no process");
}

static void add_memlock(const struct check_machine *machine, struct check_table *table)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	/* maps are charged to the memory cgroup since 5.11, which is also when bpf_get_current_task_btf() came */
	if (machine->feature->current_btf)
		check_table_add(table, PROCESS, "RLIMIT_MEMLOCK", CHECK_OK, NULL,
				"does not matter from 5.11 on: maps are charged to the memory cgroup");
	else if (limit.rlim_max == RLIM_INFINITY || has(read_capabilities(machine), CAP_SYS_RESOURCE))
		check_table_add(table, PROCESS, "RLIMIT_MEMLOCK", CHECK_OK, NULL,
				"unlimited, or can be lifted");
	else
		check_table_add(table, PROCESS, "RLIMIT_MEMLOCK",
				machine->feature->btf ? CHECK_REDUCED : CHECK_UNKNOWN,
				"LimitMEMLOCK=infinity in the unit, or CAP_SYS_RESOURCE",
				"%llu KiB: too little for the maps before 5.11",
				(unsigned long long)limit.rlim_max / 1024);
}

static void add_surroundings(const struct check_machine *machine, struct check_table *table)
{
	for (unsigned int i = 0; i < SURROUNDINGS; i++) {
		const struct surrounding_text *text = &surrounding_texts[i];
		bool lacks = machine->surroundings.lacks[i];

		if (text->title[0])
			check_table_add(table, PROCESS, text->title, lacks ? CHECK_REDUCED : CHECK_OK,
					text->mend, "%s", lacks ? text->lack : "the host's");
	}
}

void check_machine_add_process(struct check_machine *machine, struct check_table *table)
{
	check_table_add(table, PROCESS, "user", CHECK_OK, NULL, "%u%s", geteuid(),
			geteuid() == 0 ? " (root)" : "");
	add_capabilities(machine, table);
	add_memlock(machine, table);
	add_surroundings(machine, table);
}

/* ---- files -------------------------------------------------------------------------------------------------------- */

/* Calls `visit` with mount point, type and super options of each mount until it returns true. */
static bool find_mount(const struct paths *paths,
		       bool (*visit)(void *context, const char *point, const char *type, const char *options),
		       void *context)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[PATH_MAX], *rest, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/self/mountinfo", paths->procfs);
	if (file_read_all(path, MOUNTINFO_LIMIT, &text, &size))
		return false;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char point[512], type[64], options[512];
		const char *tail = strstr(line, " - ");

		if (tail && sscanf(line, "%*d %*d %*s %*s %511s", point) == 1 &&
		    sscanf(tail, " - %63s %*s %511s", type, options) == 2 &&
		    visit(context, point, type, options))
			return true;
	}
	return false;
}

static bool is_hiding(void *context, const char *point, const char *type, const char *options)
{
	return strcmp(type, "proc") == 0 && strcmp(point, context) == 0 && strstr(options, "hidepid=") &&
	       !strstr(options, "hidepid=0") && !strstr(options, "hidepid=off");
}

static bool has_hidepid(const struct check_machine *machine)
{
	return find_mount(machine->paths, is_hiding, (void *)machine->paths->procfs);
}

static bool is_tracefs(void *context, const char *point, const char *type, const char *options)
{
	(void)options;
	if (strcmp(type, "tracefs") != 0)
		return false;
	snprintf(context, 512, "%s", point);
	return true;
}

static void add_procfs(struct check_machine *machine, struct check_table *table)
{
	const char *procfs = machine->paths->procfs;
	char text[64];

	machine->has_procfs = read_below(procfs, "stat", text, sizeof(text)) > 0;
	if (!machine->has_procfs)
		check_table_add(table, FILES, "procfs", CHECK_OFF,
				"mount it, and give --path.procfs its place", "nothing at '%s'", procfs);
	else
		check_table_add(table, FILES, "procfs", CHECK_OK, NULL, "%s", procfs);
	if (!machine->has_procfs)
		return;
	if (has_hidepid(machine))
		check_table_add(table, FILES, "hidepid",
				has(read_capabilities(machine), CAP_SYS_PTRACE) ? CHECK_OK : CHECK_REDUCED,
				"CAP_SYS_PTRACE, or mount procfs with hidepid=0",
				"procfs hides the processes of other users");
	else
		check_table_add(table, FILES, "hidepid", CHECK_OK, NULL, "off: every process is visible");
}

static void add_cgroups(const struct check_machine *machine, struct check_table *table)
{
	static const char *const names[CONTROLLERS] = { "cpu", "cpuacct", "memory", "pids", "blkio" };
	const struct cgroupfs *cgroupfs = machine->cgroupfs;
	bool v1 = false;

	for (int i = 0; i < CONTROLLERS; i++)
		v1 |= cgroupfs->v1_fd[i] >= 0;
	if (!v1 && cgroupfs->v2_fd < 0) {
		check_table_add(table, FILES, "cgroups", CHECK_OFF,
				"mount the host's, and give --path.cgroupfs its place",
				"no hierarchy at '%s'", machine->paths->cgroupfs);
		return;
	}
	check_table_add(table, FILES, "cgroups", CHECK_OK, NULL, "%s",
			!v1                  ? "v2" :
			cgroupfs->v2_fd >= 0 ? "hybrid: v2 without the controllers below, which are on v1" :
					       "v1");
	for (int i = 0; i < CONTROLLERS; i++) {
		char name[32], link[64], target[PATH_MAX];
		ssize_t length;

		if (i == CONTROLLER_CPUACCT && cgroupfs->v1_fd[i] < 0)
			continue; /* part of v2 itself */
		snprintf(name, sizeof(name), "controller %s", names[i]);
		if (cgroupfs->v1_fd[i] < 0 && !cgroupfs->on_v2[i]) {
			check_table_add(table, FILES, name, CHECK_REDUCED,
					i == CONTROLLER_MEMORY ? "boot with cgroup_enable=memory" : NULL,
					"on no hierarchy: its limits and gauges are missing");
			continue;
		}
		snprintf(link, sizeof(link), "/proc/self/fd/%d",
			 cgroupfs->v1_fd[i] >= 0 ? cgroupfs->v1_fd[i] : cgroupfs->v2_fd);
		length = readlink(link, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		check_table_add(table, FILES, name, CHECK_OK, NULL, "%s %s",
				cgroupfs->v1_fd[i] >= 0 ? "v1" : "v2", target);
	}
}

static void add_pressure(const struct check_machine *machine, struct check_table *table)
{
	char text[512];
	ssize_t length = read_below(machine->paths->procfs, "pressure/cpu", text, sizeof(text));

	if (length > 0)
		check_table_add(table, FILES, "pressure", CHECK_OK, NULL, "%s",
				machine->cgroupfs->v2_fd >= 0 ? "of the node, and of cgroups on v2" :
								"of the node; v1 has none per cgroup");
	else if (length == -EOPNOTSUPP)
		check_table_add(table, FILES, "pressure", CHECK_REDUCED, "boot with psi=1",
				"switched off at boot");
	else
		check_table_add(table, FILES, "pressure", CHECK_REDUCED,
				"a kernel with CONFIG_PSI; some need psi=1 at boot", "not in this kernel");
}

static void add_tracefs(const struct check_machine *machine, struct check_table *table)
{
	char place[512], path[600];
	bool mounted = find_mount(machine->paths, is_tracefs, place);

	/* not in this mount table, but libbpf looks there: it is mounted on the first look */
	if (!mounted && access("/sys/kernel/tracing/events", F_OK) == 0) {
		snprintf(place, sizeof(place), "/sys/kernel/tracing");
		mounted = true;
	}
	snprintf(path, sizeof(path), "%s/events/raw_syscalls", place);
	if (!machine->needs_tracefs)
		check_table_add(table, FILES, "tracefs", CHECK_OK, NULL,
				"%s; no program in use needs it here", mounted ? place : "not mounted");
	else if (mounted && access(path, X_OK) == 0)
		check_table_add(table, FILES, "tracefs", CHECK_OK, NULL, "%s", place);
	else
		check_table_add(table, FILES, "tracefs", CHECK_REDUCED,
				mounted ? "run it as root, or grant CAP_DAC_READ_SEARCH" :
					  "mount -t tracefs tracefs /sys/kernel/tracing",
				"%s: programs of this kernel need it",
				mounted ? "not readable" : "not mounted");
}

void check_machine_add_files(struct check_machine *machine, struct check_table *table)
{
	add_procfs(machine, table);
	add_cgroups(machine, table);
	add_pressure(machine, table);
	add_tracefs(machine, table);
}
