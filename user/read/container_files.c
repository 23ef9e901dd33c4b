/* SPDX-License-Identifier: Apache-2.0 */
#include "read/container_files.h"

#include <errno.h>
#include <stdlib.h>

#define PRESSURE(kind) (V_PRESSURE + VALUE_INDEX(pressure, kind))

static const struct row {
	unsigned int container;
	enum instance_value instance;
} counters[] = {
	{ V_CPU_PERIODS, INSTANCE_CPU_PERIODS },
	{ V_CPU_THROTTLED_PERIODS, INSTANCE_CPU_THROTTLED_PERIODS },
	{ V_CPU_THROTTLED, INSTANCE_CPU_THROTTLED },
	{ PRESSURE(CPU_SOME), INSTANCE_CPU_SOME },
	{ PRESSURE(CPU_FULL), INSTANCE_CPU_FULL },
	{ PRESSURE(MEMORY_SOME), INSTANCE_MEMORY_SOME },
	{ PRESSURE(MEMORY_FULL), INSTANCE_MEMORY_FULL },
	{ PRESSURE(IO_SOME), INSTANCE_IO_SOME },
	{ PRESSURE(IO_FULL), INSTANCE_IO_FULL },
	/* with USAGE only */
	{ V_CPU, INSTANCE_CPU },
	{ V_CPU_USER, INSTANCE_CPU_USER },
	{ V_CPU_SYSTEM, INSTANCE_CPU_SYSTEM },
};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))
#define USAGE_COUNTERS 3 /* the last ones */

struct container_files {
	struct instance_files *files;
	bool born;
	bool known[COUNTERS];
	uint64_t last[COUNTERS]; /* what a counter stood at when it was read last */
};

static void add_counter(struct container_files *files, struct container *container, size_t at,
			struct instance *instance)
{
	uint64_t last, total = instance->value[counters[at].instance];
	unsigned int index = counters[at].container;

	if (!instance->has[counters[at].instance])
		return;
	if (!files->known[at])
		files->last[at] = files->born ? 0 : total;
	files->known[at] = true;
	last = files->last[at];
	files->last[at] = total;
	total = total > last ? total - last : 0;
	file_growth_add(&instance->growth, index, total);
	model_set_file(container, index, container->value[index] + total);
}

int container_files_read(struct container_files *files, struct container *container,
			 struct instance *instance, unsigned int flags)
{
	bool usage = flags & INSTANCE_FILES_USAGE;
	int error = instance_files_read(files->files, instance, flags);

	if (error)
		return error;
	container->has_old_gauges = true;
	for (size_t i = 0; i < COUNTERS - (usage ? 0 : USAGE_COUNTERS); i++)
		add_counter(files, container, i, instance);
	return 0;
}

int container_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, unsigned int flags,
			 struct container_files **ret_files)
{
	struct container_files *files = calloc(1, sizeof(*files));
	int error;

	if (!files)
		return -ENOMEM;
	files->born = flags & CONTAINER_FILES_BORN;
	error = instance_files_open(cgroupfs, path, in_v1, flags & CONTAINER_FILES_KEEP, &files->files);
	if (error) {
		free(files);
		return error;
	}
	*ret_files = files;
	return 0;
}

void container_files_free(struct container_files *files)
{
	if (!files)
		return;
	instance_files_free(files->files);
	free(files);
}
