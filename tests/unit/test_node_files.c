/* SPDX-License-Identifier: Apache-2.0 */
/* Procfs of fake trees into the node's values, and what all readers of files share. */
#include "read/node_files.h"

#include <errno.h>

#include "read/files.h"
#include "file_values.h"
#include "tree.h"

static struct tree tree;
static char procfs[128];
static struct paths paths;

static void set_up(void)
{
	tree_init(&tree);
	snprintf(procfs, sizeof(procfs), "%s/proc", tree.root);
	paths = (struct paths){ .procfs = procfs, .sysfs = "/nowhere", .cgroupfs = "/nowhere" };
	memset(&container, 0, sizeof(container));
}

static void tear_down(void)
{
	tree_done(&tree);
}

TestSuite(node_files, .init = set_up, .fini = tear_down);

Test(files, pressure_totals_are_found_in_their_own_line_only)
{
	uint64_t ns;

	cr_assert(files_find_pressure_ns("some total=1\nfull total=2\n", "full", &ns) && ns == 2000);
	cr_assert(!files_find_pressure_ns("some avg10=1\nfull total=2\n", "some", &ns));
	cr_assert(!files_find_pressure_ns("somewhat total=1\n", "some", &ns));
	cr_assert(!files_find_pressure_ns("some total=99999999999999999\n", "some", &ns));
	cr_assert(!files_find_pressure_ns("", "some", &ns));
}

Test(node_files, malformed_and_missing_files_give_no_values)
{
	struct node_files *node;

	cr_assert_eq(node_files_open(&paths, &node), -ENOENT);
	tree_file(&tree, "proc/meminfo", "MemTotal\nMemFree: x kB\nCached: 99999999999999999999 kB\n");
	tree_file(&tree, "proc/stat", "cpu  1 2 3\n");
	tree_file(&tree, "proc/loadavg", "0.00\n");
	cr_assert_eq(node_files_open(&paths, &node), 0);
	node_files_read(node, &container, NODE_FILES_USAGE);
	for (unsigned int i = PROGRAM_VALUES; i < CONTAINER_VALUES; i++)
		cr_expect(!has(i), "value %u", i);
	assert_value(V_CPU, 0);
	node_files_free(node);
}

Test(node_files, procfs_gives_exact_values)
{
	uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct node_files *node;
	struct node_stat stat;

	tree_file(
		&tree, "proc/meminfo",
		"MemTotal:       1000 kB\nMemFree:          100 kB\nMemAvailable:    500 kB\nBuffers:   20 kB\nCached:   300 kB\n"
		"SwapCached: 1 kB\nInactive(file):   200 kB\nSwapTotal:  50 kB\nSwapFree: 40 kB\nAnonPages:  250 kB\n");
	tree_file(&tree, "proc/pressure/memory", "some avg10=0.00 total=10\nfull avg10=0.00 total=5\n");
	tree_file(
		&tree, "proc/stat",
		"cpu  10 20 30 40 50 6 7 8 9 10\ncpu0 1 1\nintr 5\nctxt 77\nbtime 1700000000\nprocesses 88\n");
	tree_file(&tree, "proc/loadavg", "0.00 0.01 0.05 1/123 4567\n");
	tree_directory(&tree, "proc/1");
	tree_directory(&tree, "proc/23");
	cr_assert_eq(node_files_open(&paths, &node), 0);
	node_files_read(node, &container, NODE_FILES_USAGE);
	assert_value(V_MEMORY_USAGE, 900 * 1024);
	assert_value(V_MEMORY_WORKING_SET, 700 * 1024);
	assert_value(V_MEMORY_RSS, 250 * 1024);
	assert_value(V_MEMORY_CACHE, 320 * 1024);
	assert_value(V_MEMORY_SWAP, 10 * 1024);
	assert_value(PRESSURE(MEMORY_SOME), 0);
	assert_absent(PRESSURE(CPU_SOME));
	assert_value(V_PROCESSES, 2);
	assert_value(V_THREADS, 123);
	tree_file(&tree, "proc/pressure/memory", "some avg10=0.00 total=12\nfull avg10=0.00 total=5\n");
	tree_file(&tree, "proc/stat", "cpu  11 20 33 40 50 6 8 8 9 10\n");
	node_files_read(node, &container, NODE_FILES_USAGE);
	assert_value(PRESSURE(MEMORY_SOME), 2000);
	assert_value(V_CPU, 5 * tick_ns);
	assert_value(V_CPU_USER, 1 * tick_ns);
	assert_value(V_CPU_SYSTEM, 4 * tick_ns);
	cr_assert_eq(node_files_stat(&paths, &stat), -EINVAL);
	tree_file(&tree, "proc/stat",
		  "cpu  10 20 30 40 50 6 7 8 9 10\nctxt 77\nbtime 1700000000\nprocesses 88\n");
	cr_assert_eq(node_files_stat(&paths, &stat), 0);
	cr_assert(stat.context_switches == 77 && stat.forks == 88 && stat.boot_s == 1700000000);
	cr_assert_eq(stat.idle_ns, 90 * tick_ns);
	node_files_free(node);
}
