/* SPDX-License-Identifier: Apache-2.0 */
/* What happened: the ring, exits within bounds, containers that come and go, limits and throttling. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "equal_real.h"
#include "model/container.h"
#include "model/journal_watch.h"
#include "model_world.h"

#define S 1000000000ULL
#define BEGIN (1000003 * S)
#define REALTIME (1700000000 * S)
#define EXITED(code) ((code) << 8)

static struct journal *journal;
static uint64_t now_ns;

static void pass_time(uint64_t ns)
{
	now_ns += ns;
	journal_set_time(journal, now_ns, REALTIME + now_ns);
	journal_watch_tick(model);
}

static void set_up(void)
{
	const struct model_limits limits = { .containers = 100,
					     .programs_per_container = 5,
					     .processes = 100,
					     .label_length = 128,
					     .grace_ns = 1009 };

	model_begin(&limits);
	journal = model->journal;
	now_ns = BEGIN;
	pass_time(0);
}

TestSuite(journal, .init = set_up, .fini = model_end, .timeout = 20);

static struct cgroup *add(uint64_t id, const char *path, const char *name)
{
	struct identity identity = { .runtime = "docker", .kind = IDENTITY_CONTAINER };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "id of %s", name);
	cr_assert_eq(model_cgroup_add(model, id, path, &identity, 1, &cgroup), 0);
	return cgroup;
}

static void name(struct cgroup *cgroup, const char *namespace, const char *pod, const char *container,
		 bool is_sandbox)
{
	const struct details details = { .id = "",
					 .name = container,
					 .namespace = namespace,
					 .pod = pod,
					 .pod_uid = "",
					 .image = "",
					 .is_sandbox = is_sandbox };

	cr_assert_eq(model_cgroup_describe(model, cgroup, "", &details, now_ns, 1), 0);
}

/* The last entry as text; "" when there is none, or when it is the one that was asked for before. */
static const char *last(void)
{
	static char text[512];
	static uint64_t told;
	const struct journal_entry *entry = journal_next(journal, journal_newest(journal) - 1);

	if (!entry || told == entry->sequence)
		return "";
	told = entry->sequence;
	snprintf(text, sizeof(text), "%s %s/%s/%s/%s %u %g %g %s", journal_types[entry->type].name,
		 entry->namespace, entry->pod, entry->container, entry->program, entry->pid, entry->number[0],
		 entry->number[1], entry->text);
	return text;
}

static const struct journal_entry *entry_of(uint64_t sequence)
{
	const struct journal_entry *entry = journal_next(journal, sequence - 1);

	return entry && entry->sequence == sequence ? entry : NULL;
}

#define is(expected) cr_expect_str_eq(last(), expected)

Test(journal, numbers_begin_at_one_and_what_is_written_over_is_counted)
{
	char text[16];

	cr_expect_eq(journal_newest(journal), 0);
	cr_expect_eq(journal_oldest(journal), 0);
	cr_expect_null(journal_next(journal, 0));
	for (int i = 1; i <= JOURNAL_SIZE + 37; i++) {
		snprintf(text, sizeof(text), "%d", i);
		journal_add_daemon(journal, text);
		cr_expect_eq(journal_newest(journal), i);
	}
	cr_expect_eq(journal_oldest(journal), 38);
	cr_expect_eq(journal_lost(journal), 37);
	cr_expect_null(entry_of(37));
	cr_expect_null(entry_of(JOURNAL_SIZE + 38));
	cr_expect_str_eq(entry_of(38)->text, "38");
	cr_expect_str_eq(entry_of(JOURNAL_SIZE + 37)->text, "1061");
	cr_expect_eq(entry_of(38)->sequence, 38);
}

static unsigned int count_of(const char *container)
{
	const struct journal_entry *entry = journal_next(journal, 0);
	unsigned int count = 0;

	for (; entry; entry = journal_next(journal, entry->sequence))
		count += strcmp(entry->container, container) == 0;
	return count;
}

static void add_kills(const char *container, unsigned int count)
{
	const struct journal_entry entry = { .type = JOURNAL_oom_kill, .container = container };

	while (count--)
		journal_add(journal, &entry);
}

Test(journal, who_has_the_most_entries_makes_room)
{
	add_kills("quiet", 7);
	add_kills("loud", 10007);
	add_kills("rare", 3);
	cr_expect_eq(count_of("quiet"), 7);
	cr_expect_eq(count_of("rare"), 3);
	cr_expect_eq(count_of("loud"), JOURNAL_SIZE - 10);
	cr_expect_eq(journal_oldest(journal), 1);
	cr_expect_eq(journal_newest(journal), 10017);
	cr_expect_eq(journal_lost(journal), 10017 - JOURNAL_SIZE);
	/* of the loud one the last are kept: numbers are left out */
	cr_expect_eq(journal_next(journal, 7)->sequence, 10017 - JOURNAL_SIZE + 7 + 1);
	/* two that are loud share what the others leave */
	add_kills("another", 10009);
	cr_expect_eq(count_of("quiet"), 7);
	cr_expect_eq(count_of("rare"), 3);
	cr_expect_eq(count_of("loud"), 506); /* where both had 507 the older entry made room */
	cr_expect_eq(count_of("another"), 508);
}

Test(journal, when_all_have_one_the_oldest_makes_room)
{
	char name[16];

	for (int i = 1; i <= JOURNAL_SIZE + 37; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		add_kills(name, 1);
		pass_time(S); /* owners of nothing are forgotten */
	}
	cr_expect_eq(count_of("c37"), 0);
	cr_expect_eq(count_of("c38"), 1);
	cr_expect_eq(journal_oldest(journal), 38);
}

Test(journal, an_entry_is_a_copy_with_the_time_of_the_reading)
{
	char container[] = "c";
	struct journal_entry entry = { .type = JOURNAL_oom_kill, .container = container, .pid = 101 };

	journal_add(journal, &entry);
	container[0] = 'x';
	entry = *entry_of(1);
	cr_expect_str_eq(entry.container, "c");
	cr_expect_str_eq(entry.namespace, "");
	cr_expect_str_eq(entry.program, "");
	cr_expect_eq(entry.realtime_ns, REALTIME + BEGIN);
	cr_expect_eq(entry.pid, 101);
}

Test(journal, without_a_journal_all_calls_do_nothing)
{
	const struct journal_entry entry = { .type = JOURNAL_daemon };

	journal_add(NULL, &entry);
	journal_add_daemon(NULL, "x");
	journal_add_exit(NULL, "\0\0", 3, "x", 1, EXITED(1));
	journal_set_time(NULL, 1, 1);
	cr_expect_eq(journal_newest(NULL), 0);
	cr_expect_eq(journal_oldest(NULL), 0);
	cr_expect_eq(journal_lost(NULL), 0);
	cr_expect_null(journal_next(NULL, 0));
	journal_free(NULL);
}

Test(journal, types_are_found_by_name)
{
	cr_expect_eq(journal_find_type("oom_kill"), JOURNAL_oom_kill);
	cr_expect_eq(journal_find_type("daemon"), JOURNAL_daemon);
	cr_expect_eq(journal_find_type("oom"), JOURNAL_TYPES);
}

static const char key[] = "ns\0pod\0c";

Test(journal, exits_tell_a_code_or_a_signal)
{
	journal_add_exit(journal, key, sizeof(key), "sh", 101, EXITED(3));
	is("process_exit ns/pod/c/sh 101 3 0 ");
	journal_add_exit(journal, key, sizeof(key), "sh", 103, SIGSEGV | 0x80);
	is("process_exit ns/pod/c/sh 103 0 11 ");
}

Test(journal, past_twenty_exits_in_a_second_a_container_has_one_entry)
{
	static const char other[] = "ns\0pod\0d";

	for (int i = 0; i < 53; i++)
		journal_add_exit(journal, key, sizeof(key), "sh", 101 + i, EXITED(1));
	cr_expect_eq(journal_newest(journal), 20);
	journal_add_exit(journal, other, sizeof(other), "sh", 7, EXITED(1));
	is("process_exit ns/pod/d/sh 7 1 0 ");
	pass_time(S / 2);
	journal_add_exit(journal, key, sizeof(key), "sh", 997, EXITED(1));
	is("");
	pass_time(S / 2);
	is("process_exits ns/pod/c/ 0 34 0 ");
	cr_expect_eq(journal_newest(journal), 22);
	journal_add_exit(journal, key, sizeof(key), "sh", 991, EXITED(1));
	is("process_exit ns/pod/c/sh 991 1 0 ");
	pass_time(S);
	is("");
}

Test(journal, a_start_waits_for_the_name_and_keeps_its_time)
{
	struct cgroup *cgroup = add(11, "/a", "0123456789ab");

	journal_watch_start(model, cgroup);
	pass_time(S);
	is("");
	name(cgroup, "ns", "pod", "named", false);
	pass_time(S);
	is("container_start ns/pod/named/ 0 0 0 ");
	cr_expect_eq(entry_of(1)->realtime_ns, REALTIME + BEGIN);
	pass_time(10 * S);
	is("");
	model_cgroup_remove(model, cgroup, now_ns);
	journal_watch_end(model, cgroup);
	is("container_end ns/pod/named/ 0 0 0 ");
	cr_expect_eq(journal_newest(journal), 2);
}

Test(journal, a_start_without_a_name_is_told_with_what_there_is)
{
	journal_watch_start(model, add(11, "/a", "0123456789ab"));
	pass_time(3 * S - 1);
	is("");
	pass_time(1);
	is("container_start //0123456789ab/ 0 0 0 ");
}

Test(journal, who_ends_before_it_has_a_name_is_told_in_order)
{
	struct cgroup *cgroup = add(11, "/a", "0123456789ab");

	journal_watch_start(model, cgroup);
	model_cgroup_remove(model, cgroup, now_ns);
	journal_watch_end(model, cgroup);
	cr_expect_eq(journal_newest(journal), 2);
	cr_expect_eq(entry_of(1)->type, JOURNAL_container_start);
	is("container_end //0123456789ab/ 0 0 0 ");
	pass_time(10 * S);
	cr_expect_eq(journal_newest(journal), 2);
}

Test(journal, sandboxes_and_cgroups_that_are_no_container_are_not_told)
{
	struct identity identity = { .name = "x.service", .id = "x.service", .kind = IDENTITY_UNIT };
	struct cgroup *sandbox = add(11, "/a", "0123456789ab"), *unit = NULL;

	cr_assert_eq(model_cgroup_add(model, 13, "/unit", &identity, 1, &unit), 0);
	journal_watch_start(model, sandbox);
	name(sandbox, "ns", "pod", "", true);
	journal_watch_start(model, unit);
	pass_time(10 * S);
	model_cgroup_remove(model, sandbox, now_ns);
	model_cgroup_remove(model, unit, now_ns);
	journal_watch_end(model, sandbox);
	journal_watch_end(model, unit);
	cr_expect_eq(journal_newest(journal), 0);
}

Test(journal, on_hybrid_hosts_a_container_is_told_once)
{
	struct cgroup *one = add(11, "/a", "c"), *two;

	journal_watch_start(model, one);
	two = add(13, "/a", "c");
	journal_watch_start(model, two);
	pass_time(3 * S);
	is("container_start //c/ 0 0 0 ");
	cr_expect_eq(journal_newest(journal), 1);
	model_cgroup_remove(model, one, now_ns);
	journal_watch_end(model, one);
	cr_expect_eq(journal_newest(journal), 1);
	model_cgroup_remove(model, two, now_ns);
	journal_watch_end(model, two);
	is("container_end //c/ 0 0 0 ");
}

Test(journal, more_starts_at_once_than_are_waited_for_are_told_at_once)
{
	char path[16];

	for (int i = 0; i < MODEL_UNTOLD_STARTS + 7; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		journal_watch_start(model, add(101 + i, path, "c"));
	}
	cr_expect_eq(journal_newest(journal), 7);
	pass_time(3 * S);
	cr_expect_eq(journal_newest(journal), MODEL_UNTOLD_STARTS + 7);
	cr_expect_eq(model->untold_start_count, 0);
}

static void read_files(struct cgroup *cgroup, bool is_born)
{
	journal_watch_files(model, cgroup, is_born, now_ns);
}

Test(journal, throttling_begins_and_ends)
{
	struct cgroup *cgroup = add(11, "/a", "c");
	struct instance *instance = model_cgroup_instance(cgroup);

	instance_set(instance, INSTANCE_CPU_PERIODS, 1000);
	instance_set(instance, INSTANCE_CPU_THROTTLED_PERIODS, 500);
	read_files(cgroup, false); /* that was before ktally */
	is("");
	pass_time(10 * S);
	instance_set(instance, INSTANCE_CPU_PERIODS, 1100);
	instance_set(instance, INSTANCE_CPU_THROTTLED_PERIODS, 537);
	read_files(cgroup, false);
	is("throttled //c/ 0 1 0.37 ");
	for (int i = 0; i < 2; i++) {
		pass_time(10 * S);
		instance_set(instance, INSTANCE_CPU_PERIODS, 1200);
		read_files(cgroup, false);
		is("");
	}
	pass_time(10 * S);
	read_files(cgroup, false);
	is("throttled //c/ 0 0 0 ");
	pass_time(10 * S);
	read_files(cgroup, false);
	is("");
}

Test(journal, a_limit_that_is_hit_again_and_again_is_told_once)
{
	struct cgroup *cgroup = add(11, "/a", "c");
	struct instance *instance = model_cgroup_instance(cgroup);

	instance_set(instance, INSTANCE_MEMORY_LIMIT, 4099);
	instance_set(instance, INSTANCE_THREADS_LIMIT, 23);
	instance_set(instance, INSTANCE_MEMORY_FAILURES, 7);
	read_files(cgroup, true); /* all of it under ktally */
	is("limit //c/ 0 7 4099 memory");
	for (int i = 0; i < 10; i++) {
		pass_time(10 * S);
		instance_set(instance, INSTANCE_MEMORY_FAILURES, 8 + i);
		read_files(cgroup, true);
		is("");
	}
	instance_set(instance, INSTANCE_THREADS_REFUSED, 3);
	read_files(cgroup, true);
	is("limit //c/ 0 3 23 processes");
	pass_time(30 * S);
	instance_set(instance, INSTANCE_MEMORY_FAILURES, 30);
	read_files(cgroup, true);
	is("limit //c/ 0 13 4099 memory");
	instance_clear(instance); /* the files could not be read */
	read_files(cgroup, true);
	is("");
}
