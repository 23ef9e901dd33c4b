/* SPDX-License-Identifier: Apache-2.0 */
/* What a container was started without, as fake procfs trees; malformed ones first. */
#include "read/surroundings.h"

#include <errno.h>
#include <linux/capability.h>

#include "tree.h"

static struct tree tree;
static struct paths paths;
static struct cgroupfs cgroupfs;
static struct surroundings found;
static char procfs[128];

static void set_link(const char *name, const char *target)
{
	char path[TREE_PATH_SIZE];

	snprintf(path, sizeof(path), "%s/self/ns/%s", procfs, name);
	unlink(path);
	cr_assert_eq(symlink(target, path), 0);
}

static void set_capabilities(uint64_t set)
{
	tree_file(&tree, "proc/self/status", "Name:\tx\nCapPrm:\t%016llx\nCapEff:\t%016llx\n", ~0ULL,
		  (unsigned long long)set);
}

/* A host: nothing is lacking. */
static void set_up(void)
{
	tree_init(&tree);
	snprintf(procfs, sizeof(procfs), "%s/proc", tree.root);
	paths = (struct paths){ .procfs = procfs, .sysfs = "/nowhere", .cgroupfs = "/nowhere" };
	cgroupfs = (struct cgroupfs){ .v2_fd = 0, .v1_fd = { -1, -1, -1, -1 }, .is_whole = true };
	tree_directory(&tree, "proc/self/ns");
	tree_file(&tree, "proc/stat", "cpu 1\n");
	set_capabilities(1ULL << CAP_BPF | 1ULL << CAP_PERFMON);
	set_link("pid", "pid:[4026531836]");
	set_link("user", "user:[4026531837]");
}

static void tear_down(void)
{
	tree_done(&tree);
}

TestSuite(surroundings, .init = set_up, .fini = tear_down);

/* Exactly this one is lacking; SURROUNDINGS: none. */
static void expect_only(unsigned int wanted)
{
	surroundings_look(&paths, &cgroupfs, &found);
	for (unsigned int i = 0; i < SURROUNDINGS; i++)
		cr_assert_eq(found.lacks[i], i == wanted, "%s", surrounding_texts[i].source);
}

Test(surroundings, what_cannot_be_read_or_is_malformed_is_not_called_a_lack)
{
	static const char *const links[] = { "pid", "pid:[", "pid:[]", "pid:[x]", "pid:4026532000" };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		set_link("pid", links[i]);
		expect_only(SURROUNDINGS);
	}
	tree_file(&tree, "proc/self/status", "Name:\tx\n");
	expect_only(SURROUNDINGS);
	tree_remove(&tree, "proc/self/ns/pid");
	expect_only(SURROUNDINGS);
}

Test(surroundings, a_host_lacks_nothing)
{
	expect_only(SURROUNDINGS);
}

Test(surroundings, a_namespace_of_its_own_is_known_by_its_number)
{
	set_link("pid", "pid:[4026532185]");
	expect_only(SURROUNDING_HOST_PIDS);
	set_link("pid", "pid:[4026531836]");
	set_link("user", "user:[4026532185]");
	expect_only(SURROUNDING_HOST_USERS);
}

Test(surroundings, bpf_needs_both_capabilities_or_the_old_one)
{
	uint64_t set;

	set_capabilities(1ULL << CAP_SYS_ADMIN);
	expect_only(SURROUNDINGS);
	set_capabilities(1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN);
	expect_only(SURROUNDING_PRIVILEGES);
	set_capabilities(0);
	expect_only(SURROUNDING_PRIVILEGES);
	set_capabilities(1ULL << CAP_PERFMON);
	cr_assert_eq(surroundings_capabilities(&paths, &set), 0);
	cr_assert_eq(set, 1ULL << CAP_PERFMON);
	tree_file(&tree, "proc/self/status", "Name:\tx\n");
	cr_assert_eq(surroundings_capabilities(&paths, &set), -ENOENT);
	cr_assert_eq(set, 0);
}

Test(surroundings, a_part_of_the_cgroups_is_a_lack_and_none_is_two)
{
	cgroupfs.is_whole = false;
	expect_only(SURROUNDING_HOST_CGROUPS);
	cgroupfs.v2_fd = -1;
	surroundings_look(&paths, &cgroupfs, &found);
	cr_assert(found.lacks[SURROUNDING_CGROUPFS] && found.lacks[SURROUNDING_HOST_CGROUPS]);
	cgroupfs.v1_fd[CONTROLLER_CPU] = 0;
	cgroupfs.is_whole = true;
	expect_only(SURROUNDINGS);
}

Test(surroundings, procfs_is_missed_when_it_is_not_there)
{
	tree_remove(&tree, "proc/stat");
	expect_only(SURROUNDING_PROCFS);
}

Test(surroundings, each_text_fits_a_label)
{
	for (unsigned int i = 0; i < SURROUNDINGS; i++) {
		cr_assert_leq(strlen(surrounding_texts[i].lack), 127, "%s", surrounding_texts[i].source);
		cr_assert(surrounding_texts[i].lack[0] && surrounding_texts[i].mend[0]);
	}
}
