/* SPDX-License-Identifier: Apache-2.0 */
/* Every line of tests/fixtures/cgroup_paths.txt, and paths that nobody should make. */
#include "enrich/cgroup_path.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 8

/* Splits "a | b | c" in place; missing columns are empty. */
static void split(char *line, char *column[COLUMNS])
{
	static char empty[] = "";

	line[strcspn(line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		char *end = strstr(line, " |");

		column[i] = line;
		if (!end) {
			line = empty;
			continue;
		}
		*end = '\0';
		line = end + 2 + (end[2] == ' ');
	}
}

static const char *const kinds[IDENTITY_KINDS] = {
	[IDENTITY_CONTAINER] = "container", [IDENTITY_POD] = "pod",   [IDENTITY_UNIT] = "unit",
	[IDENTITY_SLICE] = "slice",         [IDENTITY_PATH] = "path",
};
static const char *const classes[] = {
	[IDENTITY_QOS_NONE] = "",
	[IDENTITY_QOS_GUARANTEED] = "guaranteed",
	[IDENTITY_QOS_BURSTABLE] = "burstable",
	[IDENTITY_QOS_BESTEFFORT] = "besteffort",
};

static FILE *open_fixture(void)
{
	const char *root = getenv("KTALLY_SOURCE");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/fixtures/cgroup_paths.txt", root ? root : ".");
	return fopen(path, "re");
}

Test(cgroup_path, every_layout_of_the_fixture_is_identified)
{
	char line[2048], *column[COLUMNS];
	FILE *file = open_fixture();
	int lines = 0;

	cr_assert_not_null(file, "run from the root of the tree, or set KTALLY_SOURCE");
	while (fgets(line, sizeof(line), file)) {
		struct identity identity;
		enum cgroup_position position;
		size_t own_size;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		split(line, column);
		position = cgroup_path_identify(column[0], &identity, &own_size);
		cr_expect_str_eq(identity.runtime, column[1], "runtime of %s: %s", column[0],
				 identity.runtime);
		cr_expect_str_eq(identity.name, column[2], "name of %s: %s", column[0], identity.name);
		cr_expect_str_eq(identity.id, column[3], "id of %s: %s", column[0], identity.id);
		cr_expect_str_eq(identity.pod_uid, column[4], "pod of %s: %s", column[0], identity.pod_uid);
		cr_expect_str_eq(kinds[identity.kind], column[6], "kind of %s: %s", column[0],
				 kinds[identity.kind]);
		cr_expect_str_eq(classes[identity.qos], column[7], "class of %s: %s", column[0],
				 classes[identity.qos]);
		cr_expect(own_size == strlen(column[5]) && memcmp(column[0], column[5], own_size) == 0,
			  "own path of %s: %.*s", column[0], (int)own_size, column[0]);
		if (strstr(column[0], "(deleted)") == NULL && column[0][strlen(column[0]) - 1] != '/')
			cr_expect_eq(position,
				     own_size == strlen(column[0]) ? CGROUP_PATH_OWN : CGROUP_PATH_BELOW,
				     "%s", column[0]);
		lines++;
	}
	fclose(file);
	cr_assert_gt(lines, 90);
}

Test(cgroup_path, an_empty_path_is_the_host)
{
	struct identity identity;
	size_t own_size = 1;

	cr_assert_eq(cgroup_path_identify("", &identity, &own_size), CGROUP_PATH_OWN);
	cr_assert_str_eq(identity.name, "");
	cr_assert_str_eq(identity.id, "/");
	cr_assert_eq(own_size, 0);
}

Test(cgroup_path, the_size_of_the_own_path_may_be_left_out)
{
	struct identity identity;

	cr_assert_eq(cgroup_path_identify("/init.scope/x", &identity, NULL), CGROUP_PATH_BELOW);
	cr_assert_str_eq(identity.id, "/init.scope");
}

Test(cgroup_path, trailing_slashes_do_not_make_a_cgroup_below)
{
	struct identity identity;
	size_t own_size;

	cr_assert_eq(cgroup_path_identify("/init.scope//", &identity, &own_size), CGROUP_PATH_OWN);
	cr_assert_eq(own_size, 11);
}

Test(cgroup_path, the_longest_component_fits_and_longer_ones_are_cut)
{
	char path[600] = "/lxc/";
	struct identity identity;

	memset(path + 5, 'n', 255);
	cgroup_path_identify(path, &identity, NULL);
	cr_assert_eq(strlen(identity.name), 255);
	memset(path + 5, 'n', 500);
	cgroup_path_identify(path, &identity, NULL);
	cr_assert_eq(strlen(identity.name), 255);
	cr_assert_eq(strlen(identity.id), 255);
	cr_assert_str_eq(identity.runtime, "lxc");
}

Test(cgroup_path, a_path_of_4_KiB_keeps_its_end_as_id)
{
	struct identity identity;
	char path[4097] = "";

	for (int i = 0; i < 2046; i++)
		memcpy(path + i * 2, "/a", 2);
	strcat(path, "/end");
	cr_assert_eq(cgroup_path_identify(path, &identity, NULL), CGROUP_PATH_OWN);
	cr_assert_str_eq(identity.name, "end");
	cr_assert_eq(strlen(identity.id), 255);
	cr_assert_str_eq(identity.id + 251, "/end");
}

Test(cgroup_path, control_characters_and_bad_utf8_are_kept)
{
	struct identity identity;

	cgroup_path_identify("/lxc/a\n\x01\xff\"\\", &identity, NULL);
	cr_assert_str_eq(identity.name, "a\n\x01\xff\"\\");
}

Test(cgroup_path, a_long_task_name_is_cut)
{
	char path[600] = "/nomad/7d5e3f0a-1c2b-4d5e-8f90-a1b2c3d4e5f6.";
	struct identity identity;

	memset(path + strlen(path), 't', 400);
	cgroup_path_identify(path, &identity, NULL);
	cr_assert_eq(strlen(identity.name), 255);
	cr_assert_eq(identity.name[254], 't');
}
