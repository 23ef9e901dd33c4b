/* SPDX-License-Identifier: Apache-2.0 */
#include "model/instance.h"

#include <stdlib.h>
#include <string.h>

void instance_clear(struct instance *instance)
{
	memset(instance->has, 0, sizeof(instance->has));
	instance->is_complete = false;
	for (uint32_t i = 0; i < instance->disk_count; i++)
		memset(instance->disks[i].has, 0, sizeof(instance->disks[i].has));
	instance->disks_left_out = 0;
}

void instance_set(struct instance *instance, enum instance_value index, uint64_t value)
{
	instance->value[index] = value;
	instance->has[index] = true;
}

struct instance_disk *instance_disk_get(struct instance *instance, uint32_t major, uint32_t minor)
{
	struct instance_disk *disk, *disks;

	for (uint32_t i = 0; i < instance->disk_count; i++)
		if (instance->disks[i].major == major && instance->disks[i].minor == minor)
			return &instance->disks[i];
	if (instance->disk_count == INSTANCE_DISKS) {
		instance->disks_left_out++;
		return NULL;
	}
	disks = realloc(instance->disks, (instance->disk_count + 1) * sizeof(*disks));
	if (!disks)
		return NULL;
	instance->disks = disks;
	disk = &disks[instance->disk_count++];
	*disk = (struct instance_disk){ .major = major, .minor = minor };
	return disk;
}

void instance_free(struct instance *instance)
{
	if (!instance)
		return;
	free(instance->disks);
	free(instance);
}
