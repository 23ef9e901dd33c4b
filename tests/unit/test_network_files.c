/* SPDX-License-Identifier: Apache-2.0 */
/* net/dev as kernels write it, and as none does. */
#include "read/network_files.h"

#include <errno.h>
#include <sched.h>

#include "tree.h"

#define HEADING                                                                                        \
	"Inter-|   Receive                                                |  Transmit\n"               \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop" \
	" fifo colls carrier compressed\n"

static struct network_device devices[NETWORK_DEVICES_MAX];
static uint32_t left_out;

static int parse(const char *text)
{
	memset(devices, 0x55, sizeof(devices));
	left_out = 99;
	return network_files_parse(text, devices, &left_out);
}

#define VALUE(device, metric) (devices[device].value[V_NETDEV_##metric - V_NETDEV_RECEIVE])

Test(network_files, each_column_is_the_value_it_is_called)
{
	cr_assert_eq(parse(HEADING
			   "    lo:     900       9    0    0    0     0          0         0      900"
			   "       9    0    0    0     0       0          0\n"
			   "  eth0:     101     103  107  109  113   127        131       137      139"
			   "     149  151  157  163   167     173        179\n"),
		     1);
	cr_assert_str_eq(devices[0].name, "eth0");
	cr_expect_eq(VALUE(0, RECEIVE), 101);
	cr_expect_eq(VALUE(0, RECEIVE_PACKETS), 103);
	cr_expect_eq(VALUE(0, RECEIVE_ERRORS), 107);
	cr_expect_eq(VALUE(0, RECEIVE_DROPPED), 109);
	cr_expect_eq(VALUE(0, TRANSMIT), 139);
	cr_expect_eq(VALUE(0, TRANSMIT_PACKETS), 149);
	cr_expect_eq(VALUE(0, TRANSMIT_ERRORS), 151);
	cr_expect_eq(VALUE(0, TRANSMIT_DROPPED), 157);
	cr_expect_eq(left_out, 0);
}

Test(network_files, names_of_any_length_and_spacing)
{
	cr_assert_eq(parse(HEADING
			   "abcdefghijklmno:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			   "x:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16   \n"
			   "   \xff\"{}\\\t: 1  2   3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			   "lo0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			   "eth0.4094@if1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
		     5);
	cr_expect_str_eq(devices[0].name, "abcdefghijklmno");
	cr_expect_eq(VALUE(0, RECEIVE), UINT64_MAX);
	cr_expect_str_eq(devices[1].name, "x");
	cr_expect_str_eq(devices[2].name, "\xff\"{}\\\t");
	cr_expect_eq(VALUE(2, TRANSMIT), 9);
	cr_expect_str_eq(devices[3].name, "lo0");
	cr_expect_str_eq(devices[4].name, "eth0.4094@if1");
}

Test(network_files, a_namespace_may_have_no_device_but_lo)
{
	cr_expect_eq(parse(HEADING), 0);
	cr_expect_eq(parse(HEADING "    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"), 0);
	/* without IPv4, or with devices that only speak IPv6, the file is the same */
	cr_expect_eq(parse(HEADING "  sit0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
				   "ip6tnl0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
		     2);
}

Test(network_files, what_no_kernel_writes_is_refused_as_a_whole)
{
	static const char good[] = "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
	static const char *const bad[] = {
		"eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n",       /* a column less */
		"eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n", /* or more */
		"eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",      /* cut */
		"eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 -1\n",
		"eth1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 0x6\n",
		"eth1: 18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		"abcdefghijklmnop: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", /* 16 bytes */
		": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		"eth1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		"eth1 : 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
		"eth1: 1 2 3 4 5 6 7 8\n9 10 11 12 13 14 15 16\n",
		"\n",
		"eth1:\n",
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), HEADING "%s%s", good, bad[i]);
		cr_expect_eq(parse(text), -EINVAL, "accepted: %s", bad[i]);
		cr_expect_eq(left_out, 99);
	}
	snprintf(text, sizeof(text), HEADING "%s", good);
	cr_expect_eq(parse(text), 1);
}

Test(network_files, another_heading_is_refused)
{
	static const char *const headings[] = {
		"",
		"Inter-|   Receive\n",
		"Inter-|   Receive\n face |packets bytes errs drop fifo frame compressed multicast"
		"|bytes packets errs drop fifo colls carrier compressed\n",
		"Inter-|   Receive\n face |bytes packets errs drop fifo frame compressed multicast"
		"|bytes packets errs drop fifo colls carrier compressed more\n",
		"Inter-|   Receive\n face |bytes packets errs drop fifo frame compressed multicast"
		"|bytes packets errs drop fifo colls carrier\n",
		"Inter-|   Receive\n face |bytespackets errs drop fifo frame compressed multicast"
		"|bytes packets errs drop fifo colls carrier compressed\n",
	};

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		cr_expect_eq(parse(headings[i]), -EINVAL, "accepted: %s", headings[i]);
}

Test(network_files, more_devices_than_are_read_are_counted)
{
	static char text[NETWORK_FILES_CAPACITY];
	size_t at = (size_t)snprintf(text, sizeof(text), HEADING);

	for (int i = 0; i < NETWORK_DEVICES_MAX + 23; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "veth%d: %d 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", i, i);
	cr_assert_eq(parse(text), NETWORK_DEVICES_MAX);
	cr_expect_eq(left_out, 23);
	cr_expect_eq(VALUE(NETWORK_DEVICES_MAX - 1, RECEIVE), NETWORK_DEVICES_MAX - 1);
}

Test(network_files, a_file_longer_than_the_buffer_is_taken_up_to_its_last_whole_line)
{
	static char buffer[NETWORK_FILES_CAPACITY], text[2 * NETWORK_FILES_CAPACITY];
	size_t at = (size_t)snprintf(text, sizeof(text), HEADING);
	struct tree tree;
	int lines = 0;

	while (at < NETWORK_FILES_CAPACITY) {
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "veth%d:%400d 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", lines, lines);
		lines++;
	}
	tree_init(&tree);
	tree_file(&tree, "7/net/dev", "%s", text);
	cr_assert_eq(network_files_read(tree.root, 7, buffer, devices, &left_out), lines - 1);
	cr_expect_eq(left_out, 1);
	cr_expect_eq(VALUE(lines - 2, RECEIVE), (uint64_t)lines - 2);
	cr_expect_eq(network_files_read(tree.root, 8, buffer, devices, &left_out), -ESRCH);
	tree_done(&tree);
}

Test(network_files, pids_are_chosen_by_their_number)
{
	cr_expect_eq(network_files_first_pid("31\n7\n12\n"), 7);
	cr_expect_eq(network_files_first_pid("0\n0\n"), 0); /* of processes that cannot be seen from here */
	cr_expect_eq(network_files_first_pid("0\n9\n"), 9);
	cr_expect_eq(network_files_first_pid(""), 0);
	cr_expect_eq(network_files_first_pid("12\n1"), 12); /* cut: who knows which */
	cr_expect_eq(network_files_first_pid("x\n99999999999\n-1\n5\n"), 5);
}

Test(network_files, the_namespace_of_the_host_is_that_of_kthreadd)
{
	struct tree tree;
	struct stat status;
	uint64_t inode = 0;
	char path[128];

	tree_init(&tree);
	cr_assert_eq(network_files_host_inode(tree.root, &inode), -ESRCH);
	tree_file(&tree, "self/ns/net", " ");
	cr_assert_eq(network_files_host_inode(tree.root, &inode), 1);
	tree_file(&tree, "1/ns/net", " ");
	tree_file(&tree, "2/ns/net", " ");
	tree_file(&tree, "2/comm", "sleep\n");
	cr_assert_eq(network_files_host_inode(tree.root, &inode), 1, "pid 2 may be anybody in a container");
	tree_file(&tree, "2/comm", "kthreadd\n");
	cr_assert_eq(network_files_host_inode(tree.root, &inode), 0);
	snprintf(path, sizeof(path), "%s/2/ns/net", tree.root);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(inode, status.st_ino);
	tree_done(&tree);
}

Test(network_files, our_own_namespace_is_read_from_the_real_procfs)
{
	static char buffer[NETWORK_FILES_CAPACITY];
	uint32_t pid = (uint32_t)getpid();
	uint64_t before, after;

	cr_assert_eq(network_files_inode("/proc", pid, &before), 0);
	cr_assert_geq(network_files_read("/proc", pid, buffer, devices, &left_out), 0);
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs CAP_SYS_ADMIN for a namespace of its own");
	cr_assert_eq(network_files_inode("/proc", pid, &after), 0);
	cr_assert_neq(before, after);
	/* kernel modules may put devices of their own into every namespace, but nothing has passed them */
	for (int i = network_files_read("/proc", pid, buffer, devices, &left_out) - 1; i >= 0; i--)
		cr_expect_eq(VALUE(i, RECEIVE) + VALUE(i, TRANSMIT), 0, "%s", devices[i].name);
	cr_assert_eq(network_files_inode("/proc", 0x7ffffff0, &after), -ESRCH);
}
