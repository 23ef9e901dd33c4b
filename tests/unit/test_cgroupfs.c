/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts of cgroup hierarchies as fake trees: malformed mount tables first, then v1, v2, hybrid; walk and liveness. */
#include "read/cgroupfs.h"

#include <errno.h>

#include "record.h"
#include "tree.h"

static struct tree tree;
static struct paths paths;
static char procfs[128], mounts[128];
static struct cgroupfs cgroupfs;

static void set_up(void)
{
	tree_init(&tree);
	snprintf(procfs, sizeof(procfs), "%s/proc", tree.root);
	snprintf(mounts, sizeof(mounts), "%s/cg", tree.root);
	paths = (struct paths){ .procfs = procfs, .sysfs = "/nowhere", .cgroupfs = mounts };
	tree_directory(&tree, "proc/self");
	tree_directory(&tree, "cg");
}

static void tear_down(void)
{
	cgroupfs_done(&cgroupfs);
	tree_done(&tree);
}

TestSuite(cgroupfs, .init = set_up, .fini = tear_down);

static ino_t inode(const char *name)
{
	char path[TREE_PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s", tree.root, name);
	cr_assert_eq(stat(path, &status), 0, "%s", path);
	return status.st_ino;
}

static ino_t inode_of_fd(int fd)
{
	struct stat status;

	cr_assert_eq(fstat(fd, &status), 0);
	return status.st_ino;
}

static void make_hybrid(void)
{
	static const char *const v1[] = { "cpu,cpuacct", "memory", "pids", "freezer" };

	for (size_t i = 0; i < 4; i++) {
		char name[64];

		snprintf(name, sizeof(name), "cg/%s", v1[i]);
		tree_directory(&tree, name);
	}
	tree_file(&tree, "cg/unified/cgroup.controllers", "io\n");
	tree_file(&tree, "proc/self/mountinfo",
		  "30 23 0:28 / %s ro shared:9 - tmpfs tmpfs ro,mode=755\n"
		  "31 30 0:29 / %s/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate\n"
		  "32 30 0:30 / %s/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
		  "33 30 0:31 / %s/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
		  "34 30 0:32 / %s/memory rw - cgroup cgroup rw,memory\n"
		  "35 30 0:33 / %s/freezer rw - cgroup cgroup rw,freezer\n",
		  mounts, mounts, mounts, mounts, mounts, mounts);
	tree_file(
		&tree, "proc/cgroups",
		"#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t1\t1\ncpu\t3\t9\t1\ncpuacct\t3\t9\t1\n"
		"memory\t4\t11\t1\npids\t0\t1\t1\n");
}

Test(cgroupfs, malformed_mount_tables_and_no_hierarchy_are_an_error_not_a_crash)
{
	static const char *const texts[] = { "",
					     "\n\n\n",
					     " - cgroup2",
					     "- cgroup2 x y\n",
					     "1 2 3 4 5 6 - cgroup2\n",
					     "1 2 3 / /nowhere rw - cgroup2 x y\n",
					     "1 2 3 / \\777 rw - cgroup\n",
					     "1 2 3 / /nowhere\\04 rw - cgroup cgroup cpu" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		tree_file(&tree, "proc/self/mountinfo", "%s", texts[i]);
		cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), -ENOENT, "%s", texts[i]);
		cgroupfs_done(&cgroupfs);
	}
	tree_remove(&tree, "proc/self/mountinfo");
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), -ENOENT);
	cr_assert(!cgroupfs.is_whole);
}

Test(cgroupfs, v2_alone_is_found_and_says_which_controllers_it_has)
{
	tree_file(&tree, "cg/cgroup.controllers", "cpuset cpu io memory\n");
	tree_file(&tree, "proc/self/mountinfo", "31 30 0:29 / %s rw shared:10 - cgroup2 cgroup rw\n", mounts);
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(inode_of_fd(cgroupfs.v2_fd), inode("cg"));
	cr_assert(!cgroupfs_has_v1_cpu(&cgroupfs));
	cr_assert(cgroupfs.on_v2[CONTROLLER_CPU] && cgroupfs.on_v2[CONTROLLER_MEMORY]);
	cr_assert(!cgroupfs.on_v2[CONTROLLER_PIDS] && !cgroupfs.on_v2[CONTROLLER_CPUACCT]);
}

Test(cgroupfs, hybrid_finds_each_controller_where_it_is_mounted)
{
	make_hybrid();
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(inode_of_fd(cgroupfs.v2_fd), inode("cg/unified"));
	cr_assert_eq(inode_of_fd(cgroupfs.v1_fd[CONTROLLER_CPU]), inode("cg/cpu,cpuacct"));
	cr_assert_eq(inode_of_fd(cgroupfs.v1_fd[CONTROLLER_CPUACCT]), inode("cg/cpu,cpuacct"));
	cr_assert_eq(inode_of_fd(cgroupfs.v1_fd[CONTROLLER_MEMORY]), inode("cg/memory"));
	cr_assert_eq(cgroupfs.v1_fd[CONTROLLER_PIDS], -1);
	cr_assert_eq(cgroupfs.v1_id[CONTROLLER_CPU], 3);
	cr_assert_eq(cgroupfs.v1_id[CONTROLLER_MEMORY], 4);
	cr_assert_eq(cgroupfs.v1_id[CONTROLLER_PIDS], 0);
	cr_assert(!cgroupfs.on_v2[CONTROLLER_CPU]);
}

Test(cgroupfs, the_mounts_below_the_given_place_win_and_whole_trees_before_parts)
{
	tree_directory(&tree, "other");
	tree_directory(&tree, "cg/part");
	tree_directory(&tree, "cg/a b");
	tree_file(&tree, "proc/self/mountinfo",
		  "1 2 0:1 / %s/other rw - cgroup2 c rw\n1 2 0:1 /x %s/part rw - cgroup2 c rw\n"
		  "1 2 0:1 / %s/a\\040b rw - cgroup2 c rw\n1 2 0:1 / %s/other rw - cgroup c rw,memory\n"
		  "1 2 0:1 / %s/gone rw - cgroup c rw,memory\n",
		  tree.root, mounts, mounts, tree.root, mounts);
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(inode_of_fd(cgroupfs.v2_fd), inode("cg/a b"));
	cr_assert_eq(inode_of_fd(cgroupfs.v1_fd[CONTROLLER_MEMORY]), inode("other"));
}

Test(cgroupfs, from_a_private_namespace_the_hosts_tree_wins_over_the_containers_own_part)
{
	tree_directory(&tree, "cg/own");
	tree_directory(&tree, "cg/host");
	tree_directory(&tree, "cg/other");
	tree_file(&tree, "proc/self/mountinfo",
		  "1 2 0:1 / %s/own rw - cgroup2 c rw\n1 2 0:1 /../.. %s/host rw - cgroup2 c rw\n"
		  "1 2 0:1 /../../x %s/other rw - cgroup2 c rw\n",
		  mounts, mounts, mounts);
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(inode_of_fd(cgroupfs.v2_fd), inode("cg/host"));
}

Test(cgroupfs, v1_is_known_where_its_hierarchies_are_not_mounted)
{
	make_hybrid();
	tree_remove(&tree, "proc/self/mountinfo");
	tree_remove(&tree, "cg/unified");
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), -ENOENT);
	cr_assert(cgroupfs_has_v1_cpu(&cgroupfs));
	cr_assert_eq(cgroupfs.v1_id[CONTROLLER_CPU], 3);
}

Test(cgroupfs, without_a_mount_table_the_usual_names_are_tried)
{
	tree_file(&tree, "cg/cpu/tasks", "1\n");
	tree_file(&tree, "cg/memory/nothing", "1\n");
	tree_file(&tree, "cg/unified/cgroup.controllers", "\n");
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(inode_of_fd(cgroupfs.v1_fd[CONTROLLER_CPU]), inode("cg/cpu"));
	cr_assert_eq(cgroupfs.v1_fd[CONTROLLER_MEMORY], -1);
	cr_assert_eq(inode_of_fd(cgroupfs.v2_fd), inode("cg/unified"));
}

struct seen {
	int count;
	struct {
		uint64_t id;
		char path[300];
	} cgroup[16];
	int stop_at, result;
};

static int see(void *context, int dir_fd, uint64_t id, const char *path)
{
	struct seen *seen = context;

	cr_assert_geq(dir_fd, 0);
	cr_assert_lt(seen->count, 16);
	seen->cgroup[seen->count].id = id;
	snprintf(seen->cgroup[seen->count].path, sizeof(seen->cgroup[0].path), "%s", path);
	return ++seen->count == seen->stop_at ? seen->result : 0;
}

static uint64_t id_of(const struct seen *seen, const char *path, bool v1)
{
	for (int i = 0; i < seen->count; i++)
		if (strcmp(seen->cgroup[i].path, path) == 0 && !(seen->cgroup[i].id & CGROUP_V1) == !v1)
			return seen->cgroup[i].id & ~CGROUP_V1;
	return 0;
}

Test(cgroupfs, the_walk_meets_every_cgroup_of_both_hierarchies_once)
{
	struct seen seen = { 0 };

	make_hybrid();
	tree_directory(&tree, "cg/cpu,cpuacct/docker/abc");
	tree_directory(&tree, "cg/memory/only-memory");
	tree_directory(&tree, "cg/unified/init.scope");
	tree_file(&tree, "cg/unified/init.scope/cgroup.procs", "1\n");
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert_eq(cgroupfs_walk(&cgroupfs, see, &seen), 0);
	cr_assert_eq(seen.count, 5);
	cr_assert_eq(id_of(&seen, "/", true), inode("cg/cpu,cpuacct"));
	cr_assert_eq(id_of(&seen, "/docker", true), inode("cg/cpu,cpuacct/docker"));
	cr_assert_eq(id_of(&seen, "/docker/abc", true), inode("cg/cpu,cpuacct/docker/abc"));
	cr_assert_eq(id_of(&seen, "/", false), inode("cg/unified"));
	cr_assert_eq(id_of(&seen, "/init.scope", false), inode("cg/unified/init.scope"));
}

Test(cgroupfs, a_part_of_a_hierarchy_has_no_root_to_be_taken_for_the_hosts)
{
	struct seen seen = { 0 };

	make_hybrid();
	tree_directory(&tree, "cg/cpu,cpuacct/below");
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert(cgroupfs.is_whole);
	cgroupfs.is_whole = false;
	cr_assert_eq(cgroupfs_walk(&cgroupfs, see, &seen), 0);
	cr_assert_eq(seen.count, 1);
	cr_assert_eq(id_of(&seen, "/below", true), inode("cg/cpu,cpuacct/below"));
	cr_assert(!cgroupfs_is_alive(&cgroupfs, inode("cg/unified"), "/"));
	cr_assert(cgroupfs_is_alive(&cgroupfs, inode("cg/cpu,cpuacct/below") | CGROUP_V1, "/below"));
}

Test(cgroupfs, a_visit_can_end_the_walk_and_links_are_not_followed)
{
	struct seen seen = { .stop_at = 2, .result = 7 };
	char link[TREE_PATH_SIZE];

	make_hybrid();
	tree_directory(&tree, "cg/unified/a");
	tree_directory(&tree, "cg/unified/b");
	snprintf(link, sizeof(link), "%s/cg/unified/link", tree.root);
	cr_assert_eq(symlink("..", link), 0);
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert_eq(cgroupfs_walk(&cgroupfs, see, &seen), 7);
	cr_assert_eq(seen.count, 2);
	seen = (struct seen){ 0 };
	cr_assert_eq(cgroupfs_walk(&cgroupfs, see, &seen), 0);
	cr_assert_eq(seen.count, 4);
}

static int count_visits(void *context, int dir_fd, uint64_t id, const char *path)
{
	(void)dir_fd, (void)id, (void)path;
	++*(int *)context;
	return 0;
}

Test(cgroupfs, a_tree_that_is_too_deep_does_not_end_the_walk_for_others)
{
	char deep[TREE_PATH_SIZE - 70] = "cg/cpu,cpuacct";
	int visits = 0;

	make_hybrid();
	for (int i = 0; i < 200; i++)
		strcat(deep, "/d");
	tree_directory(&tree, deep);
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert_eq(cgroupfs_walk(&cgroupfs, count_visits, &visits), 0);
	cr_assert_eq(visits, 1 + 128 + 1);
}

Test(cgroupfs, a_cgroup_is_alive_by_its_id_not_by_its_name)
{
	uint64_t id;

	make_hybrid();
	tree_directory(&tree, "cg/unified/a");
	tree_directory(&tree, "cg/cpu,cpuacct/b");
	cgroupfs_init(&paths, &cgroupfs);
	id = inode("cg/unified/a");
	cr_assert(cgroupfs_is_alive(&cgroupfs, id, "/a"));
	cr_assert(!cgroupfs_is_alive(&cgroupfs, id + 1, "/a"));
	cr_assert(!cgroupfs_is_alive(&cgroupfs, id | CGROUP_V1, "/a"));
	cr_assert(cgroupfs_is_alive(&cgroupfs, inode("cg/cpu,cpuacct/b") | CGROUP_V1, "/b"));
	cr_assert(cgroupfs_is_alive(&cgroupfs, inode("cg/unified"), "/"));
	cr_assert(!cgroupfs_is_alive(&cgroupfs, inode("cg"), "/.."));
	tree_remove(&tree, "cg/unified/a");
	cr_assert(!cgroupfs_is_alive(&cgroupfs, id, "/a"));
}

Test(cgroupfs, a_path_that_leads_out_of_the_tree_is_not_opened)
{
	int fd;

	make_hybrid();
	tree_directory(&tree, "cg/unified/a/..b");
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert_eq(cgroupfs_open_directory(cgroupfs.v2_fd, "/../memory"), -ENOENT);
	cr_assert_eq(cgroupfs_open_directory(cgroupfs.v2_fd, "/a/.."), -ENOENT);
	cr_assert_eq(cgroupfs_open_directory(cgroupfs.v2_fd, "/missing"), -ENOENT);
	cr_assert_eq(cgroupfs_open_directory(-1, "/"), -ENOENT);
	fd = cgroupfs_open_directory(cgroupfs.v2_fd, "//a/..b");
	cr_assert_geq(fd, 0);
	close(fd);
}

Test(cgroupfs, tasks_are_counted_with_those_below)
{
	uint64_t processes, threads;

	make_hybrid();
	tree_file(&tree, "cg/unified/c/cgroup.procs", "%s", "");
	tree_file(&tree, "cg/unified/c/cgroup.threads", "%s", "");
	tree_file(&tree, "cg/unified/c/x/cgroup.procs", "10\n11\n");
	tree_file(&tree, "cg/unified/c/x/cgroup.threads", "10\n11\n12\n");
	tree_file(&tree, "cg/unified/c/x/tasks", "1\n");
	cgroupfs_init(&paths, &cgroupfs);
	int fd = cgroupfs_open_directory(cgroupfs.v2_fd, "/c");

	cgroupfs_count_tasks(fd, false, &processes, &threads);
	cr_assert_eq(processes, 2);
	cr_assert_eq(threads, 3);
	cgroupfs_count_tasks(fd, true, &processes, &threads);
	cr_assert_eq(threads, 1);
	close(fd);
}
