/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the ring buffer: malformed ones first. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "read/events.h"

static union {
	struct event_cgroup event;
	struct event_oom_kill oom_kill;
	unsigned char bytes[512];
} record;

static unsigned int handled;
static struct event_cgroup last;
static char last_path[256];

static void on_cgroup(void *context, const struct event_cgroup *event)
{
	cr_expect_eq(context, &record);
	handled++;
	last = *event;
	strncpy(last_path, event->path, sizeof(last_path) - 1);
}

static uint64_t killed_limit_bytes;

static void on_oom_kill(void *context, const struct event_oom_kill *event)
{
	cr_expect_eq(context, &record);
	handled++;
	killed_limit_bytes = event->victim.limit_bytes;
}

static const struct events_handlers handlers = { .cgroup = on_cgroup,
						 .oom_kill = on_oom_kill,
						 .context = &record };

/* "/docker/x" below it. */
static void set_up(void)
{
	memset(&record, 0xa5, sizeof(record));
	record.event = (struct event_cgroup){
		.header = { .type = EVENT_CGROUP_MKDIR,
			    .size = sizeof(struct event_cgroup) + 10,
			    .cpu = 1,
			    .time_ns = 23 },
		.cgroup_id = 4099,
		.path_size = 10,
	};
	memcpy(record.event.path, "/docker/x", 10);
	handled = 0;
}

TestSuite(events, .init = set_up, .timeout = 20);

static int dispatch(size_t size)
{
	return events_dispatch(&handlers, &record, size);
}

static void expect_malformed(size_t size)
{
	cr_expect_eq(dispatch(size), -EBADMSG);
	cr_expect_eq(handled, 0);
}

Test(events, less_than_a_header_is_malformed)
{
	for (size_t size = 0; size < sizeof(struct event_header); size++)
		expect_malformed(size);
}

Test(events, less_than_the_record_is_malformed)
{
	for (size_t size = sizeof(struct event_header); size < record.event.header.size; size++)
		expect_malformed(size);
}

Test(events, an_unknown_type_is_malformed)
{
	record.event.header.type = EVENTS;
	expect_malformed(sizeof(record));
	record.event.header.type = 0xffffffff;
	expect_malformed(sizeof(record));
}

Test(events, a_size_below_that_of_its_type_is_malformed)
{
	for (uint32_t size = 0; size < sizeof(struct event_cgroup); size++) {
		record.event.header.size = size;
		expect_malformed(sizeof(record));
	}
}

Test(events, a_size_beyond_the_record_is_malformed)
{
	record.event.header.size = sizeof(record) + 1;
	expect_malformed(sizeof(record));
	record.event.header.size = 0xffffffff;
	expect_malformed(sizeof(record));
}

Test(events, a_path_of_no_bytes_is_malformed)
{
	record.event.path_size = 0;
	expect_malformed(sizeof(record));
}

Test(events, a_path_beyond_the_record_is_malformed)
{
	record.event.path_size = 11;
	expect_malformed(sizeof(record));
	record.event.path_size = 0xffffffff;
	expect_malformed(sizeof(record));
}

Test(events, a_path_without_an_end_is_malformed)
{
	record.event.path[9] = 'y';
	expect_malformed(sizeof(record));
}

Test(events, a_record_goes_to_its_handler)
{
	cr_expect_eq(dispatch(record.event.header.size), 0);
	cr_expect_eq(handled, 1);
	cr_expect_eq(last.cgroup_id, 4099);
	cr_expect_eq(last.header.time_ns, 23);
	cr_expect_str_eq(last_path, "/docker/x");
	record.event.header.type = EVENT_CGROUP_RMDIR;
	cr_expect_eq(dispatch(sizeof(record)), 0); /* with the padding of the ring */
	cr_expect_eq(handled, 2);
	cr_expect_eq(last.header.type, EVENT_CGROUP_RMDIR);
}

static void make_oom_kill(void)
{
	memset(&record, 0xa5, sizeof(record));
	record.oom_kill = (struct event_oom_kill){
		.header = { .type = EVENT_OOM_KILL, .size = sizeof(struct event_oom_kill) },
		.victim = { .pid = 101, .limit_bytes = 1009 * 4096, .name = "worker" },
	};
}

Test(events, a_victim_goes_to_its_handler_where_there_is_one)
{
	const struct events_handlers none = { .cgroup = on_cgroup };

	make_oom_kill();
	cr_expect_eq(dispatch(sizeof(struct event_oom_kill)), 0);
	cr_expect_eq(handled, 1);
	cr_expect_eq(killed_limit_bytes, 1009 * 4096);
	cr_expect_eq(events_dispatch(&none, &record, sizeof(struct event_oom_kill)), 0);
	cr_expect_eq(handled, 1);
}

Test(events, a_victim_cut_short_or_whose_name_does_not_end_is_malformed)
{
	make_oom_kill();
	expect_malformed(sizeof(struct event_oom_kill) - 1);
	record.oom_kill.header.size--;
	expect_malformed(sizeof(struct event_oom_kill));
	make_oom_kill();
	memset(record.oom_kill.victim.name, 'x', sizeof(record.oom_kill.victim.name));
	expect_malformed(sizeof(struct event_oom_kill));
}

Test(events, every_type_has_a_name)
{
	for (unsigned int i = 0; i < EVENTS; i++) {
		cr_expect_str_neq(events_type_name(i), "unknown");
		for (unsigned int j = 0; j < i; j++)
			cr_expect_str_neq(events_type_name(i), events_type_name(j));
	}
	cr_expect_str_eq(events_type_name(EVENTS), "unknown");
}
