/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Disks of the machine, by name. */
#include "model/model.h"

#define DISK_DEVICES 256 /* past them all are one, `other` */

struct disk_device {
	UT_hash_handle hh; /* in model->devices, by name */
	char name[DISK_NAME_SIZE];
	uint64_t created_ns; /* CLOCK_REALTIME */
	uint64_t queue_depth;
	uint64_t bytes[DIMENSION_WIDTH(operation)];
	struct histogram latency[DIMENSION_WIDTH(operation)];
};

/* The disk of this name, made at first sight; past the bound `other` (counted). NULL when out of memory. */
struct disk_device *disk_device_get(struct model *model, const char *name, uint64_t realtime_ns);
/* Frees all of them. */
void disk_device_forget(struct model *model);
