/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The way of the data from the kernel into the model: probe -> read -> model, with the cgroups named on the way. What the daemon
 * serves and what `ktally verify` checks.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/paths.h"
#include "base/time.h"
#include "collect/names.h"
#include "model/history.h"
#include "model/model.h"
#include "model/self.h"
#include "options/options.h"
#include "probe/probe.h"
#include "read/records.h"
#include "read/surroundings.h"

struct collector;

/*
 * Sets up everything and begins to count; `costs` are for limits.series (NULL: nothing is shown). Without BPF (switched off, no privilege, no BTF, refused) it goes on with files alone.
 * 0; negative errno when nothing at all can be read, with a line for the user in `message`.
 */
int collector_new(const struct options *options, const struct series_costs *costs,
		  struct collector **ret_collector, char *message, size_t message_size);
void collector_free(struct collector *collector);
CLEANUP_FREE(collector)

/* One reading of everything that threads did. */
void collector_pass(struct collector *collector);
/* One tick: a pass, and what is past its time. */
void collector_tick(struct collector *collector);
/* Between ticks, every COLLECTOR_TURN_NS: what died since, so that its slots are free again, and a share of the cgroup files, so
 * that no tick or scrape waits for all of them. */
#define COLLECTOR_TURN_NS (250 * NS_PER_MS)
void collector_turn(struct collector *collector);
/* Somebody is about to look at the kernel's own numbers of cgroups (struct instance) and at the machine: they are there then, and
 * read in turn for the next minutes. */
void collector_want_instances(struct collector *collector);
/* Somebody looks at processes: what they have of memory is at most 1 s old for the next minute, instead of interval.files. */
void collector_want_processes(struct collector *collector);
/* Somebody looks at connections: whose addresses their peers are is at most 10 s old for the next minute, and read now if need be. */
void collector_want_addresses(struct collector *collector);
/* Reads the network devices of the host (model->host_devices). */
void collector_read_host_devices(struct collector *collector);
/* See records_each_thread(); without BPF there are none. */
void collector_each_thread(const struct collector *collector, uint32_t tgid, records_thread_visit *visit,
			   void *context);
/* Somebody is about to look at the machine (model->machine): it is known then. */
void collector_want_machine(struct collector *collector);
/* Handles a bounded number of notices. */
void collector_events(struct collector *collector);
/* Descriptor that becomes readable with notices, -1 without BPF. */
int collector_events_fd(const struct collector *collector);

/* Asks container runtimes for names, see names_ask_runtimes(). Before it, and without, the cgroups' paths name containers. */
int collector_ask_runtimes(struct collector *collector, struct transfers *transfers,
			   const struct runtimes_settings *settings);
const struct names *collector_names(const struct collector *collector);

struct model *collector_model(const struct collector *collector);
struct history *collector_history(const struct collector *collector);
bool collector_has_bpf(const struct collector *collector);
/* Why BPF is off as a whole; "" when it is on. */
const char *collector_reason(const struct collector *collector);
/* NULL without BPF. */
const struct probe *collector_probe(const struct collector *collector);
const struct records_statistics *collector_statistics(const struct collector *collector);
/* CLOCK_MONOTONIC of the last pass. */
uint64_t collector_read_ns(const struct collector *collector);
/* A line for the log about what changed since it was last asked, or "". */
const char *collector_news(struct collector *collector);

uint64_t collector_pass_ns(const struct collector *collector);       /* duration of the last pass */
uint64_t collector_kernel_memory(const struct collector *collector); /* bytes of all maps and programs */
uint64_t collector_dropped(const struct collector *collector,
			   unsigned int type); /* enum event_type: notices lost */
uint64_t collector_malformed(const struct collector *collector);
/* Why network devices of containers may be missing, or "". */
const char *collector_network_reason(const struct collector *collector);
const struct surroundings *collector_surroundings(const struct collector *collector);

/* Adds all rows of `self` that the collector knows: probes, maps, losses, bounds. */
void collector_describe(const struct collector *collector, struct self *self);
