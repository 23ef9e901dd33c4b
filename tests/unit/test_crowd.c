/* SPDX-License-Identifier: Apache-2.0 */
/* Who has its share of the kernel's groups, and what the kernel is told. */
#include <criterion/criterion.h>
#include <string.h>

#include "read/crowd.h"

#define GROUPS 64 /* a share is 16 */

static struct control control;
static struct table table = { .control = &control, .group_count = GROUPS };
static struct model *model;
static uint32_t used;

static void set_up(void)
{
	const struct model_limits limits = { .label_length = 200, .containers = 5 };

	memset(&control, 0, sizeof(control));
	used = 0;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
}

static void tear_down(void)
{
	model_free(model);
}

TestSuite(crowd, .init = set_up, .fini = tear_down, .timeout = 20);

static struct cgroup *add(uint64_t id, const char *path, const char *name, enum identity_kind kind)
{
	struct identity identity = { .kind = kind };
	struct cgroup *cgroup;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "%s", name);
	cr_assert_eq(model_cgroup_add(model, id, path, &identity, 1, &cgroup), 0);
	return cgroup;
}

/* So many cgroups with groups, below the container's own. */
static void fill(uint64_t id, const char *path, const char *name, unsigned int count)
{
	char below[64];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(below, sizeof(below), "%s/n%u", path, i);
		add(id + i, below, name, IDENTITY_CONTAINER)->group = ++used;
	}
}

Test(crowd, who_has_a_share_is_told_by_its_root_until_it_has_less)
{
	add(1009, "/docker/a", "a", IDENTITY_CONTAINER);
	add(2003, "/docker/b", "b", IDENTITY_CONTAINER);
	fill(1013, "/docker/a", "a", 15);
	fill(2011, "/docker/b", "b", 7);
	crowd_pass(&table, model, used);
	cr_expect_eq(control.crowd[0], 0);
	fill(1101, "/docker/a", "a", 1);
	crowd_pass(&table, model, used);
	cr_expect_eq(control.crowd[0], 1009);
	cr_expect_eq(control.crowd[1], 0);
	model_cgroup_find(model, 1101)->group = 0;
	crowd_pass(&table, model, used - 1);
	cr_expect_eq(control.crowd[0], 0);
}

Test(crowd, each_root_of_a_container_is_told)
{
	add(1009, "/docker/a", "a", IDENTITY_CONTAINER);
	add(2003, "/docker/b", "a", IDENTITY_CONTAINER); /* another of its name */
	fill(1013, "/docker/a", "a", 9);
	fill(2011, "/docker/b", "a", 7);
	crowd_pass(&table, model, used);
	cr_expect_eq(control.crowd[0] + control.crowd[1], 1009 + 2003);
	cr_expect_eq(control.crowd[2], 0);
}

Test(crowd, several_that_have_a_share_are_all_told)
{
	static const char *const names[] = { "a", "b", "c" };
	uint64_t sum = 0;
	char path[32];

	for (unsigned int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "/docker/%s", names[i]);
		add(1000 * (i + 1) + 7, path, names[i], IDENTITY_CONTAINER);
		fill(1000 * (i + 1) + 11, path, names[i], 17);
	}
	crowd_pass(&table, model, used);
	for (unsigned int i = 0; i < 3; i++)
		sum += control.crowd[i];
	cr_expect_eq(sum, 6021);
	cr_expect_eq(control.crowd[3], 0);
}

Test(crowd, of_a_slice_nothing_is_told)
{
	add(1009, "/user.slice", "user.slice", IDENTITY_SLICE);
	for (unsigned int i = 0; i < 17; i++) {
		char path[32];

		snprintf(path, sizeof(path), "/user.slice/%u", i);
		add(1013 + i, path, "user.slice", IDENTITY_SLICE)->group = ++used;
	}
	crowd_pass(&table, model, used);
	cr_expect_eq(control.crowd[0], 0);
}
