/* SPDX-License-Identifier: Apache-2.0 */
/* What the collector says about itself: the rows SELF of metrics.def. */
#include <stdio.h>
#include <string.h>

#include "collect/collector.h"
#include "model/journal.h"
#include "read/events.h"

static void describe_probes(const struct collector *collector, struct self *self)
{
	const struct probe *probe = collector_probe(collector);

	if (!probe) {
		self_set(self, SELF_PROBE_UP, "bpf", collector_reason(collector), 0);
		return;
	}
	for (unsigned int i = 0; i < PROBE_PROGRAMS; i++) {
		const struct probe_status *status = probe_status(probe, i);

		if (!status->wanted)
			continue;
		self_set(self, SELF_PROBE_UP, status->name, status->reason, probe_is_up(probe, i));
		self_set(self, SELF_PROBE_MISSES, status->name, NULL, status->misses);
	}
}

static void describe_records(const struct collector *collector, struct self *self)
{
	static const char *const accounts[ACCOUNTS] = {
		[ACCOUNT_SYSCALLS] = "syscalls", [ACCOUNT_SWITCHES] = "switches", [ACCOUNT_BIRTHS] = "births",
		[ACCOUNT_DEATHS] = "deaths",     [ACCOUNT_BYTES] = "bytes",
	};
	const struct records_statistics *statistics = collector_statistics(collector);

	if (!statistics)
		return;
	for (unsigned int i = 0; i < ACCOUNTS; i++)
		self_set(self, SELF_ACCOUNTING_DIFFERENCE, accounts[i], NULL, statistics->difference[i]);
	self_set(self, SELF_UNATTRIBUTED, "syscalls", NULL, statistics->unattributed_calls);
	self_set(self, SELF_UNATTRIBUTED, "switches", NULL, statistics->unattributed_switches);
	self_set(self, SELF_UNATTRIBUTED, "births", NULL, statistics->unattributed_births);
	self_set(self, SELF_UNATTRIBUTED, "bytes", NULL, statistics->unattributed_bytes);
	self_set(self, SELF_UNATTRIBUTED, "messages", NULL, statistics->unattributed_messages);
	self_set(self, SELF_UNATTRIBUTED, "io_uring", NULL, statistics->unattributed_uring);
	self_set(self, SELF_UNATTRIBUTED, "connections", NULL, statistics->unattributed_connections);
	self_set(self, SELF_UNATTRIBUTED, "groups", NULL, statistics->no_group);
	self_set(self, SELF_SERIES_FOLDED, "groups", NULL, statistics->crowded);
	self_set(self, SELF_UNATTRIBUTED, "disk_requests", NULL, statistics->disks.unattributed);
	self_set(self, SELF_UNATTRIBUTED, "disk_completions", NULL, statistics->disks.lost);
	self_set(self, SELF_UNATTRIBUTED, "oom_kills", NULL, statistics->unattributed_victims);
	self_set(self, SELF_MAP_ENTRIES, "connections", NULL, statistics->connections);
	self_set(self, SELF_MAP_CAPACITY, "connections", NULL, statistics->connection_capacity);
	self_set(self, SELF_MAP_ENTRIES, "disks", NULL, statistics->disks.entries);
	self_set(self, SELF_MAP_CAPACITY, "disks", NULL, statistics->disks.capacity);
	self_set(self, SELF_UNATTRIBUTED_CPU, NULL, NULL, statistics->unattributed_cpu_ns);
	self_set(self, SELF_MAP_ENTRIES, "records", NULL, statistics->live);
	self_set(self, SELF_MAP_CAPACITY, "records", NULL, statistics->capacity);
	self_set(self, SELF_MAP_ENTRIES, "groups", NULL, statistics->groups);
	self_set(self, SELF_MAP_CAPACITY, "groups", NULL, statistics->group_capacity);
	self_set(self, SELF_REPAIRS, "stale_slot", NULL, statistics->stale_slots);
	self_set(self, SELF_REPAIRS, "orphaned_record", NULL, statistics->orphans);
}

static void describe_focus(const struct focus *focus, struct self *self)
{
	uint64_t taken = 0;

	for (unsigned int i = 0; i < FOCUS_PLACES; i++)
		taken += focus->place[i].is_taken;
	self_set(self, SELF_MAP_ENTRIES, "focuses", NULL, taken);
	self_set(self, SELF_MAP_CAPACITY, "focuses", NULL, FOCUS_PLACES);
	self_set(self, SELF_SERIES_FOLDED, "focuses", NULL, focus->refused);
}

static void describe_events(const struct collector *collector, struct self *self)
{
	for (unsigned int i = 0; i < EVENTS; i++)
		self_set(self, SELF_EVENTS_DROPPED, events_type_name(i), "full",
			 collector_dropped(collector, i));
	self_set(self, SELF_EVENTS_DROPPED, "any", "malformed", collector_malformed(collector));
}

static void describe_runtimes(const struct names *names, struct self *self)
{
	const struct runtimes *runtimes = names_runtimes(names);
	struct runtimes_counts counts = {};
	struct runtime_status status;

	if (runtimes)
		runtimes_count(runtimes, &counts);
	self_set(self, SELF_SERIES_FOLDED, "names", NULL, names_folded(names) + counts.dropped);
	for (size_t i = 0; runtimes && i < runtimes_status(runtimes, i, &status); i++) {
		self_set(self, SELF_SOURCE_UP, status.source, status.reason, status.up);
		self_set(self, SELF_SOURCE_REFUSED, status.source, NULL, status.refused);
		self_set(self, SELF_SOURCE_FAILURES, status.source, NULL, status.failures);
	}
}

static void describe_cgroups(const struct model *model, struct self *self)
{
	static const char *const kinds[IDENTITY_KINDS] = {
		[IDENTITY_CONTAINER] = "container", [IDENTITY_POD] = "pod",      [IDENTITY_UNIT] = "unit",
		[IDENTITY_SLICE] = "slice",         [IDENTITY_PATH] = "unknown",
	};
	for (int i = 0; i < IDENTITY_KINDS; i++)
		self_set(self, SELF_CGROUPS, kinds[i], NULL, model->kinds[i]);
}

static void describe_bounds(const struct model *model, struct self *self)
{
	self_set(self, SELF_SERIES_FOLDED, "programs", NULL, model->folded_programs);
	self_set(self, SELF_SERIES_FOLDED, "containers", NULL, model->folded_containers);
	self_set(self, SELF_SERIES_FOLDED, "devices", NULL, model->folded_devices);
	self_set(self, SELF_SERIES_FOLDED, "connections", NULL, model->folded_connections);
	self_set(self, SELF_SERIES_FOLDED, "disks", NULL, model->folded_disks);
	self_set(self, SELF_SERIES_FOLDED, "processes", NULL, model->folded_processes);
	self_set(self, SELF_SERIES_FOLDED, "pods", NULL, model->folded_pods);
	self_set(self, SELF_SERIES_FOLDED, "interfaces", NULL, model->folded_interfaces);
	self_set(self, SELF_UNATTRIBUTED, "devices", NULL, model->unread_devices);
	self_set(self, SELF_UNATTRIBUTED, "addresses", NULL, model->unread_addresses);
	self_set(self, SELF_EVICTED, "containers", NULL, model->evicted_containers);
	self_set(self, SELF_EVICTED, "programs", NULL, model->evicted_programs);
	self_set(self, SELF_EVICTED, "cgroups", NULL, model->evicted_cgroups);
}

static void describe_views(const struct collector *collector, struct self *self)
{
	struct history_statistics statistics;

	history_measure(collector_history(collector), &statistics);
	self_set(self, SELF_HISTORY, NULL, NULL, statistics.bytes);
	self_set(self, SELF_HISTORY_PLACES, NULL, NULL, statistics.places);
	self_set(self, SELF_EVICTED, "history", NULL, statistics.evictions);
	self_set(self, SELF_JOURNAL_LOST, NULL, NULL, journal_lost(collector_model(collector)->journal));
}

static void describe_surroundings(const struct surroundings *surroundings, struct self *self)
{
	for (unsigned int i = 0; i < SURROUNDINGS; i++)
		self_set(self, SELF_SOURCE_UP, surrounding_texts[i].source,
			 surroundings->lacks[i] ? surrounding_texts[i].lack : "", !surroundings->lacks[i]);
}

void collector_describe(const struct collector *collector, struct self *self)
{
	describe_probes(collector, self);
	describe_records(collector, self);
	describe_bounds(collector_model(collector), self);
	if (collector_probe(collector))
		describe_focus(&collector_model(collector)->focus, self);
	describe_cgroups(collector_model(collector), self);
	describe_views(collector, self);
	describe_runtimes(collector_names(collector), self);
	if (collector_probe(collector))
		describe_events(collector, self);
	if (collector_probe(collector))
		self_set(self, SELF_KERNEL_MEMORY, NULL, NULL, collector_kernel_memory(collector));
	self_set(self, SELF_TICK_DURATION, NULL, NULL, collector_pass_ns(collector));
	self_set(self, SELF_SOURCE_UP, "network_namespaces", collector_network_reason(collector),
		 !collector_network_reason(collector)[0]);
	describe_surroundings(collector_surroundings(collector), self);
}
