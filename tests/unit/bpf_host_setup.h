/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the tests of bpf/ begin with: the settings of profile full on a kernel that has everything. */
#include <string.h>

#include "bpf_host.h"
#include "equal.h"
#include "model/metric.h"
#include "probe/configure.h"

#define STARTED 1000003 /* CLOCK_BOOTTIME: threads that began later are births */
#define BEFORE 1009
#define AFTER 2000003
#define SLOTS 64
#define GROUPS 16
#define FIRST_SLOT HOST_CPUS
#define CGROUP_A 4099
#define CGROUP_B 4111

#define CALL(x) (V_SYSCALLS + VALUE_INDEX(class, x))
#define ERROR(x) (V_SYSCALL_ERRORS + VALUE_INDEX(class, x))
#define WAIT(x) (V_WAIT + VALUE_INDEX(wait_reason, x))
#define VOLUNTARY (V_SWITCHES + VALUE_INDEX(switch_type, VOLUNTARY))
#define INVOLUNTARY (V_SWITCHES + VALUE_INDEX(switch_type, INVOLUNTARY))

static inline void host_settings(struct probe_config *config)
{
	struct probe_settings settings = {
		.profile = PROBE_FULL,
		.feature = { .btf = true,
			     .rdonly_cast = true,
			     .current_btf = true,
			     .socket_storage = true,
			     .cpu_controller = 1,
			     .possible_cpus = HOST_CPUS },
		.connections = 24,
		.started_ns = STARTED,
	};

	metric_histogram_bounds_ns(settings.histogram_bound_ns);
	configure_fill(&settings, config);
}

/* Leaves as the kernel lets it: counted as a voluntary switch or not, then the hook. */
static inline void host_leave(struct host_task *prev, bool preempted, __u32 state, struct host_task *next)
{
	if (prev) {
		host_task_set_state(prev, state, false);
		host_task_add(prev, preempted || !state ? INVOLUNTARY : VOLUNTARY, 1);
	}
	host_sched_switch(preempted, prev, next);
}

/* The slot of what CPU 0 runs, its record, and the slot of a pid; 0 where it has none. */
static inline __u32 current_slot(void)
{
	return host_cpu(0)->slot;
}

static inline struct record *current_record(void)
{
	return host_record(current_slot());
}

static inline __u32 slot_of(__u32 pid)
{
	bool far;

	return host_slot(pid, &far);
}
