/* SPDX-License-Identifier: Apache-2.0 */
/* From the settings to the first reading: BPF with all that belongs to it, or files alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/time.h"
#include "collect/collector_state.h"

#define SLOTS_DEFAULT 16384

/* Threads of the machine, from "x.xx x.xx x.xx running/all last" of loadavg; 0 when not known. */
static uint32_t count_threads(const struct paths *paths)
{
	char path[256], text[128];
	const char *slash;

	snprintf(path, sizeof(path), "%s/loadavg", paths->procfs);
	if (file_read_at(-1, path, text, sizeof(text)) < 0)
		return 0;
	slash = strchr(text, '/');
	return slash ? strtoul(slash + 1, NULL, 10) : 0;
}

static uint32_t choose_slots(const struct options *options, const struct collector *collector)
{
	uint32_t cpus = collector->feature.possible_cpus, wanted = options->bpf_slots;

	if (!wanted) {
		wanted = 4 * count_threads(&collector->paths);
		if (wanted < SLOTS_DEFAULT)
			wanted = SLOTS_DEFAULT;
		if (wanted > options->bpf_max_slots)
			wanted = options->bpf_max_slots;
	}
	return wanted + cpus;
}

static int start_resident(struct collector *collector, const struct options *options)
{
	const struct resident_settings settings = {
		.probe = collector->probe,
		.paths = &collector->paths,
		.model = collector->model,
		.turn_ns = COLLECTOR_TURN_NS,
		.interval_ns = options->interval_files_ns,
	};

	/* iterators and procfs know only the processes of their own namespace */
	if (collector->surroundings.lacks[SURROUNDING_HOST_PIDS])
		return 0;
	return resident_new(&settings, &collector->resident);
}

static int start_bpf(struct collector *collector, const struct options *options)
{
	struct probe_settings settings = {
		.profile = 1U << options->profile,
		.feature = collector->feature,
		.slots = choose_slots(options, collector),
		.groups = options->bpf_max_cgroups,
		.connections = options->limits_connections,
		.cgroup_v1 = cgroupfs_has_v1_cpu(&collector->cgroupfs),
		.cgroup_hierarchy = collector->cgroupfs.v1_id[CONTROLLER_CPU],
		.io_v1 = collector->cgroupfs.v1_id[CONTROLLER_BLKIO],
		.started_ns = time_boottime_ns(),
	};
	const struct events_handlers handlers = { .cgroup = collector_state_on_cgroup, .context = collector };
	int error;

	metric_histogram_bounds_ns(settings.histogram_bound_ns);
	error = probe_new(&settings, &collector->probe);
	if (error)
		return error;
	error = events_new(collector->probe, &handlers, &collector->events);
	if (error)
		return error;
	error = records_new(collector->probe, &collector->feature, collector->model, &collector->records);
	if (error)
		return error;
	/* hooks last, so that nothing is lost; threads that are there first, so that their names and bases are */
	probe_attach_early(collector->probe);
	records_survey(collector->records,
		       true); /* without it, threads get their records when they first run */
	records_survey_sockets(collector->records, true); /* -ENOENT before 5.11 */
	probe_attach(collector->probe);
	records_survey_sockets(collector->records, false);
	collector->kernel_memory = probe_kernel_memory(collector->probe);
	collector_state_set_time(collector);
	records_settle(collector->records, &collector->owner);
	return start_resident(collector, options);
}

static void stop_bpf(struct collector *collector)
{
	resident_free(collector->resident);
	records_free(collector->records);
	events_free(collector->events);
	probe_free(collector->probe);
	collector->resident = NULL;
	collector->records = NULL;
	collector->events = NULL;
	collector->probe = NULL;
}

/* The first refusal says most about why nothing works. */
static void set_reason(struct collector *collector, int error)
{
	static const enum surrounding forbids[] = { SURROUNDING_HOST_USERS, SURROUNDING_PRIVILEGES };

	snprintf(collector->reason, sizeof(collector->reason), "%s", strerror(-error));
	for (size_t i = 0; error == -EPERM && i < sizeof(forbids) / sizeof(forbids[0]); i++)
		if (collector->surroundings.lacks[forbids[i]])
			snprintf(collector->reason, sizeof(collector->reason), "%s",
				 surrounding_texts[forbids[i]].lack);
	if (!collector->feature.btf)
		snprintf(collector->reason, sizeof(collector->reason),
			 "no type information of the kernel: cannot read /sys/kernel/btf/vmlinux");
}

static int start_cgroups(struct collector *collector, const struct options *options, bool usage)
{
	struct cgroups_settings settings = {
		.paths = &collector->paths,
		.cgroupfs = &collector->cgroupfs,
		.model = collector->model,
		.names = collector->names,
		.usage = usage,
		.rounds = collector->turns,
		.interval_ns = options->interval_files_ns,
		.grace_ns = options->containers_grace_time_ns,
		.parents = options->cadvisor_parents,
	};

	cgroups_free(collector->cgroups);
	collector->cgroups = NULL;
	return cgroups_new(&settings, &collector->cgroups);
}

static int init(struct collector *collector, const struct options *options, const struct series_costs *costs)
{
	const struct model_limits limits = {
		.series = options->limits_series,
		.costs = costs ? *costs : (struct series_costs){},
		.containers = options->limits_containers,
		.programs_per_container = options->limits_programs_per_container,
		.processes = options->limits_processes,
		.connections = options->limits_connections,
		.label_length = options->limits_label_length,
		.grace_ns = options->containers_grace_time_ns,
	};
	int error;

	collector->paths = (struct paths){ options->path_procfs, options->path_sysfs,
					   options->path_cgroupfs };
	collector->rounds = options->interval_files_ns / options->interval_tick_ns;
	collector->turns = options->interval_files_ns / COLLECTOR_TURN_NS;
	collector->owner.find_cgroup = collector_state_find_cgroup;
	collector->owner.on_victim = collector_state_on_victim;
	collector->owner.context = collector;
	collector_state_set_time(collector);
	cgroupfs_init(&collector->paths, &collector->cgroupfs);
	surroundings_look(&collector->paths, &collector->cgroupfs, &collector->surroundings);
	error = model_new(&limits, collector->owner.realtime_ns, &collector->model);
	if (error)
		return error;
	collector->owner.model = collector->model;
	collector_state_set_time(collector);
	error = history_new(options->history_memory, &collector->history);
	if (error)
		return error;
	error = names_new(collector->model, options->containers_grace_time_ns, &collector->names);
	error = error ?: start_cgroups(collector, options, false);
	if (error)
		return error;
	if (options->bpf_enabled) {
		feature_detect(&collector->feature);
		error = start_bpf(collector, options);
		if (error) {
			set_reason(collector, error);
			stop_bpf(collector);
		}
	} else {
		snprintf(collector->reason, sizeof(collector->reason), "switched off by --no-bpf.enabled");
	}
	if (!collector->probe) {
		error = start_cgroups(collector, options, true);
		if (error)
			return error;
	}
	collector_state_set_missing(collector);
	cgroups_walk(collector->cgroups, collector->owner.now_ns, collector->owner.realtime_ns);
	error = node_files_open(&collector->paths, &collector->node_files);
	if (error && !collector->probe)
		return error;
	return 0;
}

int collector_new(const struct options *options, const struct series_costs *costs,
		  struct collector **ret_collector, char *message, size_t message_size)
{
	_cleanup_(cleanup_collector) struct collector *collector = calloc(1, sizeof(*collector));
	int error;

	if (!collector)
		return -ENOMEM;
	collector->cgroupfs.v2_fd = -1;
	for (int i = 0; i < CONTROLLERS; i++)
		collector->cgroupfs.v1_fd[i] = -1;
	error = init(collector, options, costs);
	if (error) {
		snprintf(message, message_size,
			 "there is nothing to read: no BPF (%s), no procfs at '%s' (%s)", collector->reason,
			 options->path_procfs, strerror(-error));
		return error;
	}
	*ret_collector = take_ptr(collector);
	return 0;
}

void collector_free(struct collector *collector)
{
	if (!collector)
		return;
	stop_bpf(collector);
	cgroups_free(collector->cgroups);
	names_free(collector->names);
	node_files_free(collector->node_files);
	history_free(collector->history);
	model_free(collector->model);
	cgroupfs_done(&collector->cgroupfs);
	free(collector);
}
