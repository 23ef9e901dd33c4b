/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of the ring buffer: a handler only sees what lies inside the record and ends. */
#include "read/events.c"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* events_new() is not under test: no BPF here. */
int probe_map(const struct probe *probe, const char *name)
{
	(void)probe;
	(void)name;
	return -ENOENT;
}

struct input {
	const char *end;
	unsigned int calls;
};

static void on_cgroup(void *context, const struct event_cgroup *event)
{
	struct input *input = context;

	input->calls++;
	if (event->path + event->path_size > input->end || event->path[event->path_size - 1] != '\0' ||
	    strlen(event->path) >= event->path_size)
		abort();
}

static void on_oom_kill(void *context, const struct event_oom_kill *event)
{
	struct input *input = context;

	input->calls++;
	if ((const char *)(event + 1) > input->end ||
	    strlen(event->victim.name) >= sizeof(event->victim.name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *record = malloc(size ?: 1); /* aligned as in the ring, and not a byte more */
	struct input input = { .end = record + size };
	const struct events_handlers handlers = { .cgroup = on_cgroup,
						  .oom_kill = on_oom_kill,
						  .context = &input };
	int error;

	if (!record)
		return 0;
	memcpy(record, data, size);
	error = events_dispatch(&handlers, record, size);
	if ((error == 0) != (input.calls == 1))
		abort();
	free(record);
	return 0;
}
