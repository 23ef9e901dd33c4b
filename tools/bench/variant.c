// SPDX-License-Identifier: Apache-2.0
/* What is compared: nothing, programs that do nothing, ktally, and other tools. Each is switched on before a measurement and off
 * after it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"
#include "empty.skel.h"

#define SETTLE_MS 50
#define SETTLE_QUICK_MS 15
#define COMMAND_START_MS 15000
#define ALONE_MS 10000

enum kind { KIND_NONE, KIND_EMPTY, KIND_DAEMON, KIND_AGAINST, KIND_COLLECTOR, KIND_COMMAND };
enum hook { HOOK_EXIT = 1, HOOK_ENTER = 2, HOOK_SWITCH = 4, HOOK_SEND = 8, HOOK_RECEIVE = 16, HOOKS = 5 };

static const struct row {
	const char *name;
	enum kind kind;
	unsigned int what; /* enum hook or enum profile */
	const char *without;
	enum variant empty;
	bool slow;      /* left out with --quick */
	char *argv[12]; /* of a command that says nothing until it ends, or loads a BPF program */
} rows[VARIANTS] = {
	[VARIANT_NONE] = { "none", .kind = KIND_NONE },
	[VARIANT_NONE_AGAIN] = { "none again (the noise)", .kind = KIND_NONE },
	[VARIANT_EMPTY_EXIT] = { "empty sys_exit", .kind = KIND_EMPTY, .what = HOOK_EXIT },
	[VARIANT_EMPTY_SWITCH] = { "empty sched_switch", .kind = KIND_EMPTY, .what = HOOK_SWITCH },
	[VARIANT_EMPTY] = { "empty sys_exit + sched_switch", .kind = KIND_EMPTY,
			    .what = HOOK_EXIT | HOOK_SWITCH },
	[VARIANT_EMPTY_SOCKETS] = { "empty, with sockets", .kind = KIND_EMPTY,
				    .what = HOOK_EXIT | HOOK_SWITCH | HOOK_SEND | HOOK_RECEIVE },
	[VARIANT_EMPTY_ENTER] = { "empty, with sockets and sys_enter", .kind = KIND_EMPTY,
				  .what = HOOK_EXIT | HOOK_SWITCH | HOOK_ENTER | HOOK_SEND | HOOK_RECEIVE },
	[VARIANT_LIGHT] = { "ktally light", .kind = KIND_DAEMON, .what = PROFILE_LIGHT, .slow = true },
	[VARIANT_DEFAULT] = { "ktally default", .kind = KIND_DAEMON, .what = PROFILE_DEFAULT,
			      .empty = VARIANT_EMPTY },
	[VARIANT_DEFAULT_SWITCH] = { "ktally default without sys_exit", .kind = KIND_COLLECTOR,
				     .what = PROFILE_DEFAULT, .without = "sys_exit",
				     .empty = VARIANT_EMPTY_SWITCH },
	[VARIANT_FULL] = { "ktally full", .kind = KIND_DAEMON, .what = PROFILE_FULL,
			   .empty = VARIANT_EMPTY_ENTER },
	[VARIANT_AGAINST... VARIANT_AGAINST_LAST] = { "another build, default", .kind = KIND_AGAINST,
						      .what = PROFILE_DEFAULT, .empty = VARIANT_EMPTY },
	[VARIANT_BPFTRACE] = { "bpftrace count() by process", .kind = KIND_COMMAND,
			       .empty = VARIANT_EMPTY_EXIT, .slow = true,
			       .argv = { "bpftrace", "-e",
					 "tracepoint:raw_syscalls:sys_exit { @[pid] = count(); }" } },
	[VARIANT_PERF] = { "perf stat, count of all", .kind = KIND_COMMAND, .empty = VARIANT_EMPTY_EXIT,
			   .slow = true, .argv = { "perf", "stat", "-a", "-e", "raw_syscalls:sys_exit" } },
};

static const struct bench_options *options;
static struct empty_bpf *empty;
static struct bpf_link *links[HOOKS];
static struct daemon_child daemon_child;
static struct collector_child collector_child;
static pid_t command;
static char skipped[VARIANTS][160];
static unsigned int known_programs, foreign_programs;

/* Loaded programs on tracepoints, of anybody. */
static unsigned int count_programs(void)
{
	unsigned int count = 0;
	__u32 id = 0;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
			count += info.type == BPF_PROG_TYPE_TRACING ||
				 info.type == BPF_PROG_TYPE_TRACEPOINT ||
				 info.type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
				 info.type == BPF_PROG_TYPE_KPROBE;
		close(fd);
	}
	return count;
}

bool variant_is_alone(void)
{
	for (unsigned int ms = 0; count_programs() > known_programs; ms += 20) {
		if (bench_stopped)
			return false;
		if (ms >= ALONE_MS) {
			/* they stay: every variant has them below it, the empty ones too */
			foreign_programs = count_programs() - known_programs;
			known_programs += foreign_programs;
			report_text(
				"Note: %u BPF programs of others run on this machine; every ratio is nearer to 1 than it should be.",
				foreign_programs);
			return false;
		}
		bench_sleep_ms(20);
	}
	return true;
}

int variant_open(const struct bench_options *bench_options)
{
	int error;

	options = bench_options;
	empty = empty_bpf__open();
	if (!empty)
		return -errno;
	if (libbpf_find_vmlinux_btf_id("sock_send_length", BPF_TRACE_RAW_TP) < 0) {
		bpf_program__set_autoload(empty->progs.empty_send, false);
		bpf_program__set_autoload(empty->progs.empty_receive, false);
	}
	error = empty_bpf__load(empty);
	if (error)
		return error;
	known_programs = HOOKS;
	for (unsigned int i = 0; i < VARIANTS; i++) {
		char path[4200];

		if (rows[i].kind == KIND_COMMAND && !process_has_command(rows[i].argv[0], path, sizeof(path)))
			snprintf(skipped[i], sizeof(skipped[i]), "%s is not installed", rows[i].argv[0]);
		else if (rows[i].slow && options->quick)
			snprintf(skipped[i], sizeof(skipped[i]), "not with --quick");
	}
	return 0;
}

void variant_close(void)
{
	empty_bpf__destroy(empty);
	empty = NULL;
}

static const char *other_build(enum variant variant)
{
	return rows[variant].kind == KIND_AGAINST ? options->against[variant - VARIANT_AGAINST] : NULL;
}

const char *variant_name(enum variant variant)
{
	return other_build(variant) ?: rows[variant].name;
}

/* With other builds to compare, only what they are compared with. */
const char *variant_skipped(enum variant variant)
{
	if (options->against[0] && (variant == VARIANT_LIGHT || variant == VARIANT_FULL ||
				    variant == VARIANT_EMPTY_ENTER || rows[variant].kind == KIND_COMMAND))
		return "";
	if (rows[variant].kind == KIND_AGAINST && !other_build(variant))
		return "";
	return skipped[variant][0] ? skipped[variant] : NULL;
}

void variant_shuffle(enum variant order[VARIANTS])
{
	for (unsigned int i = 0; i < VARIANTS; i++)
		order[i] = i;
	for (unsigned int i = VARIANTS - 1; i > 0; i--) {
		unsigned int j = rand() % (i + 1);
		enum variant kept = order[i];

		order[i] = order[j];
		order[j] = kept;
	}
}

enum variant variant_empty(enum variant variant)
{
	return rows[variant].empty;
}

static int attach_empty(unsigned int hooks)
{
	struct bpf_program *const programs[] = { empty->progs.empty_exit, empty->progs.empty_enter,
						 empty->progs.empty_switch, empty->progs.empty_send,
						 empty->progs.empty_receive };

	for (unsigned int i = 0; i < HOOKS; i++) {
		if (!(hooks & (1U << i)) || bpf_program__fd(programs[i]) < 0)
			continue;
		links[i] = bpf_program__attach(programs[i]);
		if (!links[i])
			return -errno;
	}
	return 0;
}

/* A tool with a BPF program is there when the program is; of the others nothing can be seen. */
static int start_command(const struct row *row)
{
	command = process_spawn(row->argv, READER_CPU, NULL);
	if (command < 0)
		return -ECHILD;
	bench_sleep_ms(400);
	if (strcmp(row->argv[0], "perf") == 0)
		return 0;
	for (unsigned int ms = 0; ms < COMMAND_START_MS && !bench_stopped; ms += 50) {
		if (count_programs() > known_programs) {
			bench_sleep_ms(400);
			return 0;
		}
		bench_sleep_ms(50);
	}
	return -ETIMEDOUT;
}

int variant_on(enum variant variant)
{
	const struct row *row = &rows[variant];
	int error = 0;

	switch (row->kind) {
	case KIND_NONE:
		break;
	case KIND_EMPTY:
		error = attach_empty(row->what);
		break;
	case KIND_DAEMON:
		error = daemon_start(options->ktally, row->what, NULL, &daemon_child);
		break;
	case KIND_AGAINST:
		error = daemon_start(options->against[variant - VARIANT_AGAINST], row->what, NULL,
				     &daemon_child);
		break;
	case KIND_COLLECTOR:
		error = collector_child_start(row->what, row->without, true, &collector_child);
		break;
	case KIND_COMMAND:
		error = start_command(row);
		break;
	}
	if (error) {
		variant_off(variant);
		snprintf(skipped[variant], sizeof(skipped[variant]), "cannot start: %s", strerror(-error));
		return error;
	}
	bench_sleep_ms(options->quick ? SETTLE_QUICK_MS : SETTLE_MS);
	return 0;
}

void variant_off(enum variant variant)
{
	for (unsigned int i = 0; i < HOOKS; i++) {
		bpf_link__destroy(links[i]);
		links[i] = NULL;
	}
	if (daemon_child.pid > 0)
		daemon_stop(&daemon_child);
	if (collector_child.pid > 0)
		collector_child_stop(&collector_child);
	if (rows[variant].kind == KIND_COMMAND)
		process_end(command, SIGINT);
	command = 0;
}

unsigned int variant_empty_costs(struct program_cost *costs, unsigned int max)
{
	struct bpf_program *program;
	unsigned int count = 0;

	bpf_object__for_each_program(program, empty->obj)
	{
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (count == max || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			break;
		snprintf(costs[count].name, sizeof(costs[count].name), "%s", bpf_program__name(program));
		costs[count].runs = info.run_cnt;
		costs[count].ns = info.run_time_ns;
		costs[count++].jited_bytes = info.jited_prog_len;
	}
	return count;
}
