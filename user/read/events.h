/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The ring buffer of rare notices (include/events.def). */
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include <events.h> /* include/, not this one */
#include "probe/probe.h"

/* What is done with a record of each type; called by events_consume(). The record is gone afterwards. */
struct events_handlers {
	void (*cgroup)(void *context, const struct event_cgroup *event);
	void (*oom_kill)(void *context, const struct event_oom_kill *event); /* NULL: nobody wants them */
	void *context;
};

struct events;

int events_new(const struct probe *probe, const struct events_handlers *handlers, struct events **ret_events);
void events_free(struct events *events);
CLEANUP_FREE(events)

/* Readable when there are records. It stays the events'. */
int events_fd(const struct events *events);

/* Handles at most `limit` records: a flood cannot starve the rest. Returns how many, or negative errno. */
int events_consume(struct events *events, unsigned int limit);

/* Records that were not of a known type or size. */
uint64_t events_malformed(const struct events *events);

/* The type's name in events.def. */
const char *events_type_name(enum event_type type);

/* Checks one record and gives it to its handler; what events_consume() does for each. 0 or -EBADMSG. */
int events_dispatch(const struct events_handlers *handlers, const void *data, size_t size);
