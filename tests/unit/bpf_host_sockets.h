/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Two tasks, each in a cgroup of its own, that have sockets: what tests of TCP begin with. */
#include "bpf_host_setup.h"
#include "record_tcp.h"

#define ROOT 1 /* the cgroup above all */

static struct probe_config config;
static struct host_task *task_a, *task_b;

static void setup(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	task_a = host_task_new(NULL, 101, AFTER, CGROUP_A, "a");
	task_b = host_task_new(NULL, 103, AFTER, CGROUP_B, "b");
	host_set_time(1000);
}

static void teardown(void)
{
	host_task_free(task_a);
	host_task_free(task_b);
	host_stop();
}
