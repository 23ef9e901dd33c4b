/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* A part of bpf_host.c: maps, and the helpers on them. */

enum kind { ARRAY, HASH, STACK };

static struct host_map {
	const void *map;
	enum kind kind;
	__u32 key_size, value_size;
	__u32 entries, count;
	char *keys, *values;
} maps[] = {
#define ARRAY_ROW(name)                                                \
	{                                                              \
		&name, ARRAY, 4, sizeof(*name.value), 0, 0, NULL, NULL \
	}
	ARRAY_ROW(records),
	ARRAY_ROW(bases),
	ARRAY_ROW(names),
	ARRAY_ROW(cpus),
	ARRAY_ROW(groups),
	ARRAY_ROW(latencies),
	ARRAY_ROW(group_tcps),
	ARRAY_ROW(connections),
	ARRAY_ROW(control_map),
	ARRAY_ROW(slot_by_pid),
	ARRAY_ROW(disks),
	ARRAY_ROW(oom_log),
	ARRAY_ROW(event_drops),
	ARRAY_ROW(focuses),
	ARRAY_ROW(focus_lists),
	ARRAY_ROW(focus_cells),
#undef ARRAY_ROW
	{ &slot_by_pid_far, HASH, 4, 4, 0, 0, NULL, NULL },
	{ &group_by_cgroup, HASH, 8, 4, 0, 0, NULL, NULL },
	{ &tcp_sockets_by_address, HASH, 8, sizeof(struct tcp_socket), 0, 0, NULL, NULL },
	{ &free_slots, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &free_groups, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &disk_by_owner, HASH, 8, 4, 0, 0, NULL, NULL },
	{ &disk_requests, HASH, 8, sizeof(struct disk_request), 0, 0, NULL, NULL },
	{ &free_disks, STACK, 0, 4, 0, 0, NULL, NULL },
	{ &connection_by_key, HASH, sizeof(struct connection_row_key), 4, 0, 0, NULL, NULL },
	{ &free_connections, STACK, 0, 4, 0, 0, NULL, NULL },
};

#define MAPS (sizeof(maps) / sizeof(maps[0]))

static struct host_map *map_of(const void *map)
{
	for (__u32 i = 0; i < MAPS; i++)
		if (maps[i].map == map)
			return &maps[i];
	abort();
	return NULL;
}

static void map_start(const void *name, __u32 entries)
{
	struct host_map *map = map_of(name);
	size_t size = ((size_t)entries * map->value_size + LINE) / LINE * LINE;

	map->entries = entries;
	map->count = 0;
	map->keys = calloc(entries, map->key_size + 1);
	map->values = aligned_alloc(LINE, size);
	if (!map->keys || !map->values)
		abort();
	__builtin_memset(map->values, 0, size);
}

static __u32 map_find(const struct host_map *map, const void *key)
{
	for (__u32 i = 0; i < map->count; i++)
		if (memcmp(map->keys + (size_t)i * map->key_size, key, map->key_size) == 0)
			return i;
	return map->count;
}

static void *bpf_map_lookup_elem(const void *name, const void *key)
{
	struct host_map *map = map_of(name);
	__u32 index = map->kind == ARRAY ? *(const __u32 *)key : map_find(map, key);

	if (index >= (map->kind == ARRAY ? map->entries : map->count))
		return NULL;
	return map->values + (size_t)index * map->value_size;
}

static long bpf_map_update_elem(const void *name, const void *key, const void *value, __u64 flags)
{
	struct host_map *map = map_of(name);
	__u32 index = map_find(map, key);

	if (index < map->count && flags == BPF_NOEXIST)
		return -17;
	if (index == map->entries)
		return -7;
	if (index == map->count)
		map->count++;
	__builtin_memcpy(map->keys + (size_t)index * map->key_size, key, map->key_size);
	__builtin_memcpy(map->values + (size_t)index * map->value_size, value, map->value_size);
	return 0;
}

static long bpf_map_delete_elem(const void *name, const void *key)
{
	struct host_map *map = map_of(name);
	__u32 index = map_find(map, key);

	if (index == map->count)
		return -2;
	map->count--;
	__builtin_memmove(map->keys + (size_t)index * map->key_size,
			  map->keys + (size_t)map->count * map->key_size, map->key_size);
	__builtin_memmove(map->values + (size_t)index * map->value_size,
			  map->values + (size_t)map->count * map->value_size, map->value_size);
	return 0;
}

static long bpf_map_push_elem(const void *name, const void *value, __u64 flags)
{
	struct host_map *map = map_of(name);

	if (map->count == map->entries)
		return -7;
	__builtin_memcpy(map->values + (size_t)map->count++ * map->value_size, value, map->value_size);
	return 0;
}

static long bpf_map_pop_elem(const void *name, void *value)
{
	struct host_map *map = map_of(name);

	if (!map->count)
		return -2;
	__builtin_memcpy(value, map->values + (size_t)--map->count * map->value_size, map->value_size);
	return 0;
}
