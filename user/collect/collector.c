/* SPDX-License-Identifier: Apache-2.0 */
/* The readings: at ticks, between them, and for those who look. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "collect/collector_state.h"
#include "model/journal_watch.h"
#include "read/machine_files.h"

#define EVENTS_PER_TURN 256
#define TURNS_AT_ONCE \
	16 /* more than the buffer holds; whoever makes cgroups without end does not hold up a pass */
#define SWEEP_TICKS 10
#define MACHINE_NS (5 * 60 * NS_PER_S) /* what the machine is is looked at so often */
#define FOCUS_REST 9 /* after a notice: so many times as long as it took, whoever makes cgroups without end */

static void take_notices(struct collector *collector)
{
	for (int i = 0; collector->events && i < TURNS_AT_ONCE; i++)
		if (events_consume(collector->events, EVENTS_PER_TURN) < EVENTS_PER_TURN)
			return;
}

struct cgroup *collector_state_find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid)
{
	struct collector *collector = context;

	/* it was made while this pass runs: the notice knows its path also where procfs shows another, or its process is gone */
	if (!cgroups_knows(collector->cgroups, cgroup_id))
		take_notices(collector);
	return cgroups_get(collector->cgroups, cgroup_id, pid, collector->owner.now_ns,
			   collector->owner.realtime_ns);
}

void collector_state_on_victim(void *context, const struct oom_victim *victim, const struct program *program)
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

void collector_state_on_cgroup(void *context, const struct event_cgroup *event)
{
	struct collector *collector = context;

	cgroups_notice(collector->cgroups, event, time_monotonic_ns(), time_realtime_ns());
}

void collector_state_set_time(struct collector *collector)
{
	collector->owner.now_ns = time_monotonic_ns();
	collector->owner.realtime_ns = time_realtime_ns();
	if (collector->model)
		journal_set_time(collector->model->journal, collector->owner.now_ns,
				 collector->owner.realtime_ns);
}

void collector_state_set_missing(struct collector *collector)
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
	bool udp = probe && probe_is_up(probe, PROBE_udp_fail_queue_rcv_skb);
	bool tasks = switches || (probe && probe_is_up(probe, PROBE_survey));

	collector->model->missing = !tasks << NEEDS_TASKS | !switches << NEEDS_SWITCHES |
				    !calls << NEEDS_CALLS | !(calls && enters) << NEEDS_LATENCY |
				    !disks << NEEDS_DISKS | !victims << NEEDS_VICTIMS |
				    !(tasks && collector->resident) << NEEDS_RESIDENT |
				    (probe && !tasks) << NEEDS_USAGE | !tcp << NEEDS_TCP |
				    !retransmits << NEEDS_RETRANSMITS | !resets << NEEDS_RESETS |
				    !udp << NEEDS_UDP;
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
	collector_state_set_time(collector);
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
	collector_state_set_time(collector);
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
	collector_state_set_missing(collector);
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
	collector_state_set_time(collector);
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
	collector_state_set_time(collector);
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

void collector_want_addresses(struct collector *collector)
{
	cgroups_want_addresses(collector->cgroups, time_monotonic_ns());
}

void collector_want_instances(struct collector *collector)
{
	collector_state_set_time(collector);
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
