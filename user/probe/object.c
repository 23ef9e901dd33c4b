/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "base/cleanup.h"
#include "probe/object.h"

#define VERIFIER_LOG_SIZE (64 * 1024)

static void cleanup_object(struct bpf_object **object)
{
	bpf_object__close(*object);
}

static bool is_shared(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map) && bpf_map__type(map) != BPF_MAP_TYPE_PERCPU_ARRAY;
}

static uint32_t map_entries(const char *name, const struct object_settings *settings)
{
	const struct {
		const char *name;
		uint32_t entries;
	} sizes[] = {
		{ "records", settings->slots },
		{ "bases", settings->slots },
		{ "names", settings->slots },
		{ "free_slots", settings->slots },
		{ "slot_by_pid_far", settings->slots },
		{ "cpus", settings->cpus },
		{ "groups", settings->groups },
		{ "free_groups", settings->groups },
		{ "group_by_cgroup", settings->groups },
		{ "latencies", settings->latencies },
		{ "disks", settings->disks },
		{ "disk_by_owner", settings->disks },
		{ "free_disks", settings->disks },
		{ "group_tcps", settings->groups },
		{ "connections", settings->connections },
		{ "connection_by_key", settings->connections },
		{ "free_connections", settings->connections },
		{ "tcp_sockets_by_address", settings->sockets },
		{ "focuses", FOCUS_PLACES },
		{ "event_drops", 64 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (strcmp(sizes[i].name, name) == 0)
			return sizes[i].entries;
	return 0;
}

/* Sizes the object's maps and takes those that are there already. */
static int prepare_maps(struct bpf_object *object, const struct object_settings *settings,
			const struct object_maps *maps)
{
	struct bpf_map *map;
	int error;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		uint32_t entries = map_entries(name, settings);

		if (!is_shared(map))
			continue;
		if (entries) {
			error = bpf_map__set_max_entries(map, entries);
			if (error)
				return error;
		}
		for (unsigned int i = 0; i < maps->count; i++) {
			if (strcmp(maps->map[i].name, name) != 0)
				continue;
			error = bpf_map__reuse_fd(map, maps->map[i].fd); /* `name` is gone afterwards */
			if (error)
				return error;
			break;
		}
	}
	return 0;
}

/* Writes the settings where variable `cfg` lies in the object's read-only data. */
static int set_config(struct bpf_object *object, const struct probe_config *config)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	struct btf *btf = bpf_object__btf(object);
	const struct btf_var_secinfo *variables;
	_cleanup_(cleanup_free) char *data = NULL;
	const struct btf_type *section;
	const void *initial;
	size_t size = 0;
	int id;

	if (!map) /* no program of this object asks for any */
		return 0;
	initial = bpf_map__initial_value(map, &size);
	id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -1;
	data = malloc(size);
	if (!data)
		return -ENOMEM;
	if (!initial || id < 0)
		return -EINVAL;
	memcpy(data, initial, size);
	section = btf__type_by_id(btf, id);
	variables = btf_var_secinfos(section);
	for (unsigned int i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *variable = btf__type_by_id(btf, variables[i].type);

		if (strcmp(btf__name_by_offset(btf, variable->name_off), "cfg") != 0)
			continue;
		if (variables[i].size != sizeof(*config) || variables[i].offset + sizeof(*config) > size)
			return -EINVAL;
		memcpy(data + variables[i].offset, config, sizeof(*config));
		return bpf_map__set_initial_value(map, data, size);
	}
	return -ENOENT;
}

static struct object_program *find_program(struct object_program *programs, unsigned int count,
					   const char *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	return NULL;
}

/* Opens the object with those programs switched on that `only` allows (NULL: all that have no reason against them). */
static int open_with(const void *bytes, size_t size, const char *name, const struct object_settings *settings,
		     const struct object_maps *maps, struct object_program *programs, unsigned int count,
		     const struct object_program *only, char *log, struct bpf_object **ret_object)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	_cleanup_(cleanup_object) struct bpf_object *object = NULL;
	struct bpf_program *program;
	int error;

	object = bpf_object__open_mem(bytes, size, &options);
	if (!object)
		return -errno;
	bpf_object__for_each_program(program, object)
	{
		struct object_program *row = find_program(programs, count, bpf_program__name(program));
		bool on = row && (only ? row == only : !row->reason[0]);

		bpf_program__set_autoload(program, on);
		if (on && log)
			bpf_program__set_log_buf(program, log, VERIFIER_LOG_SIZE);
	}
	error = prepare_maps(object, settings, maps);
	if (!error)
		error = set_config(object, settings->config);
	if (!error)
		error = bpf_object__load(object);
	if (error)
		return error;
	*ret_object = take_ptr(object);
	return 0;
}

/* The last line of the verifier's log that says something, with the error's name. */
static void set_reason(struct object_program *program, char *log, int error)
{
	const char *said = "";
	char *rest = log, *line;

	while ((line = strsep(&rest, "\n")))
		if (line[0] && strncmp(line, "processed ", 10) != 0 &&
		    strncmp(line, "verification time", 17) != 0)
			said = line;
	snprintf(program->reason, program->reason_size, "%s%s%.180s", strerror(-error), said[0] ? ": " : "",
		 said);
}

static int add_maps(struct bpf_object *object, struct object_maps *maps)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		bool known = false;

		if (!is_shared(map))
			continue;
		for (unsigned int i = 0; i < maps->count; i++)
			known |= strcmp(maps->map[i].name, bpf_map__name(map)) == 0;
		if (known)
			continue;
		if (maps->count == sizeof(maps->map) / sizeof(maps->map[0]))
			return -E2BIG;
		snprintf(maps->map[maps->count].name, sizeof(maps->map[0].name), "%s", bpf_map__name(map));
		maps->map[maps->count++].fd = bpf_map__fd(map);
	}
	return 0;
}

int object_load(const void *bytes, size_t size, const char *name, const struct object_settings *settings,
		struct object_maps *maps, struct object_program *programs, unsigned int count,
		struct bpf_object **ret_object)
{
	_cleanup_(cleanup_object) struct bpf_object *object = NULL;
	_cleanup_(cleanup_free) char *log = NULL;
	unsigned int left = 0;
	int error;

	error = open_with(bytes, size, name, settings, maps, programs, count, NULL, NULL, &object);
	if (error) {
		/* one of them is refused: try each alone, then all that passed */
		log = malloc(VERIFIER_LOG_SIZE);
		if (!log)
			return -ENOMEM;
		for (unsigned int i = 0; i < count; i++) {
			_cleanup_(cleanup_object) struct bpf_object *alone = NULL;

			log[0] = '\0';
			error = open_with(bytes, size, name, settings, maps, programs, count, &programs[i],
					  log, &alone);
			if (error)
				set_reason(&programs[i], log, error);
			else
				left++;
		}
		if (!left)
			return error;
		error = open_with(bytes, size, name, settings, maps, programs, count, NULL, NULL, &object);
		if (error)
			return error;
	}
	for (unsigned int i = 0; i < count; i++)
		programs[i].loaded = !programs[i].reason[0];
	error = add_maps(object, maps);
	if (error)
		return error;
	*ret_object = take_ptr(object);
	return 0;
}
