/* SPDX-License-Identifier: Apache-2.0 */
#include "read/container_gauges.h"

static bool get(const struct instance *instance, enum instance_value index, uint64_t *ret_value)
{
	*ret_value = instance->value[index];
	return instance->has[index] && *ret_value != INSTANCE_UNLIMITED;
}

static bool get_working_set(const struct instance *instance, uint64_t *ret_value)
{
	uint64_t usage, inactive;

	if (!get(instance, INSTANCE_MEMORY_USAGE, &usage) ||
	    !get(instance, INSTANCE_MEMORY_INACTIVE_FILE, &inactive))
		return false;
	*ret_value = usage > inactive ? usage - inactive : 0;
	return true;
}

static bool get_cpu_limit(const struct instance *instance, uint64_t *ret_value)
{
	uint64_t quota, period;

	if (!get(instance, INSTANCE_CPU_QUOTA, &quota) || !get(instance, INSTANCE_CPU_PERIOD, &period) ||
	    period == 0 || __builtin_mul_overflow(quota, 1000, &quota))
		return false;
	*ret_value = quota / period;
	return true;
}

enum rule { RULE_SUM, RULE_LIMIT, RULE_NEWEST };

static const struct row {
	unsigned int container;
	enum rule rule;
	enum instance_value instance;
	bool (*get)(const struct instance *instance,
		    uint64_t *ret_value); /* NULL: one number of the kernel */
} rows[] = {
	{ V_START_TIME, RULE_NEWEST, INSTANCE_START_TIME, NULL },
	{ V_MEMORY_USAGE, RULE_SUM, INSTANCE_MEMORY_USAGE, NULL },
	{ V_MEMORY_RSS, RULE_SUM, INSTANCE_MEMORY_RSS, NULL },
	{ V_MEMORY_CACHE, RULE_SUM, INSTANCE_MEMORY_CACHE, NULL },
	{ V_MEMORY_SWAP, RULE_SUM, INSTANCE_MEMORY_SWAP, NULL },
	{ V_MEMORY_WORKING_SET, RULE_SUM, 0, get_working_set },
	{ V_MEMORY_LIMIT, RULE_LIMIT, INSTANCE_MEMORY_LIMIT, NULL },
	{ V_PROCESSES_LIMIT, RULE_LIMIT, INSTANCE_THREADS_LIMIT, NULL },
	{ V_CPU_LIMIT, RULE_LIMIT, 0, get_cpu_limit },
	/* with usage only */
	{ V_PROCESSES, RULE_SUM, INSTANCE_PROCESSES, NULL },
	{ V_THREADS, RULE_SUM, INSTANCE_THREADS, NULL },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define USAGE_ROWS 2

/* One that was not read yet says nothing, not even that it is unlimited. */
static bool is_living(const struct cgroup *cgroup)
{
	return !cgroup->removed && cgroup->instance && cgroup->instance->has[INSTANCE_START_TIME];
}

static void sum_row(struct container *container, const struct row *row)
{
	bool any = false, all = true;
	uint64_t sum = 0;

	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		uint64_t value = 0;
		bool has;

		if (!is_living(cgroup))
			continue;
		has = row->get ? row->get(cgroup->instance, &value) :
				 get(cgroup->instance, row->instance, &value);
		any |= has;
		all &= has;
		if (!has)
			continue;
		if (row->rule == RULE_NEWEST)
			sum = value > sum ? value : sum;
		else if (__builtin_add_overflow(sum, value, &sum))
			sum = UINT64_MAX;
	}
	if (any && (all || row->rule != RULE_LIMIT))
		model_set_file(container, row->container, sum);
	else if (row->container >= PROGRAM_VALUES)
		model_clear_file(container, row->container);
	else
		model_set_file(container, row->container, 0);
}

void container_gauges_sum(struct container *container, bool usage)
{
	for (size_t i = 0; i < ROWS - (usage ? 0 : USAGE_ROWS); i++)
		sum_row(container, &rows[i]);
	container->has_old_gauges = false;
}
