/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "model/disk_device.h"
#include "model/budget.h"

#define OTHER_NAME "other"

struct disk_device *disk_device_get(struct model *model, const char *name, uint64_t realtime_ns)
{
	struct disk_device *device;

	HASH_FIND_STR(model->devices, name, device);
	if (!device && (HASH_COUNT(model->devices) >= DISK_DEVICES ||
			!budget_has_room(model, model->limits.costs.device))) {
		model->folded_devices++;
		name = OTHER_NAME;
		HASH_FIND_STR(model->devices, name, device);
	}
	if (device)
		return device;
	device = calloc(1, sizeof(*device));
	if (!device)
		return NULL;
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->created_ns = realtime_ns;
	HASH_ADD_STR(model->devices, name, device);
	if (HASH_HAS(device))
		return device;
	free(device);
	return NULL;
}

void disk_device_forget(struct model *model)
{
	struct disk_device *device, *next;

	HASH_ITER(hh, model->devices, device, next) {
		HASH_DEL(model->devices, device);
		free(device);
	}
}
