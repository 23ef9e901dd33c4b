/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs are wanted here, how they are loaded, and what came of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "probe/configure.h"
#include "probe/probe_state.h"

#include "block.skel.h"
#include "cgroup.skel.h"
#include "focus.skel.h"
#include "memory.skel.h"
#include "process.skel.h"
#include "sched.skel.h"
#include "socket.skel.h"
#include "syscall.skel.h"
#include "tcp.skel.h"
#include "udp.skel.h"
#include "uring.skel.h"

#define SOCKETS_BY_ADDRESS 65536

enum requirement {
	REQUIRES_always,
	REQUIRES_steady_calls,
	REQUIRES_preemptible_calls,
	REQUIRES_preemptible_others,
	REQUIRES_steady_sockets,
	REQUIRES_preemptible_sockets,
	REQUIRES_steady_uring,
	REQUIRES_preemptible_uring,
	REQUIRES_uring_overflow,
	REQUIRES_request_alone,
	REQUIRES_request_second,
	REQUIRES_victim_task,
	REQUIRES_victim_pid,
	REQUIRES_socket_storage,
	REQUIRES_ownerless_sockets,
};

static const struct program_row {
	const char *name;
	enum probe_object object;
	unsigned int profiles;
	enum requirement requires;
	enum probe_program twin;
} program_rows[PROBE_PROGRAMS] = {
#define L PROBE_LIGHT
#define D PROBE_DEFAULT
#define F PROBE_FULL
#define PROGRAM(object, name, profiles, requires, twin) \
	[PROBE_##name] = { #name, OBJECT_##object, profiles, REQUIRES_##requires, PROBE_##twin },
#include "probe/probes.def"
#undef PROGRAM
#undef L
#undef D
#undef F
};

static const void *object_bytes(enum probe_object object, size_t *ret_size)
{
	switch (object) {
#define OBJECT(name)        \
	case OBJECT_##name: \
		return name##_bpf__elf_bytes(ret_size);
#include "probe/probes.def"
#undef OBJECT
	case PROBE_OBJECTS:
		break;
	}
	return NULL;
}

static const char *object_name(enum probe_object object)
{
	static const char *const names[] = {
#define OBJECT(name) #name,
#include "probe/probes.def"
#undef OBJECT
	};

	return names[object];
}

static bool is_wanted(const struct program_row *row, const struct probe_settings *settings)
{
	if (!(row->profiles & settings->profile))
		return false;
	switch (row->requires) {
	case REQUIRES_always:
		break;
	case REQUIRES_steady_calls:
		return !settings->feature.preemptible_calls;
	case REQUIRES_preemptible_calls:
		return settings->feature.preemptible_calls;
	case REQUIRES_preemptible_others:
		return settings->feature.preemptible_others;
	case REQUIRES_steady_sockets:
		return settings->feature.socket_hooks && !settings->feature.preemptible_others;
	case REQUIRES_preemptible_sockets:
		return settings->feature.socket_hooks && settings->feature.preemptible_others;
	case REQUIRES_steady_uring:
		return settings->feature.uring && !settings->feature.preemptible_others;
	case REQUIRES_preemptible_uring:
		return settings->feature.uring && settings->feature.preemptible_others;
	case REQUIRES_uring_overflow:
		return settings->feature.uring_overflow;
	case REQUIRES_request_alone:
		return !settings->feature.request_second;
	case REQUIRES_request_second:
		return settings->feature.request_second;
	case REQUIRES_victim_task:
		return !settings->feature.victim_pid;
	case REQUIRES_victim_pid:
		return settings->feature.victim_pid;
	case REQUIRES_socket_storage:
		return settings->feature.socket_storage;
	case REQUIRES_ownerless_sockets:
		return settings->feature.socket_storage && settings->cgroup_v1;
	}
	return true;
}

/* The twin of a wanted program is loaded too, so that it can take over at once. */
static bool is_stand_in(enum probe_program program, const struct probe *probe)
{
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		if (program_rows[i].twin == program && probe->status[i].wanted)
			return true;
	return false;
}

static int load_object(struct probe *probe, enum probe_object object, const struct object_settings *settings)
{
	struct object_program programs[PROBE_PROGRAMS];
	enum probe_program ids[PROBE_PROGRAMS];
	unsigned int count = 0;
	const void *bytes;
	size_t size = 0;
	int error;

	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++) {
		struct probe_status *status = &probe->status[i];

		if (program_rows[i].object != object || !(status->wanted || is_stand_in(i, probe)))
			continue;
		ids[count] = i;
		programs[count++] = (struct object_program){ .name = status->name,
							     .reason = status->reason,
							     .reason_size = sizeof(status->reason) };
	}
	if (!count)
		return 0;
	bytes = object_bytes(object, &size);
	error = object_load(bytes, size, object_name(object), settings, &probe->maps, programs, count,
			    &probe->object[object]);
	for (unsigned int i = 0; i < count; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 info_size = sizeof(info);

		probe->status[ids[i]].loaded = programs[i].loaded;
		if (!programs[i].loaded) {
			if (!programs[i].reason[0])
				snprintf(programs[i].reason, programs[i].reason_size, "%s", strerror(-error));
			continue;
		}
		probe->program[ids[i]] = bpf_object__find_program_by_name(probe->object[object],
									  programs[i].name);
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(probe->program[ids[i]]), &info, &info_size))
			probe->status[ids[i]].instructions = info.xlated_prog_len / 8;
	}
	return error;
}

/* Sockets are counted by both hooks or, when one of them is refused, at the end of system calls: never by half of each. */
static bool has_socket_hooks(struct probe *probe)
{
	static const enum probe_program hooks[] = { PROBE_sock_send_length, PROBE_sock_send_length_tracepoint,
						    PROBE_sock_recv_length,
						    PROBE_sock_recv_length_tracepoint };
	unsigned int loaded = 0;

	for (unsigned int i = 0; i < 4; i++)
		loaded += probe->status[hooks[i]].wanted && probe->status[hooks[i]].loaded;
	for (unsigned int i = 0; loaded < 2 && i < 4; i++) {
		struct probe_status *status = &probe->status[hooks[i]];

		if (status->loaded)
			snprintf(status->reason, sizeof(status->reason), "the other of the two is refused");
		status->loaded = false;
	}
	return loaded == 2;
}

int probe_new(const struct probe_settings *settings, struct probe **ret_probe)
{
	_cleanup_(cleanup_free) struct probe_config *config = malloc(sizeof(*config));
	_cleanup_(cleanup_probe) struct probe *probe = calloc(1, sizeof(*probe));
	struct object_settings object_settings = {
		.config = config,
		.slots = settings->slots,
		.groups = settings->groups,
		.disks = settings->groups / 4,
		.connections = settings->connections + CONNECTION_FIRST,
		.cpus = settings->feature.possible_cpus,
		.latencies = settings->profile == PROBE_FULL ? settings->groups : 1,
		.sockets = settings->feature.socket_storage ? 1 : SOCKETS_BY_ADDRESS,
	};
	unsigned int loaded = 0;
	int error, first_error = 0;

	if (!config || !probe)
		return -ENOMEM;
	configure_fill(settings, config);
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++) {
		probe->status[i].name = program_rows[i].name;
		probe->status[i].wanted = is_wanted(&program_rows[i], settings);
	}
	for (unsigned int i = 0; i < PROBE_OBJECTS; i++) {
		error = load_object(probe, i, &object_settings);
		first_error = first_error ?: error;
		if (i == OBJECT_socket)
			config->has_socket_hooks = has_socket_hooks(probe);
	}
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		loaded += probe->status[i].loaded;
	if (!loaded)
		return first_error ?: -ENOENT;
	*ret_probe = take_ptr(probe);
	return 0;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		bpf_link__destroy(probe->link[i]);
	for (unsigned int i = PROBE_OBJECTS; i > 0; i--)
		bpf_object__close(probe->object[i - 1]);
	free(probe);
}

enum probe_program probe_twin(enum probe_program program)
{
	return program_rows[program].twin;
}

const struct probe_status *probe_status(const struct probe *probe, enum probe_program program)
{
	return &probe->status[program];
}

bool probe_is_up(const struct probe *probe, enum probe_program program)
{
	const struct probe_status *status = &probe->status[program];

	return probe_is_hook(program) ? status->attached : status->loaded;
}

int probe_map(const struct probe *probe, const char *name)
{
	for (unsigned int i = 0; i < probe->maps.count; i++)
		if (strcmp(probe->maps.map[i].name, name) == 0)
			return probe->maps.map[i].fd;
	return -ENOENT;
}

int probe_map_shape(const struct probe *probe, const char *name, uint32_t *ret_entries,
		    uint32_t *ret_value_size)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = probe_map(probe, name);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	*ret_entries = info.max_entries;
	*ret_value_size = info.value_size;
	return 0;
}

void probe_each_map(const struct probe *probe, void (*visit)(void *context, const char *name, int fd),
		    void *context)
{
	for (unsigned int i = 0; i < probe->maps.count; i++)
		visit(context, probe->maps.map[i].name, probe->maps.map[i].fd);
}

int probe_program_fd(const struct probe *probe, enum probe_program program)
{
	return probe->program[program] ? bpf_program__fd(probe->program[program]) : -ENOENT;
}

/* "memlock:" of the descriptor's information in procfs is what the kernel charges for it. */
static uint64_t fd_memory(int fd)
{
	char path[64], line[128];
	_cleanup_(cleanup_fclose) FILE *file = NULL;
	unsigned long long bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	return bytes;
}

uint64_t probe_kernel_memory(const struct probe *probe)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < probe->maps.count; i++)
		bytes += fd_memory(probe->maps.map[i].fd);
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++)
		if (probe->program[i])
			bytes += fd_memory(bpf_program__fd(probe->program[i]));
	return bytes;
}
