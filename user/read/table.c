/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "read/table.h"

/* The kernel rounds a value up to 8 bytes and the whole map up to a page (array_map_mmap(), kernel/bpf/arraymap.c). */
static size_t map_bytes(uint32_t entries, uint32_t value_size)
{
	size_t page = sysconf(_SC_PAGESIZE), bytes = (size_t)entries * ((value_size + 7) & ~7U);

	return (bytes + page - 1) & ~(page - 1);
}

static int map_one(const struct probe *probe, const char *name, size_t expected_size, void **ret_memory,
		   uint32_t *ret_entries)
{
	uint32_t entries, value_size;
	int error = probe_map_shape(probe, name, &entries, &value_size);
	void *memory;

	if (error)
		return error;
	if (value_size != expected_size)
		return -EINVAL;
	memory = mmap(NULL, map_bytes(entries, value_size), PROT_READ | PROT_WRITE, MAP_SHARED,
		      probe_map(probe, name), 0);
	if (memory == MAP_FAILED)
		return -errno;
	*ret_memory = memory;
	*ret_entries = entries;
	return 0;
}

int table_map(struct table *table, struct probe *probe, uint32_t cpu_count)
{
	uint32_t entries;
	int error = 0;

	memset(table, 0, sizeof(*table));
	table->cpu_count = cpu_count;
	table->probe = probe;
#define MAP(name, count) \
	error = error ?: map_one(probe, #name, sizeof(*table->name), (void **)&table->name, count)
	MAP(records, &table->slot_count);
	MAP(bases, &entries);
	MAP(names, &entries);
	MAP(cpus, &entries);
	MAP(groups, &table->group_count);
	MAP(disks, &table->disk_count);
	MAP(oom_log, &entries);
	MAP(group_tcps, &entries);
	MAP(focuses, &entries);
	MAP(focus_lists, &entries);
	MAP(focus_cells, &entries);
	MAP(connections, &table->connection_count);
	MAP(slot_by_pid, &entries);
	MAP(event_drops, &entries);
#undef MAP
	error = error ?:
			map_one(probe, "control_map", sizeof(*table->control), (void **)&table->control,
				&entries);
	error = error ?:
			map_one(probe, "latencies", sizeof(*table->latencies), (void **)&table->latencies,
				&entries);
	if (!error && entries == 1) {
		munmap(table->latencies, map_bytes(entries, sizeof(*table->latencies)));
		table->latencies = NULL;
	}
	table->free_slots = probe_map(probe, "free_slots");
	table->free_groups = probe_map(probe, "free_groups");
	table->free_disks = probe_map(probe, "free_disks");
	table->free_connections = probe_map(probe, "free_connections");
	table->slot_by_pid_far = probe_map(probe, "slot_by_pid_far");
	table->group_by_cgroup = probe_map(probe, "group_by_cgroup");
	if (!error && (table->free_slots < 0 || table->free_groups < 0 || table->free_disks < 0 ||
		       table->free_connections < 0))
		error = -ENOENT;
	return error;
}

void table_done(struct table *table)
{
#define UNMAP(name, entries) \
	if (table->name)     \
	munmap(table->name, map_bytes(entries, sizeof(*table->name)))
	UNMAP(records, table->slot_count);
	UNMAP(bases, table->slot_count);
	UNMAP(names, table->slot_count);
	UNMAP(cpus, table->cpu_count);
	UNMAP(groups, table->group_count);
	UNMAP(group_tcps, table->group_count);
	UNMAP(latencies, table->group_count);
	UNMAP(disks, table->disk_count);
	UNMAP(connections, table->connection_count);
	UNMAP(oom_log, 1);
	UNMAP(focuses, FOCUS_PLACES);
	UNMAP(focus_lists, 1);
	UNMAP(focus_cells, FOCUS_CELLS);
	UNMAP(slot_by_pid, SLOT_CELLS);
	UNMAP(control, 1);
	UNMAP(event_drops, 64);
#undef UNMAP
	memset(table, 0, sizeof(*table));
}

int table_fill(int stack, uint32_t first, uint32_t last)
{
	for (uint32_t number = last; number >= first; number--)
		if (bpf_map_update_elem(stack, NULL, &number, BPF_ANY))
			return -errno;
	return 0;
}

void table_give(struct table *table)
{
	struct control *control = table->control;

	if (!control->slot_count && !control->group_count && !control->group_cgroup_count &&
	    !control->disk_count && !control->connection_count && !control->connection_key_count)
		return;
	probe_give(table->probe);
	control->slot_count = control->group_count = control->group_cgroup_count = control->disk_count = 0;
	control->connection_count = control->connection_key_count = 0;
}

void table_give_slot(struct table *table, uint32_t slot)
{
	table->control->slot[table->control->slot_count++] = slot;
	if (table->control->slot_count == GIVEN_SLOTS)
		table_give(table);
}

void table_give_group(struct table *table, uint32_t group)
{
	table->control->group[table->control->group_count++] = group;
	if (table->control->group_count == GIVEN_GROUPS)
		table_give(table);
}

void table_forget_group(struct table *table, uint64_t cgroup_id)
{
	table->control->group_cgroup[table->control->group_cgroup_count++] = cgroup_id;
	if (table->control->group_cgroup_count == GIVEN_GROUPS)
		table_give(table);
}

void table_give_disk(struct table *table, uint32_t disk, uint64_t owner)
{
	uint32_t index = table->control->disk_count++;

	table->control->disk[index] = disk;
	table->control->disk_owner[index] = owner;
	if (table->control->disk_count == GIVEN_DISKS)
		table_give(table);
}

void table_give_connection(struct table *table, uint32_t number)
{
	table->control->connection[table->control->connection_count++] = number;
	if (table->control->connection_count == GIVEN_CONNECTIONS)
		table_give(table);
}

void table_forget_connection(struct table *table, const struct connection_row_key *key)
{
	table->control->connection_key[table->control->connection_key_count++] = *key;
	if (table->control->connection_key_count == GIVEN_CONNECTIONS)
		table_give(table);
}
