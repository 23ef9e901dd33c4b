/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "read/events.h"

#define STOPPED (-ECANCELED)

struct events {
	struct ring_buffer *ring;
	struct events_handlers handlers;
	unsigned int left; /* of the records allowed in this turn */
	uint64_t malformed;
};

static const struct event_row {
	const char *name;
	size_t size; /* least */
} event_rows[EVENTS] = {
#define EVENT(id, name, type, help) [EVENT_##id] = { name, sizeof(struct type) },
#include "events.def"
#undef EVENT
};

int events_dispatch(const struct events_handlers *handlers, const void *data, size_t size)
{
	const struct event_header *header = data;
	const struct event_cgroup *cgroup = data;
	const struct event_oom_kill *oom_kill = data;

	if (size < sizeof(*header) || header->type >= EVENTS || header->size > size ||
	    header->size < event_rows[header->type].size)
		return -EBADMSG;
	switch ((enum event_type)header->type) {
	case EVENT_CGROUP_MKDIR:
	case EVENT_CGROUP_RMDIR:
		if (!cgroup->path_size || cgroup->path_size > header->size - sizeof(*cgroup) ||
		    cgroup->path[cgroup->path_size - 1] != '\0')
			return -EBADMSG;
		handlers->cgroup(handlers->context, cgroup);
		break;
	case EVENT_OOM_KILL:
		if (!memchr(oom_kill->victim.name, '\0', sizeof(oom_kill->victim.name)))
			return -EBADMSG;
		if (handlers->oom_kill)
			handlers->oom_kill(handlers->context, oom_kill);
		break;
	case EVENTS:
		return -EBADMSG;
	}
	return 0;
}

/* A negative return ends the turn; the record counts as consumed. */
static int on_record(void *context, void *data, size_t size)
{
	struct events *events = context;

	if (events_dispatch(&events->handlers, data, size))
		events->malformed++;
	return --events->left ? 0 : STOPPED;
}

int events_new(const struct probe *probe, const struct events_handlers *handlers, struct events **ret_events)
{
	_cleanup_(cleanup_events) struct events *events = calloc(1, sizeof(*events));
	int fd = probe_map(probe, "events");

	if (!events)
		return -ENOMEM;
	if (fd < 0)
		return fd;
	events->handlers = *handlers;
	events->ring = ring_buffer__new(fd, on_record, events, NULL);
	if (!events->ring)
		return -errno;
	*ret_events = take_ptr(events);
	return 0;
}

void events_free(struct events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	free(events);
}

int events_fd(const struct events *events)
{
	return ring_buffer__epoll_fd(events->ring);
}

int events_consume(struct events *events, unsigned int limit)
{
	int consumed;

	events->left = limit;
	consumed = ring_buffer__consume(events->ring);
	return consumed < 0 && consumed != STOPPED ? consumed : (int)(limit - events->left);
}

uint64_t events_malformed(const struct events *events)
{
	return events->malformed;
}

const char *events_type_name(enum event_type type)
{
	return type < EVENTS ? event_rows[type].name : "unknown";
}
