/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "probe/configure.h"

/* Lowest value of a cell (histogram_cell() in bpf/lib/histogram.bpf.h). */
static uint64_t cell_low_ns(unsigned int cell)
{
	unsigned int octave = (cell >> 3) + 2;

	if (cell < 8)
		return cell;
	return octave < 64 ? (8ULL + (cell & 7)) << (octave - 3) : ~0ULL;
}

static void fill_histogram(const struct probe_settings *settings, struct probe_config *config)
{
	memset(config->histogram_bound_ns, 0xff, sizeof(config->histogram_bound_ns));
	for (unsigned int i = 0; i < HISTOGRAM_BOUNDS; i++)
		config->histogram_bound_ns[i] = settings->histogram_bound_ns[i];
	for (unsigned int cell = 0; cell < 512; cell++) {
		unsigned int bucket = 0;

		while (bucket < HISTOGRAM_BOUNDS && config->histogram_bound_ns[bucket] < cell_low_ns(cell))
			bucket++;
		config->histogram_first[cell] = bucket;
	}
}

static void fill_calls(struct probe_config *config)
{
	enum {
		CLASS_DESCRIPTOR = CALL_BY_DESCRIPTOR,
		WAIT_DESCRIPTOR = CALL_WAIT_BY_DESCRIPTOR,
#define CLASS(id) CLASS_##id = VALUE_INDEX(class, id)
		CLASS(FILE),
		CLASS(NETWORK),
		CLASS(MEMORY),
		CLASS(PROCESS),
		CLASS(SYNC),
		CLASS(TIME),
		CLASS(POLL),
		CLASS(IPC),
		CLASS(OTHER),
#undef CLASS
#define WAIT(id) WAIT_##id = VALUE_INDEX(wait_reason, id)
		WAIT(DISK),
		WAIT(NETWORK),
		WAIT(LOCK),
		WAIT(POLL),
		WAIT(SLEEP),
		WAIT(PIPE),
		WAIT(OTHER),
#undef WAIT
	};

	for (unsigned int number = 0; number < SYSCALL_NUMBERS; number++)
		config->call[number] = (struct call_kind){ .class = CLASS_OTHER, .wait = WAIT_OTHER };
#define SYSCALL(number, name, class_, wait_) \
	config->call[number] = (struct call_kind){ .class = CLASS_##class_, .wait = WAIT_##wait_ };
#include "classes.def"
#undef SYSCALL
#define TRANSFER(number, name, how) config->call[number].transfer = TRANSFER_##how;
#include "transfers.def"
#undef TRANSFER
}

void configure_fill(const struct probe_settings *settings, struct probe_config *ret_config)
{
	memset(ret_config, 0, sizeof(*ret_config));
	ret_config->cpus = settings->feature.possible_cpus;
	ret_config->cgroup_controller = settings->feature.cpu_controller;
	ret_config->cgroup_v1 = settings->cgroup_v1;
	ret_config->cgroup_hierarchy = settings->cgroup_hierarchy;
	ret_config->io_controller = settings->feature.io_controller;
	ret_config->memory_controller = settings->feature.memory_controller;
	ret_config->io_v1 = settings->io_v1;
	ret_config->has_rdonly_cast = settings->feature.rdonly_cast;
	ret_config->has_current_btf = settings->feature.current_btf;
	ret_config->has_socket_hooks = settings->feature.socket_hooks && settings->profile == PROBE_FULL;
	ret_config->uring = settings->feature.uring;
	ret_config->has_socket_storage = settings->feature.socket_storage;
	ret_config->is_preemptible = settings->feature.preemptible_others;
	ret_config->connections_per_cgroup = settings->connections / CONNECTION_SHARE;
	ret_config->waits = settings->profile != PROBE_LIGHT;
	ret_config->survey_copies = settings->profile == PROBE_LIGHT;
	ret_config->started_ns = settings->started_ns;
	fill_calls(ret_config);
	fill_histogram(settings, ret_config);
}
