/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroup files of fake trees into values: malformed and missing content first, then exact numbers on each layout. */
#include "read/container_files.h"
#include "read/container_gauges.h"

#include <errno.h>
#include <fcntl.h>

#include "file_values.h"
#include "tree.h"

static struct tree tree;
static char procfs[128], mounts[128];
static struct paths paths;
static struct cgroupfs cgroupfs;
static struct container_files *files;
static struct instance instance;
static struct cgroup cgroup;

static void set_up(void)
{
	tree_init(&tree);
	snprintf(procfs, sizeof(procfs), "%s/proc", tree.root);
	snprintf(mounts, sizeof(mounts), "%s/cg", tree.root);
	paths = (struct paths){ .procfs = procfs, .sysfs = "/nowhere", .cgroupfs = mounts };
	memset(&container, 0, sizeof(container));
	memset(&instance, 0, sizeof(instance));
	cgroup = (struct cgroup){ .instance = &instance };
	container.instances = &cgroup;
}

static void tear_down(void)
{
	container_files_free(files);
	cgroupfs_done(&cgroupfs);
	tree_done(&tree);
}

TestSuite(container_files, .init = set_up, .fini = tear_down);

static void open_v2(unsigned int flags)
{
	tree_file(&tree, "cg/cgroup.controllers", "cpu io memory pids\n");
	tree_file(&tree, "cg/c/cgroup.procs", "10\n11\n");
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(container_files_open(&cgroupfs, "/c", false, flags, &files), 0);
}

static void make_v2_files(void)
{
	tree_file(&tree, "cg/c/memory.current", "1000000\n");
	tree_file(&tree, "cg/c/memory.stat",
		  "anon 300000\nfile 500000\ninactive_anon 1\ninactive_file 200000\n");
	tree_file(&tree, "cg/c/memory.swap.current", "4096\n");
	tree_file(&tree, "cg/c/memory.max", "2000000\n");
	tree_file(&tree, "cg/c/cpu.max", "150000 100000\n");
	tree_file(
		&tree, "cg/c/cpu.stat",
		"usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 10\nnr_throttled 3\nthrottled_usec 70\n");
	tree_file(&tree, "cg/c/pids.max", "99\n");
	tree_file(&tree, "cg/c/pids.current", "5\n");
	tree_file(&tree, "cg/c/cpu.pressure",
		  "some avg10=0.00 avg60=1.00 avg300=2.00 total=11\n"
		  "full avg10=0.00 avg60=1.00 avg300=2.00 total=7\n");
	tree_file(&tree, "cg/c/io.pressure", "some avg10=0.00 avg60=1.00 avg300=2.00 total=13\n");
}

static void read_files(unsigned int flags)
{
	cr_assert_eq(container_files_read(files, &container, &instance, flags), 0);
	cr_assert(container.has_old_gauges);
	container_gauges_sum(&container, flags & INSTANCE_FILES_USAGE);
	cr_assert_not(container.has_old_gauges);
}

Test(container_files, malformed_contents_clear_gauges_and_leave_counters)
{
	static const char *const texts[] = { "",
					     "\n",
					     "x\n",
					     "-1\n",
					     "99999999999999999999999\n",
					     "anon\nfile x\ninactive_file -\n",
					     "some total=\nfull",
					     "nr_periods\nnr_throttled 1x\nusage_usec \n",
					     "100000 0\n",
					     "max" };
	static const char *const names[] = { "memory.current", "memory.stat", "memory.swap.current",
					     "memory.max",     "cpu.max",     "cpu.stat",
					     "pids.max",       "cpu.pressure" };

	open_v2(CONTAINER_FILES_BORN);
	make_v2_files();
	read_files(0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			char path[64];

			snprintf(path, sizeof(path), "cg/c/%s", names[j]);
			tree_file(&tree, path, "%s", i < 8 || j == 4 ? texts[i] : "max");
		}
		read_files(0);
		assert_absent(V_MEMORY_USAGE);
		assert_absent(V_MEMORY_WORKING_SET);
		assert_absent(V_MEMORY_RSS);
		assert_absent(V_MEMORY_LIMIT);
		assert_absent(V_CPU_LIMIT);
		assert_absent(V_PROCESSES_LIMIT);
		assert_value(V_CPU_PERIODS, 10);
		assert_value(PRESSURE(CPU_SOME), 11000);
	}
}

Test(container_files, a_cgroup_without_any_controller_has_no_values_but_its_start)
{
	open_v2(CONTAINER_FILES_BORN);
	read_files(0);
	for (unsigned int i = PROGRAM_VALUES; i < CONTAINER_VALUES; i++)
		cr_expect_eq(has(i), i == V_START_TIME, "value %u", i);
}

Test(container_files, v2_gives_exact_values)
{
	open_v2(CONTAINER_FILES_BORN | CONTAINER_FILES_KEEP);
	make_v2_files();
	read_files(INSTANCE_FILES_USAGE);
	assert_value(V_MEMORY_USAGE, 1000000);
	assert_value(V_MEMORY_WORKING_SET, 800000);
	assert_value(V_MEMORY_RSS, 300000);
	assert_value(V_MEMORY_CACHE, 500000);
	assert_value(V_MEMORY_SWAP, 4096);
	assert_value(V_MEMORY_LIMIT, 2000000);
	assert_value(V_CPU_LIMIT, 1500);
	assert_value(V_CPU_PERIODS, 10);
	assert_value(V_CPU_THROTTLED_PERIODS, 3);
	assert_value(V_CPU_THROTTLED, 70000);
	assert_value(V_PROCESSES_LIMIT, 99);
	assert_value(PRESSURE(CPU_SOME), 11000);
	assert_value(PRESSURE(CPU_FULL), 7000);
	assert_value(PRESSURE(IO_SOME), 13000);
	assert_absent(PRESSURE(IO_FULL));
	assert_absent(PRESSURE(MEMORY_SOME));
	assert_value(V_CPU, 5000000);
	assert_value(V_CPU_USER, 3000000);
	assert_value(V_CPU_SYSTEM, 2000000);
	assert_value(V_PROCESSES, 2);
	assert_value(V_THREADS, 5);
}

Test(container_files, what_bpf_counts_is_left_alone_unless_asked_for)
{
	open_v2(CONTAINER_FILES_BORN);
	make_v2_files();
	container.value[V_CPU] = 42;
	container.value[V_THREADS] = 43;
	read_files(0);
	assert_value(V_CPU, 42);
	assert_value(V_THREADS, 43);
	assert_value(V_PROCESSES, 0);
}

Test(container_files, limits_that_are_none_are_absent_and_the_working_set_is_never_negative)
{
	open_v2(0);
	make_v2_files();
	tree_file(&tree, "cg/c/memory.max", "1152921504606846976\n");
	tree_file(&tree, "cg/c/memory.current", "100\n");
	tree_file(&tree, "cg/c/cpu.max", "max 100000\n");
	tree_file(&tree, "cg/c/pids.max", "max\n");
	read_files(0);
	assert_absent(V_MEMORY_LIMIT);
	assert_absent(V_CPU_LIMIT);
	assert_absent(V_PROCESSES_LIMIT);
	assert_value(V_MEMORY_WORKING_SET, 0);
	tree_file(&tree, "cg/c/memory.max", "1152921504606846975\n");
	read_files(0);
	assert_value(V_MEMORY_LIMIT, 1152921504606846975);
}

Test(container_files, counters_of_what_was_there_before_begin_at_zero_and_grow)
{
	open_v2(CONTAINER_FILES_KEEP);
	make_v2_files();
	read_files(INSTANCE_FILES_USAGE);
	assert_value(V_CPU_PERIODS, 0);
	assert_value(V_CPU, 0);
	assert_value(PRESSURE(CPU_SOME), 0);
	tree_file(&tree, "cg/c/cpu.stat",
		  "usage_usec 5001\nnr_periods 12\nnr_throttled 3\nthrottled_usec 71\n");
	read_files(INSTANCE_FILES_USAGE);
	assert_value(V_CPU_PERIODS, 2);
	assert_value(V_CPU_THROTTLED_PERIODS, 0);
	assert_value(V_CPU_THROTTLED, 1000);
	assert_value(V_CPU, 1000);
	tree_file(&tree, "cg/c/cpu.stat", "nr_periods 5\n");
	read_files(0);
	assert_value(V_CPU_PERIODS, 2);
	tree_file(&tree, "cg/c/cpu.stat", "nr_periods 6\n");
	read_files(0);
	assert_value(V_CPU_PERIODS, 3);
}

Test(container_files, a_successor_of_the_same_names_continues_the_counters)
{
	open_v2(CONTAINER_FILES_BORN);
	make_v2_files();
	read_files(0);
	container_files_free(files);
	tree_file(&tree, "cg/d/cgroup.procs", "%s", "");
	tree_file(&tree, "cg/d/cpu.stat", "nr_periods 4\n");
	cr_assert_eq(container_files_open(&cgroupfs, "/d", false, CONTAINER_FILES_BORN, &files), 0);
	read_files(0);
	assert_value(V_CPU_PERIODS, 14);
	assert_absent(V_MEMORY_USAGE);
}

Test(container_files, a_removed_cgroup_ends_its_gauges_and_keeps_its_counters)
{
	for (unsigned int keep = 0; keep < 2; keep++) {
		memset(&container, 0, sizeof(container));
		container.instances = &cgroup;
		cgroup.removed = false;
		open_v2(CONTAINER_FILES_BORN | (keep ? CONTAINER_FILES_KEEP : 0));
		make_v2_files();
		read_files(INSTANCE_FILES_USAGE);
		tree_remove(&tree, "cg/c");
		tree_directory(&tree, "cg/c"); /* another one of the same name */
		make_v2_files();
		tree_file(&tree, "cg/c/cgroup.procs", "%s", "");
		cr_assert_eq(container_files_read(files, &container, &instance, INSTANCE_FILES_USAGE),
			     -ENOENT);
		cgroup.removed = true;
		container_gauges_sum(&container, true);
		assert_absent(V_MEMORY_USAGE);
		assert_absent(V_START_TIME);
		assert_value(V_THREADS, 0);
		assert_value(V_CPU_PERIODS, 10);
		assert_value(V_CPU, 5000000);
		container_files_free(files);
		files = NULL;
		cgroupfs_done(&cgroupfs);
	}
	cgroupfs_init(&paths, &cgroupfs);
	cr_assert_eq(container_files_open(&cgroupfs, "/e", false, 0, &files), -ENOENT);
	cr_assert_eq(container_files_open(&cgroupfs, "/c", true, 0, &files), -ENOENT);
}

Test(container_files, files_that_come_late_are_found_early_on_and_then_seldom)
{
	open_v2(CONTAINER_FILES_BORN);
	read_files(0);
	tree_file(&tree, "cg/c/memory.current", "5\n");
	read_files(0);
	assert_value(V_MEMORY_USAGE, 5);
	read_files(0);
	tree_file(&tree, "cg/c/pids.max", "6\n");
	for (int i = 4; i < 64; i++) {
		read_files(0);
		assert_absent(V_PROCESSES_LIMIT);
	}
	read_files(0);
	assert_value(V_PROCESSES_LIMIT, 6);
}

/* As on a host with systemd: v1 controllers in separate mounts, v2 with nothing but pressure. */
static void make_hybrid(const char *unified)
{
	tree_file(&tree, "cg/cpu/tasks", "%s", "");
	tree_file(&tree, "cg/cpuacct/tasks", "%s", "");
	tree_file(&tree, "cg/memory/tasks", "%s", "");
	tree_file(&tree, "cg/pids/tasks", "%s", "");
	if (unified) {
		tree_file(&tree, "cg/unified/cgroup.controllers", "\n");
		tree_file(&tree, "cg/unified/c/cgroup.procs", "10\n");
		tree_file(&tree, "cg/unified/c/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 1\n");
		tree_file(&tree, "cg/unified/c/io.pressure", "%s", unified);
	}
	tree_file(&tree, "cg/cpu/c/cgroup.procs", "10\n11\n12\n");
	tree_file(&tree, "cg/cpu/c/tasks", "10\n11\n12\n13\n");
	tree_file(&tree, "cg/cpu/c/cpu.cfs_quota_us", "25000\n");
	tree_file(&tree, "cg/cpu/c/cpu.cfs_period_us", "100000\n");
	tree_file(&tree, "cg/cpu/c/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 70\n");
	tree_file(&tree, "cg/cpuacct/c/cpuacct.usage", "123456789\n");
	tree_file(&tree, "cg/cpuacct/c/cpuacct.stat", "user 7\nsystem 5\n");
	tree_file(&tree, "cg/memory/c/memory.usage_in_bytes", "1000\n");
	tree_file(&tree, "cg/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
	tree_file(
		&tree, "cg/memory/c/memory.stat",
		"cache 1\nrss 2\ninactive_file 3\nswap 4\ntotal_cache 500\ntotal_rss 300\ntotal_swap 40\ntotal_inactive_file 200\n");
	cr_assert_eq(cgroupfs_init(&paths, &cgroupfs), 0);
	cr_assert_eq(container_files_open(&cgroupfs, "/c", true, CONTAINER_FILES_BORN, &files), 0);
}

static void check_v1(void)
{
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);

	assert_value(V_MEMORY_USAGE, 1000);
	assert_value(V_MEMORY_WORKING_SET, 800);
	assert_value(V_MEMORY_RSS, 300);
	assert_value(V_MEMORY_CACHE, 500);
	assert_value(V_MEMORY_SWAP, 40);
	assert_absent(V_MEMORY_LIMIT);
	assert_value(V_CPU_LIMIT, 250);
	assert_value(V_CPU_PERIODS, 10);
	assert_value(V_CPU_THROTTLED, 70);
	assert_value(V_CPU, 123456789);
	assert_value(V_CPU_USER, 7 * tick_ns);
	assert_value(V_CPU_SYSTEM, 5 * tick_ns);
	assert_value(V_PROCESSES, 3);
	assert_value(V_THREADS, 4);
	assert_absent(V_PROCESSES_LIMIT);
}

Test(container_files, v1_gives_exact_values)
{
	make_hybrid(NULL);
	read_files(INSTANCE_FILES_USAGE);
	check_v1();
	assert_absent(PRESSURE(IO_SOME));
	tree_file(&tree, "cg/cpu/c/cpu.cfs_quota_us", "-1\n");
	read_files(0);
	assert_absent(V_CPU_LIMIT);
}

Test(container_files, hybrid_takes_controllers_from_v1_and_pressure_from_v2)
{
	make_hybrid("some avg10=0.00 total=5\nfull avg10=0.00 total=4\n");
	read_files(INSTANCE_FILES_USAGE);
	check_v1();
	assert_value(PRESSURE(IO_SOME), 5000);
	assert_value(PRESSURE(IO_FULL), 4000);
}

Test(container_files, a_v1_hierarchy_joined_late_is_found)
{
	make_hybrid(NULL);
	read_files(0);
	assert_absent(V_PROCESSES_LIMIT);
	tree_file(&tree, "cg/pids/c/pids.max", "7\n");
	read_files(0);
	assert_value(V_PROCESSES_LIMIT, 7);
}

Test(container_files, the_start_is_the_earliest_time_of_directory_and_events)
{
	struct timespec times[2] = { { 0, 0 }, { 1700000000, 5 } };
	char path[TREE_PATH_SIZE];

	open_v2(0);
	tree_file(&tree, "cg/c/cgroup.events", "populated 1\n");
	snprintf(path, sizeof(path), "%s/cg/c/cgroup.events", tree.root);
	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	read_files(0);
	assert_value(V_START_TIME, 1700000000000000005);
}
