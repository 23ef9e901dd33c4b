/* SPDX-License-Identifier: Apache-2.0 */
#include "read/container_files.h"

#include <errno.h>
#include <stdlib.h>

#define PRESSURE(kind) (V_PRESSURE + VALUE_INDEX(pressure, kind))

static const struct row {
	unsigned int container;
	enum instance_value instance;
} gauges[] = {
	{ V_START_TIME, INSTANCE_START_TIME },       { V_MEMORY_USAGE, INSTANCE_MEMORY_USAGE },
	{ V_MEMORY_RSS, INSTANCE_MEMORY_RSS },       { V_MEMORY_CACHE, INSTANCE_MEMORY_CACHE },
	{ V_MEMORY_SWAP, INSTANCE_MEMORY_SWAP },     { V_MEMORY_LIMIT, INSTANCE_MEMORY_LIMIT },
	{ V_PROCESSES_LIMIT, INSTANCE_THREADS_LIMIT },
}, counters[] = {
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

#define GAUGES (sizeof(gauges) / sizeof(gauges[0]))
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))
#define USAGE_COUNTERS 3 /* the last ones */

struct container_files {
	struct instance_files *files;
	bool born;
	bool known[COUNTERS];
	uint64_t last[COUNTERS]; /* what a counter stood at when it was read last */
};

static void set_gauge(struct container *container, unsigned int index, bool known, uint64_t value)
{
	if (known)
		model_set_file(container, index, value);
	else
		model_clear_file(container, index);
}

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

/* What is not one number of the kernel. */
static void set_computed(struct container *container, const struct instance *instance)
{
	uint64_t usage = instance->value[INSTANCE_MEMORY_USAGE];
	uint64_t inactive = instance->value[INSTANCE_MEMORY_INACTIVE_FILE];
	uint64_t quota = instance->value[INSTANCE_CPU_QUOTA], period = instance->value[INSTANCE_CPU_PERIOD];
	bool known;

	known = instance->has[INSTANCE_MEMORY_USAGE] && instance->has[INSTANCE_MEMORY_INACTIVE_FILE];
	set_gauge(container, V_MEMORY_WORKING_SET, known, usage > inactive ? usage - inactive : 0);
	known = instance->has[INSTANCE_CPU_QUOTA] && quota != INSTANCE_UNLIMITED &&
		instance->has[INSTANCE_CPU_PERIOD] && period > 0 &&
		!__builtin_mul_overflow(quota, 1000, &quota);
	set_gauge(container, V_CPU_LIMIT, known, known ? quota / period : 0);
}

int container_files_read(struct container_files *files, struct container *container,
			 struct instance *instance, unsigned int flags)
{
	bool usage = flags & INSTANCE_FILES_USAGE;
	int error = instance_files_read(files->files, instance, flags);

	if (error) {
		container_files_clear(container);
		if (usage) {
			model_set_file(container, V_PROCESSES, 0);
			model_set_file(container, V_THREADS, 0);
		}
		return error;
	}
	for (size_t i = 0; i < GAUGES; i++) {
		uint64_t value = instance->value[gauges[i].instance];

		set_gauge(container, gauges[i].container,
			  instance->has[gauges[i].instance] && value != INSTANCE_UNLIMITED, value);
	}
	set_computed(container, instance);
	for (size_t i = 0; i < COUNTERS - (usage ? 0 : USAGE_COUNTERS); i++)
		add_counter(files, container, i, instance);
	if (usage) {
		model_set_file(container, V_PROCESSES, instance->value[INSTANCE_PROCESSES]);
		model_set_file(container, V_THREADS, instance->value[INSTANCE_THREADS]);
	}
	return 0;
}

void container_files_clear(struct container *container)
{
	for (unsigned int i = 0; i < METRICS; i++) {
		if (metrics[i].source != SOURCE_FILE || metrics[i].kind != METRIC_GAUGE)
			continue;
		for (unsigned int j = 0; j < metrics[i].width; j++)
			model_clear_file(container, metrics[i].value + j);
	}
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
