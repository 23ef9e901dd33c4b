/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/disk_device.h"
#include "read/disks.h"

#define FIRST ((DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4) /* histogram bucket of bucket 0 */
#define OPERATIONS DIMENSION_WIDTH(operation)
#define UNKNOWN_PASSES 60 /* a cgroup that is not known after so many never will be */

struct disk_last {
	uint64_t completed, bytes_sum; /* what tells that nothing changed */
	uint32_t unknown_passes;
	struct disk_operation operation[OPERATIONS];
};

struct disks {
	struct table *table;
	struct disk_last *last; /* [disk_count] */
	uint64_t unknown;       /* requests of cgroups that stayed unknown */
	struct disks_statistics statistics;
};

int disks_new(struct table *table, struct disks **ret_disks)
{
	struct disks *disks = calloc(1, sizeof(*disks));

	if (!disks)
		return -ENOMEM;
	disks->table = table;
	disks->last = calloc(table->disk_count, sizeof(*disks->last));
	if (!disks->last) {
		disks_free(disks);
		return -ENOMEM;
	}
	disks->statistics.capacity = table->disk_count - 1;
	*ret_disks = disks;
	return 0;
}

void disks_free(struct disks *disks)
{
	if (!disks)
		return;
	free(disks->last);
	free(disks);
}

static uint64_t sum_bytes(const struct disk *disk)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < OPERATIONS; i++)
		sum += disk->operation[i].bytes;
	return sum;
}

/* Adds what grew of one operation; returns the bytes among it. */
static uint64_t add_operation(const struct disk_operation *now, struct disk_operation *last,
			      struct histogram *histogram)
{
	uint64_t bytes = now->bytes - last->bytes, sum_ns = now->sum_ns;

	for (unsigned int i = 0; i < DISK_BUCKETS; i++) {
		uint32_t value = now->bucket[i], delta = value - last->bucket[i];

		histogram->bucket[FIRST + i] += delta;
		histogram->count += delta;
		last->bucket[i] = value;
	}
	histogram->sum += sum_ns - last->sum_ns;
	last->sum_ns = sum_ns;
	last->bytes += bytes;
	return bytes;
}

static void add_to_device(const struct disk *disk, struct disk_last *last, const struct thread_owner *owner)
{
	char name[DISK_NAME_SIZE];
	struct disk_device *device;
	uint64_t completed;

	memcpy(name, disk->name, sizeof(name));
	name[sizeof(name) - 1] = '\0';
	device = disk_device_get(owner->model, name[0] ? name : "other", owner->realtime_ns);
	if (!device)
		return;
	/* in this order, so that it is never less than nothing */
	completed = __atomic_load_n(&disk->completed, __ATOMIC_ACQUIRE);
	device->queue_depth = __atomic_load_n(&disk->issued, __ATOMIC_RELAXED) - completed;
	for (unsigned int i = 0; i < OPERATIONS; i++)
		device->bytes[i] += add_operation(&disk->operation[i], &last->operation[i],
						  &device->latency[i]);
}

static void add_to_container(const struct disk *disk, struct disk_last *last, struct container *container,
			     struct model *model)
{
	if (!container->disk)
		container->disk = calloc(OPERATIONS, sizeof(*container->disk));
	if (!container->disk)
		return;
	for (unsigned int i = 0; i < OPERATIONS; i++) {
		uint64_t bytes = add_operation(&disk->operation[i], &last->operation[i], &container->disk[i]);

		container->value[V_DISK_TRANSFERRED + i] += bytes;
		model->node->value[V_DISK_TRANSFERRED + i] += bytes;
	}
}

static void release(struct disks *disks, uint32_t number)
{
	struct disk *disk = &disks->table->disks[number];
	uint64_t owner = disk->owner;

	memset(disk, 0, sizeof(*disk));
	memset(&disks->last[number], 0, sizeof(*disks->last));
	table_give_disk(disks->table, number, owner);
	disks->statistics.entries--;
}

/* The entry of a cgroup: its difference goes to its container, or stays until that is known. */
static void read_cgroup(struct disks *disks, uint32_t number, const struct thread_owner *owner)
{
	const struct disk *disk = &disks->table->disks[number];
	struct cgroup *cgroup = model_cgroup_find(owner->model, disk->owner);
	struct disk_last *last = &disks->last[number];
	uint64_t completed = disk->completed, bytes = sum_bytes(disk);
	bool quiet = completed == last->completed && bytes == last->bytes_sum && disk->issued == completed;

	if (!cgroup) {
		if (++last->unknown_passes < UNKNOWN_PASSES || disk->issued != completed)
			return;
		disks->unknown += completed - last->completed;
		release(disks, number);
		return;
	}
	last->unknown_passes = 0;
	if (!quiet)
		add_to_container(disk, last, cgroup->container, owner->model);
	last->completed = completed;
	last->bytes_sum = bytes;
	if (quiet && cgroup->removed && !cgroup->references)
		release(disks, number);
}

void disks_pass(struct disks *disks, const struct thread_owner *owner)
{
	const struct disk *rest = &disks->table->disks[0];

	disks->statistics.entries = 0;
	for (uint32_t number = 1; number < disks->table->disk_count; number++) {
		const struct disk *disk = &disks->table->disks[number];

		if (__atomic_load_n(&disk->state, __ATOMIC_ACQUIRE) != DISK_LIVE)
			continue;
		disks->statistics.entries++;
		if (disk->owner & DISK_DEVICE)
			add_to_device(disk, &disks->last[number], owner);
		else
			read_cgroup(disks, number, owner);
	}
	if (rest->issued)
		add_to_device(rest, &disks->last[0], owner);
	disks->statistics.lost = rest->lost;
	disks->statistics.unattributed = rest->unowned + rest->folded + disks->unknown;
}

const struct disks_statistics *disks_statistics(const struct disks *disks)
{
	return &disks->statistics;
}
