/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks come and go: those that are there all the time, those of single containers, and twins that take over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "probe/probe_state.h"

static const enum probe_program focus_programs[] = { PROBE_focus_enter, PROBE_focus_enter_tracepoint,
						     PROBE_focus_exit, PROBE_focus_exit_tracepoint };
#define FOCUS_PROGRAMS (sizeof(focus_programs) / sizeof(focus_programs[0]))

static bool is_on_demand(enum probe_program program)
{
	for (size_t i = 0; i < FOCUS_PROGRAMS; i++)
		if (focus_programs[i] == program)
			return true;
	return false;
}

bool probe_is_hook(enum probe_program program)
{
	return program != PROBE_poke && program != PROBE_give && !is_on_demand(program);
}

/* An iterator over the elements of a map. */
static struct bpf_link *attach_to_map(const struct probe *probe, enum probe_program program, const char *map)
{
	union bpf_iter_link_info info = { .map.map_fd = (uint32_t)probe_map(probe, map) };
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));

	return bpf_program__attach_iter(probe->program[program], &options);
}

static int attach_program(struct probe *probe, enum probe_program program)
{
	struct probe_status *status = &probe->status[program];

	probe->link[program] = program == PROBE_survey_connections ?
				       attach_to_map(probe, program, "tcp_sockets") :
				       bpf_program__attach(probe->program[program]);
	if (!probe->link[program]) {
		int error = -errno;
		/* libbpf asks it for the number of the tracepoint */
		bool by_tracefs = bpf_program__type(probe->program[program]) == BPF_PROG_TYPE_TRACEPOINT;

		snprintf(status->reason, sizeof(status->reason), "cannot attach: %s%s", strerror(-error),
			 by_tracefs ? "; is tracefs mounted on /sys/kernel/tracing?" : "");
		return error;
	}
	status->attached = true;
	status->reason[0] = '\0';
	return 0;
}

int probe_attach_early(struct probe *probe)
{
	static const enum probe_program early[] = { PROBE_survey, PROBE_survey_sockets, PROBE_cgroup_mkdir,
						    PROBE_cgroup_rmdir };
	int failed = 0;

	for (unsigned int i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (probe->status[early[i]].loaded)
			failed += attach_program(probe, early[i]) < 0;
	return failed;
}

int probe_attach(struct probe *probe)
{
	int failed = 0;

	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		if (probe->status[i].wanted && probe->status[i].loaded && !probe->status[i].attached &&
		    probe_is_hook(i))
			failed += attach_program(probe, i) < 0;
	return failed;
}

void probe_detach(struct probe *probe, enum probe_program program)
{
	bpf_link__destroy(probe->link[program]);
	probe->link[program] = NULL;
	probe->status[program].attached = false;
}

int probe_attach_focus(struct probe *probe)
{
	int error = 0;

	for (size_t i = 0; i < FOCUS_PROGRAMS && !error; i++) {
		const struct probe_status *status = &probe->status[focus_programs[i]];

		if (status->wanted && !status->attached)
			error = status->loaded ? attach_program(probe, focus_programs[i]) : -ENOENT;
	}
	if (error)
		probe_detach_focus(probe);
	return error;
}

void probe_detach_focus(struct probe *probe)
{
	for (size_t i = 0; i < FOCUS_PROGRAMS; i++)
		probe_detach(probe, focus_programs[i]);
}

static uint64_t program_misses(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) ? 0 : info.recursion_misses;
}

enum probe_program probe_tend(struct probe *probe)
{
	enum probe_program changed = PROBE_none;

	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++) {
		struct probe_status *status = &probe->status[i];
		enum probe_program twin = probe_twin(i);
		uint64_t before = status->misses;

		if (!status->attached)
			continue;
		status->misses = program_misses(probe->program[i]);
		if (status->misses <= before || twin == PROBE_none || !probe->status[twin].loaded)
			continue;
		/* detached first: for a moment nothing is counted, but nothing twice */
		probe_detach(probe, i);
		status->wanted = false;
		snprintf(status->reason, sizeof(status->reason), "replaced by %s: the kernel skipped it",
			 probe->status[twin].name);
		probe->status[twin].wanted = true;
		attach_program(probe, twin);
		changed = twin;
	}
	return changed;
}
