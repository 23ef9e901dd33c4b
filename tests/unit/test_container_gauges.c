/* SPDX-License-Identifier: Apache-2.0 */
/* Gauges of a container with several instances that live at once. */
#include "read/container_gauges.h"

#include <criterion/criterion.h>

#define INSTANCES 4

static struct container container;
static struct cgroup cgroups[INSTANCES];
static struct instance instances[INSTANCES];

static void set(unsigned int i, enum instance_value index, uint64_t value)
{
	instances[i].value[index] = value;
	instances[i].has[index] = true;
}

static void set_up(void)
{
	for (unsigned int i = 0; i < INSTANCES; i++) {
		cgroups[i].instance = &instances[i];
		cgroups[i].next_instance = container.instances;
		container.instances = &cgroups[i];
		if (i == INSTANCES - 1) /* not read yet */
			break;
		set(i, INSTANCE_START_TIME, 1009 + 100 * (i % 2));
		set(i, INSTANCE_MEMORY_USAGE, 10007 + i);
		set(i, INSTANCE_MEMORY_INACTIVE_FILE, i < 2 ? 5003 : 20011);
		set(i, INSTANCE_MEMORY_LIMIT, 40009);
		set(i, INSTANCE_THREADS_LIMIT, i < 2 ? 101 : INSTANCE_UNLIMITED);
		set(i, INSTANCE_CPU_QUOTA, 50000);
		set(i, INSTANCE_CPU_PERIOD, 100000);
		set(i, INSTANCE_PROCESSES, 3 + i);
		set(i, INSTANCE_THREADS, 13 + i);
	}
	set(0, INSTANCE_MEMORY_SWAP, 4099);
}

TestSuite(container_gauges, .init = set_up);

static bool has(unsigned int index)
{
	return container.has_file[index - PROGRAM_VALUES];
}

#define assert_value(index, expected)                                                 \
	do {                                                                          \
		cr_expect(has(index), "%s is not set", #index);                       \
		cr_expect(container.value[index] == (expected), "%s is %llu", #index, \
			  (unsigned long long)container.value[index]);                \
	} while (0)

Test(container_gauges, usage_is_the_sum_of_those_that_know_it)
{
	container_gauges_sum(&container, false);
	assert_value(V_MEMORY_USAGE, 10007 + 10008 + 10009);
	assert_value(V_MEMORY_WORKING_SET, 5004 + 5005 + 0);
	assert_value(V_MEMORY_SWAP, 4099);
	cr_expect_not(has(V_MEMORY_RSS));
	cr_expect_eq(container.value[V_PROCESSES], 0); /* BPF counts it */
}

Test(container_gauges, a_limit_is_one_where_all_have_one)
{
	container_gauges_sum(&container, false);
	assert_value(V_MEMORY_LIMIT, 3 * 40009);
	assert_value(V_CPU_LIMIT, 3 * 500);
	cr_expect_not(has(V_PROCESSES_LIMIT));
	cgroups[2].removed = true; /* the unlimited one */
	container_gauges_sum(&container, false);
	assert_value(V_PROCESSES_LIMIT, 2 * 101);
	assert_value(V_MEMORY_LIMIT, 2 * 40009);
}

Test(container_gauges, the_start_is_that_of_the_newest)
{
	container_gauges_sum(&container, false);
	assert_value(V_START_TIME, 1109);
	cgroups[1].removed = true;
	container_gauges_sum(&container, false);
	assert_value(V_START_TIME, 1009);
}

Test(container_gauges, without_bpf_processes_and_threads_are_sums_too)
{
	container_gauges_sum(&container, true);
	cr_expect_eq(container.value[V_PROCESSES], 3 + 4 + 5);
	cr_expect_eq(container.value[V_THREADS], 13 + 14 + 15);
}

Test(container_gauges, nothing_is_left_when_all_are_gone)
{
	container_gauges_sum(&container, true);
	for (unsigned int i = 0; i < INSTANCES; i++)
		cgroups[i].removed = true;
	container.has_old_gauges = true;
	container_gauges_sum(&container, true);
	cr_expect_not(has(V_MEMORY_USAGE));
	cr_expect_not(has(V_MEMORY_LIMIT));
	cr_expect_not(has(V_START_TIME));
	cr_expect_eq(container.value[V_THREADS], 0);
	cr_expect_not(container.has_old_gauges);
}
