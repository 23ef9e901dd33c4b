/* SPDX-License-Identifier: Apache-2.0 */
/* The reader's side of block requests and of the OOM killer's log: differences go to containers and disks, and nothing twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "model/disk_device.h"
#include "read/disks.h"
#include "read/oom.h"

#define ENTRIES 8
#define FIRST ((DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4)
#define CGROUP 4099
#define SECOND 1000000000ULL
#define IN(x) VALUE_INDEX(operation, x)

static struct disk entries[ENTRIES];
static struct control control;
static struct table table = { .disks = entries, .disk_count = ENTRIES, .control = &control };
static struct oom_log kills;
static struct oom oom;
static struct model *model;
static struct disks *disks;
static struct cgroup *cgroup;
static struct thread_owner owner;

static struct cgroup *find_cgroup(void *context, uint64_t id, uint32_t pid)
{
	(void)context, (void)id, (void)pid;
	return NULL;
}

static void set_up(void)
{
	const struct model_limits limits = {
		.containers = 10, .programs_per_container = 10, .processes = 10, .label_length = 64
	};
	const struct identity identity = { .name = "web" };

	cr_assert_eq(model_new(&limits, SECOND, &model), 0);
	cr_assert_eq(disks_new(&table, &disks), 0);
	cr_assert_eq(model_cgroup_add(model, CGROUP, "/web", &identity, SECOND, &cgroup), 0);
	owner = (struct thread_owner){
		.model = model, .now_ns = SECOND, .realtime_ns = SECOND, .find_cgroup = find_cgroup
	};
}

static void tear_down(void)
{
	disks_free(disks);
	model_free(model);
}

TestSuite(disks, .init = set_up, .fini = tear_down, .timeout = 20);

static void enter(uint32_t number, uint64_t whose, const char *name)
{
	entries[number].owner = whose;
	entries[number].state = DISK_LIVE;
	strcpy(entries[number].name, name);
}

static void complete(uint32_t number, unsigned int operation, uint32_t bucket, uint64_t bytes)
{
	struct disk_operation *sums = &entries[number].operation[operation];

	entries[number].issued++;
	entries[number].completed++;
	sums->bucket[bucket]++;
	sums->bytes += bytes;
	sums->sum_ns += 1009;
}

Test(disks, differences_go_to_the_container_and_the_disk_once)
{
	const struct disk_device *device;

	enter(1, DISK_DEVICE | 8 << 20, "sda");
	enter(2, CGROUP, "");
	for (int i = 0; i < 3; i++) {
		complete(1, IN(READ), 5, 4096);
		complete(2, IN(READ), 5, 4096);
	}
	entries[1].issued += 2;
	disks_pass(disks, &owner);
	disks_pass(disks, &owner);
	device = model->devices;
	cr_assert(device);
	cr_expect_str_eq(device->name, "sda");
	cr_expect_eq(device->queue_depth, 2);
	cr_expect_eq(device->bytes[IN(READ)], 3 * 4096);
	cr_expect_eq(device->latency[IN(READ)].count, 3);
	cr_expect_eq(device->latency[IN(READ)].bucket[FIRST + 5], 3);
	cr_expect_eq(device->latency[IN(READ)].sum, 3 * 1009);
	cr_expect_eq(cgroup->container->disk[IN(READ)].bucket[FIRST + 5], 3);
	cr_expect_eq(cgroup->container->disk[IN(WRITE)].count, 0);
	cr_expect_eq(cgroup->container->value[V_DISK_TRANSFERRED + IN(READ)], 3 * 4096);
	cr_expect_eq(disks_statistics(disks)->entries, 2);
	cr_expect_eq(disks_statistics(disks)->capacity, ENTRIES - 1);
}

Test(disks, a_bucket_that_runs_over_goes_on)
{
	enter(2, CGROUP, "");
	entries[2].operation[IN(WRITE)].bucket[7] = UINT32_MAX;
	entries[2].issued = entries[2].completed = UINT32_MAX;
	disks_pass(disks, &owner);
	for (int i = 0; i < 3; i++)
		complete(2, IN(WRITE), 7, 512);
	disks_pass(disks, &owner);
	cr_expect_eq(cgroup->container->disk[IN(WRITE)].count, (uint64_t)UINT32_MAX + 3);
}

Test(disks, what_a_removed_cgroup_did_is_kept_and_its_entry_given_back_when_it_is_quiet)
{
	enter(2, CGROUP, "");
	complete(2, IN(WRITE), 1, 512);
	model_cgroup_remove(model, cgroup, SECOND);
	disks_pass(disks, &owner);
	cr_expect_eq(control.disk_count, 0);
	entries[2].issued++;
	disks_pass(disks, &owner);
	cr_expect_eq(control.disk_count, 0, "a request is under way");
	entries[2].issued--;
	complete(2, IN(WRITE), 1, 512);
	disks_pass(disks, &owner);
	disks_pass(disks, &owner);
	cr_expect_eq(control.disk_count, 1);
	cr_expect_eq(control.disk[0], 2);
	cr_expect_eq(control.disk_owner[0], CGROUP);
	cr_expect_eq(entries[2].state, DISK_FREE);
	cr_expect_eq(cgroup->container->value[V_DISK_TRANSFERRED + IN(WRITE)], 1024);
	/* another's, from 0 on */
	enter(2, DISK_DEVICE | 8 << 20, "sda");
	complete(2, IN(WRITE), 1, 512);
	disks_pass(disks, &owner);
	cr_expect_eq(model->devices->bytes[IN(WRITE)], 512);
}

Test(disks, a_cgroup_that_is_known_late_gets_all_and_one_that_never_is_counts_as_unattributed)
{
	const struct identity identity = { .name = "late" };
	struct cgroup *late;

	enter(1, 4111, "");
	enter(2, 4127, "");
	complete(1, IN(READ), 1, 512);
	complete(2, IN(READ), 1, 512);
	disks_pass(disks, &owner);
	cr_assert_eq(model_cgroup_add(model, 4111, "/late", &identity, SECOND, &late), 0);
	for (int i = 0; i < 60; i++)
		disks_pass(disks, &owner);
	cr_expect_eq(late->container->value[V_DISK_TRANSFERRED + IN(READ)], 512);
	cr_expect_eq(disks_statistics(disks)->unattributed, 1);
	cr_expect_eq(control.disk_count, 1);
	entries[0].unowned = 5;
	entries[0].folded = 7;
	disks_pass(disks, &owner);
	cr_expect_eq(disks_statistics(disks)->unattributed, 13);
}

Test(disks, disks_without_an_entry_are_other_and_a_number_used_again_has_its_new_name)
{
	struct disk_device *device;

	complete(0, IN(READ), 1, 512);
	enter(1, DISK_DEVICE | 8 << 20, "sda");
	complete(1, IN(READ), 1, 512);
	disks_pass(disks, &owner);
	strcpy(entries[1].name, "nvme0n1");
	complete(1, IN(READ), 1, 1024);
	disks_pass(disks, &owner);
	device = disk_device_get(model, "other", 0);
	cr_expect_eq(device->bytes[IN(READ)], 512);
	cr_expect_eq(disk_device_get(model, "sda", 0)->bytes[IN(READ)], 512);
	cr_expect_eq(disk_device_get(model, "nvme0n1", 0)->bytes[IN(READ)], 1024);
}

Test(disks, past_the_bound_of_disks_all_are_other)
{
	char name[DISK_NAME_SIZE];

	for (int i = 0; i < DISK_DEVICES + 7; i++) {
		snprintf(name, sizeof(name), "disk%d", i);
		cr_assert(disk_device_get(model, name, 0));
	}
	cr_expect_eq(model->folded_devices, 7);
	cr_expect_eq(HASH_COUNT(model->devices), DISK_DEVICES + 1);
}

/* ---- victims ------------------------------------------------------------------------------------------------------ */

static void kill_one(uint64_t cgroup_id, const char *name)
{
	struct oom_victim *victim = &kills.victim[kills.written++ % OOM_VICTIMS];

	*victim = (struct oom_victim){
		.pid = 103, .tgid = 101, .cgroup_id = cgroup_id, .limit_bytes = 16777216
	};
	strcpy(victim->name, name);
}

Test(disks, each_victim_counts_once_for_its_program_container_and_node)
{
	kill_one(CGROUP, "worker");
	kill_one(CGROUP, "worker");
	oom_pass(&oom, &kills, &owner);
	oom_pass(&oom, &kills, &owner);
	cr_expect_eq(cgroup->container->value[V_OOM_KILLS], 2);
	cr_expect_eq(cgroup->container->programs->value[V_OOM_KILLS], 2);
	cr_expect_str_eq(cgroup->container->programs->name, "worker");
	cr_expect_eq(model->node->value[V_OOM_KILLS], 2);
	cr_expect_eq(oom.lost, 0);
}

Test(disks, victims_that_were_written_over_or_are_nobodys_count_for_the_node)
{
	for (int i = 0; i < OOM_VICTIMS + 3; i++)
		kill_one(CGROUP, "worker");
	kill_one(0, "");
	kill_one(4111, "gone");
	oom_pass(&oom, &kills, &owner);
	cr_expect_eq(model->node->value[V_OOM_KILLS], OOM_VICTIMS + 5);
	/* the oldest may be half written over, so it counts as lost too */
	cr_expect_eq(cgroup->container->value[V_OOM_KILLS], OOM_VICTIMS - 3);
	cr_expect_eq(oom.lost, 8);
}

static unsigned int told, told_nobodys;

static void on_victim(void *context, const struct oom_victim *victim, const struct program *program)
{
	(void)context;
	cr_expect_eq(victim->pid, 103);
	cr_expect_eq(victim->tgid, 101);
	cr_expect_eq(victim->limit_bytes, 16777216);
	told++;
	told_nobodys += !program;
	if (!program)
		return;
	cr_expect_str_eq(program->name, "worker");
	cr_expect_str_eq(program->container->name, "web");
}

Test(disks, who_wants_to_know_is_told_each_victim_once_also_when_its_cgroup_is_gone)
{
	owner.on_victim = on_victim;
	kill_one(CGROUP, "worker");
	model_cgroup_remove(model, cgroup, SECOND);
	kill_one(CGROUP, "worker");
	kill_one(4111, "gone");
	oom_pass(&oom, &kills, &owner);
	oom_pass(&oom, &kills, &owner);
	cr_expect_eq(told, 3);
	cr_expect_eq(told_nobodys, 1);
}
