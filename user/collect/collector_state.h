/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What collector_start.c (from the settings to the first reading) and collector.c (the readings) share. Private to the two. */
#include "collect/cgroups.h"
#include "collect/collector.h"
#include "read/events.h"
#include "read/node_files.h"
#include "read/resident.h"

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

/* The clocks of what is read from now on. */
void collector_state_set_time(struct collector *collector);
/* What of metrics.def cannot be told here; asked again at each tick, for a program may go. */
void collector_state_set_missing(struct collector *collector);
/* Handlers of the readers; the context is the collector. */
struct cgroup *collector_state_find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid);
void collector_state_on_victim(void *context, const struct oom_victim *victim, const struct program *program);
void collector_state_on_cgroup(void *context, const struct event_cgroup *event);
