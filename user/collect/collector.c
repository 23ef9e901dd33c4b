/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/time.h"
#include "collect/cgroups.h"
#include "collect/collector.h"
#include "model/journal_watch.h"
#include "read/events.h"
#include "read/machine_files.h"
#include "read/node_files.h"
#include "read/resident.h"

#define EVENTS_PER_TURN 256
#define TURNS_AT_ONCE \
	16 /* more than the buffer holds; whoever makes cgroups without end does not hold up a pass */
#define SWEEP_TICKS 10
#define MACHINE_NS (5 * 60 * NS_PER_S) /* what the machine is is looked at so often */
#define SLOTS_DEFAULT 16384
#define FOCUS_REST 9 /* after a notice: so many times as long as it took, whoever makes cgroups without end */

struct collector {
	struct paths paths;
	struct feature feature;
	struct cgroupfs cgroupfs;
	struct surroundings surroundings;
	struct cgroups *cgroups;
	struct names *names;
	struct model *model;
	struct history *history;
	struct probe *probe; /* NULL without BPF, as the next two */
	struct records *records;
	struct events *events;
	struct resident *resident; /* NULL also where the host's processes are out of sight */
	struct node_files *node_files;
	struct thread_owner owner;
	char reason[320];
	char news[320];
	uint32_t rounds; /* ticks in which the node's files are read once */
	uint32_t turns;  /* turns in which each container's are */
	uint64_t machine_read_ns;
	uint64_t ticks, read_ns, pass_ns;
	uint64_t kernel_memory; /* fixed once all is loaded */
	uint64_t lost;          /* notices, at the last walk */
	uint64_t lost_ns;       /* of that walk: not more often than once a second */
	uint64_t focus_rest_ns; /* until when notices do not bring a turn of the focus */
};

static void take_notices(struct collector *collector)
{
	for (int i = 0; collector->events && i < TURNS_AT_ONCE; i++)
		if (events_consume(collector->events, EVENTS_PER_TURN) < EVENTS_PER_TURN)
			return;
}

static struct cgroup *find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid)
{
	struct collector *collector = context;

	/* it was made while this pass runs: the notice knows its path also where procfs shows another, or its process is gone */
	if (!cgroups_knows(collector->cgroups, cgroup_id))
		take_notices(collector);
	return cgroups_get(collector->cgroups, cgroup_id, pid, collector->owner.now_ns,
			   collector->owner.realtime_ns);
}

static void on_victim(void *context, const struct oom_victim *victim, const struct program *program)
{
	const struct collector *collector = context;
	const struct container *container = program ? program->container : NULL;
	const struct journal_entry entry = {
		.type = JOURNAL_oom_kill,
		.namespace = container ? container->namespace : NULL,
		.pod = container ? container->pod : NULL,
		.container = container ? container->name : NULL,
		.program = program ? program->name : victim->name,
		.pid = victim->tgid,
		.number[0] = victim->limit_bytes,
	};

	journal_add(collector->model->journal, &entry);
}

static void on_cgroup(void *context, const struct event_cgroup *event)
{
	struct collector *collector = context;

	cgroups_notice(collector->cgroups, event, time_monotonic_ns(), time_realtime_ns());
}

static void set_time(struct collector *collector)
{
	collector->owner.now_ns = time_monotonic_ns();
	collector->owner.realtime_ns = time_realtime_ns();
	if (collector->model)
		journal_set_time(collector->model->journal, collector->owner.now_ns,
				 collector->owner.realtime_ns);
}

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
	const struct events_handlers handlers = { .cgroup = on_cgroup, .context = collector };
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
	set_time(collector);
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

/* What of metrics.def cannot be told here; asked again at each tick, for a program may go. */
static void set_missing(struct collector *collector)
{
	const struct probe *probe = collector->probe;
	bool switches = probe && probe_is_up(probe, PROBE_sched_switch);
	bool calls = probe &&
		     (probe_is_up(probe, PROBE_sys_exit) || probe_is_up(probe, PROBE_sys_exit_tracepoint));
	bool enters = probe &&
		      (probe_is_up(probe, PROBE_sys_enter) || probe_is_up(probe, PROBE_sys_enter_tracepoint));
	bool disks = probe && probe_is_up(probe, PROBE_block_rq_complete);
	bool victims = probe &&
		       (probe_is_up(probe, PROBE_mark_victim) || probe_is_up(probe, PROBE_mark_victim_pid));
	bool retransmits = probe && probe_is_up(probe, PROBE_tcp_retransmit_skb) &&
			   probe_is_up(probe, PROBE_tcp_retransmit_synack);
	bool resets = probe && probe_is_up(probe, PROBE_tcp_send_reset) &&
		      probe_is_up(probe, PROBE_tcp_receive_reset);
	bool tcp = probe && probe_is_up(probe, PROBE_inet_sock_set_state);
	bool tasks = switches || (probe && probe_is_up(probe, PROBE_survey));

	collector->model->missing = !tasks << NEEDS_TASKS | !switches << NEEDS_SWITCHES |
				    !calls << NEEDS_CALLS | !(calls && enters) << NEEDS_LATENCY |
				    !disks << NEEDS_DISKS | !victims << NEEDS_VICTIMS |
				    !(tasks && collector->resident) << NEEDS_RESIDENT |
				    (probe && !tasks) << NEEDS_USAGE | !tcp << NEEDS_TCP |
				    !retransmits << NEEDS_RETRANSMITS | !resets << NEEDS_RESETS;
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

static int collector_init(struct collector *collector, const struct options *options,
			  const struct series_costs *costs)
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
	collector->owner.find_cgroup = find_cgroup;
	collector->owner.on_victim = on_victim;
	collector->owner.context = collector;
	set_time(collector);
	cgroupfs_init(&collector->paths, &collector->cgroupfs);
	surroundings_look(&collector->paths, &collector->cgroupfs, &collector->surroundings);
	error = model_new(&limits, collector->owner.realtime_ns, &collector->model);
	if (error)
		return error;
	collector->owner.model = collector->model;
	set_time(collector);
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
	set_missing(collector);
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
	error = collector_init(collector, options, costs);
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

int collector_ask_runtimes(struct collector *collector, struct transfers *transfers,
			   const struct runtimes_settings *settings)
{
	return names_ask_runtimes(collector->names, transfers, settings);
}

const struct names *collector_names(const struct collector *collector)
{
	return collector->names;
}

void collector_events(struct collector *collector)
{
	uint64_t end_ns;

	if (!collector->events)
		return;
	events_consume(collector->events, EVENTS_PER_TURN);
	/* a cgroup may have been made for a container that is looked at */
	set_time(collector);
	if (collector->owner.now_ns < collector->focus_rest_ns)
		return; /* the next turn has it */
	focus_reader_turn(records_focus(collector->records), collector->owner.now_ns,
			  collector->owner.realtime_ns);
	end_ns = time_monotonic_ns();
	collector->focus_rest_ns = end_ns + FOCUS_REST * (end_ns - collector->owner.now_ns);
}

int collector_events_fd(const struct collector *collector)
{
	return collector->events ? events_fd(collector->events) : -1;
}

void collector_pass(struct collector *collector)
{
	set_time(collector);
	/* names first: a container's path is told before any of its threads is met */
	take_notices(collector);
	if (collector->records)
		records_pass(collector->records, &collector->owner);
	model_expire(collector->model, collector->owner.now_ns);
	collector->read_ns = collector->owner.now_ns;
	collector->pass_ns = time_monotonic_ns() - collector->owner.now_ns;
}

static void read_node_files(struct collector *collector)
{
	struct container *node = collector->model->node;

	if (!collector->node_files)
		return;
	file_growth_begin(node->file_growth, collector->read_ns);
	node_files_read(collector->node_files, node, collector->probe ? 0 : NODE_FILES_USAGE);
}

void collector_tick(struct collector *collector)
{
	enum probe_program changed;

	collector_pass(collector);
	set_missing(collector);
	journal_watch_tick(collector->model);
	series_tick(collector->model, collector->read_ns);
	history_tick(collector->history, collector->model, collector->read_ns, collector->owner.realtime_ns);
	if (collector->probe) {
		changed = probe_tend(collector->probe);
		if (changed != PROBE_none)
			snprintf(collector->news, sizeof(collector->news),
				 "the kernel skipped a program: '%s' took over",
				 probe_status(collector->probe, changed)->name);
		focus_reader_tick(records_focus(collector->records), collector->owner.realtime_ns);
		if (collector->ticks % SWEEP_TICKS == SWEEP_TICKS - 1)
			records_sweep(collector->records, &collector->owner);
	}
	if (collector->ticks % (collector->rounds ?: 1) == 0 ||
	    collector->read_ns < collector->model->viewed_until_ns)
		read_node_files(collector);
	collector->ticks++;
}

/* A notice that was lost may have been of any cgroup. */
static void resync(struct collector *collector)
{
	uint64_t lost = 0;

	for (unsigned int i = 0; i < EVENTS; i++)
		lost += collector_dropped(collector, i);
	if (lost == collector->lost || collector->owner.now_ns - collector->lost_ns < NS_PER_S)
		return;
	collector->lost = lost;
	collector->lost_ns = collector->owner.now_ns;
	cgroups_walk(collector->cgroups, collector->owner.now_ns, collector->owner.realtime_ns);
}

void collector_turn(struct collector *collector)
{
	set_time(collector);
	resync(collector);
	if (collector->records) {
		records_drain(collector->records, &collector->owner);
		focus_reader_turn(records_focus(collector->records), collector->owner.now_ns,
				  collector->owner.realtime_ns);
	}
	if (collector->resident)
		resident_turn(collector->resident, collector->owner.now_ns);
	cgroups_read(collector->cgroups, collector->owner.now_ns, collector->owner.realtime_ns);
	names_turn(collector->names, collector->owner.now_ns, collector->owner.realtime_ns);
}

void collector_read_host_devices(struct collector *collector)
{
	cgroups_read_host_devices(collector->cgroups);
}

void collector_each_thread(const struct collector *collector, uint32_t tgid, records_thread_visit *visit,
			   void *context)
{
	if (collector->records)
		records_each_thread(collector->records, tgid, visit, context);
}

void collector_want_machine(struct collector *collector)
{
	set_time(collector);
	if (collector->machine_read_ns && collector->owner.now_ns - collector->machine_read_ns < MACHINE_NS)
		return;
	machine_files_read(&collector->paths, &collector->model->machine);
	collector->machine_read_ns = collector->owner.now_ns;
}

void collector_want_processes(struct collector *collector)
{
	if (collector->resident)
		resident_want(collector->resident, time_monotonic_ns());
}

void collector_want_instances(struct collector *collector)
{
	set_time(collector);
	cgroups_want_instances(collector->cgroups, collector->owner.now_ns, collector->owner.realtime_ns);
	collector_want_machine(collector);
}

struct model *collector_model(const struct collector *collector)
{
	return collector->model;
}

struct history *collector_history(const struct collector *collector)
{
	return collector->history;
}

bool collector_has_bpf(const struct collector *collector)
{
	return collector->probe;
}

const char *collector_reason(const struct collector *collector)
{
	return collector->reason;
}

const struct probe *collector_probe(const struct collector *collector)
{
	return collector->probe;
}

const struct records_statistics *collector_statistics(const struct collector *collector)
{
	return collector->records ? records_statistics(collector->records) : NULL;
}

uint64_t collector_read_ns(const struct collector *collector)
{
	return collector->read_ns;
}

uint64_t collector_pass_ns(const struct collector *collector)
{
	return collector->pass_ns;
}

uint64_t collector_kernel_memory(const struct collector *collector)
{
	return collector->kernel_memory;
}

uint64_t collector_dropped(const struct collector *collector, unsigned int type)
{
	return collector->records ? records_dropped(collector->records, type) : 0;
}

uint64_t collector_malformed(const struct collector *collector)
{
	return collector->events ? events_malformed(collector->events) : 0;
}

const struct surroundings *collector_surroundings(const struct collector *collector)
{
	return &collector->surroundings;
}

const char *collector_network_reason(const struct collector *collector)
{
	return cgroups_network_reason(collector->cgroups);
}

const char *collector_news(struct collector *collector)
{
	static char last[sizeof(collector->news)];

	memcpy(last, collector->news, sizeof(last));
	collector->news[0] = '\0';
	return last;
}
