/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Two tasks of one cgroup, which began after the daemon and have not run: what tests of context switches begin with. */
#include "bpf_host_setup.h"

static struct probe_config config;
static struct host_task *task, *other;

static void set_up(void)
{
	host_settings(&config);
	host_start(&config, SLOTS, GROUPS);
	task = host_task_new(NULL, 101, AFTER, CGROUP_A, "worker");
	other = host_task_new(NULL, 103, AFTER + 1, CGROUP_A, "other");
}

static void tear_down(void)
{
	host_task_free(task);
	host_task_free(other);
	host_stop();
}
