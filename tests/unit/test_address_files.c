/* SPDX-License-Identifier: Apache-2.0 */
/* fib_trie and if_inet6 as kernels write them, and as none does. */
#include "read/address_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>

#include "read/network_id.h"
#include "tree.h"

static struct address_list list;

static void set_up(void)
{
	memset(&list, 0, sizeof(list));
}

TestSuite(address_files, .init = set_up, .timeout = 20);

/* All that is in the list, with blanks between. */
static const char *shown(void)
{
	static char text[1024];
	size_t size = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < list.count && size < sizeof(text) - 64; i++) {
		if (size)
			text[size++] = ' ';
		cr_assert_not_null(inet_ntop(AF_INET6, list.address[i], text + size, 64));
		size += strlen(text + size);
	}
	return text;
}

/* The same trie twice, as it is while nobody has made rules; a device of a /32, a bridge and services. */
#define TRIE                                \
	"  +-- 0.0.0.0/0 3 0 5\n"           \
	"     |-- 0.0.0.0\n"                \
	"        /0 universe UNICAST\n"     \
	"     +-- 127.0.0.0/8 2 0 2\n"      \
	"        +-- 127.0.0.0/31 1 0 0\n"  \
	"           |-- 127.0.0.0\n"        \
	"              /8 host LOCAL\n"     \
	"           |-- 127.0.0.1\n"        \
	"              /32 host LOCAL\n"    \
	"        |-- 127.255.255.255\n"     \
	"           /32 link BROADCAST\n"   \
	"     +-- 172.17.0.0/16 2 0 2\n"    \
	"        +-- 172.17.0.0/30 2 0 2\n" \
	"           |-- 172.17.0.0\n"       \
	"              /16 link UNICAST\n"  \
	"           |-- 172.17.0.1\n"       \
	"              /32 host LOCAL\n"    \
	"        |-- 172.17.255.255\n"      \
	"           /32 link BROADCAST\n"   \
	"     |-- 172.20.0.10\n"            \
	"        /32 host LOCAL\n"          \
	"     |-- 192.0.2.1\n"              \
	"        /32 link UNICAST\n"        \
	"     |-- 192.0.2.128\n"            \
	"        /25 universe UNICAST\n"    \
	"     |-- 198.51.100.7\n"           \
	"        /32 link UNICAST\n"        \
	"        /32 host LOCAL\n"

Test(address_files, local_addresses_of_ipv4_are_those_once)
{
	address_files_parse_fib_trie("Main:\n" TRIE "Local:\n" TRIE, false, &list);
	cr_expect_str_eq(shown(), "::ffff:172.17.0.1 ::ffff:172.20.0.10 ::ffff:198.51.100.7");
	cr_expect_eq(list.left_out, 0);
}

Test(address_files, addresses_of_services_lie_in_no_network_of_a_link)
{
	address_files_parse_fib_trie("Main:\n" TRIE "Local:\n" TRIE, true, &list);
	cr_expect_str_eq(shown(), "::ffff:172.17.0.1");
}

Test(address_files, addresses_of_ipv6_that_are_in_use_everywhere)
{
	address_files_parse_if_inet6("00000000000000000000000000000001 01 80 10 80       lo\n"
				     "fd000000000000000000000000000002 04 40 00 82     eth0\n"
				     "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n"
				     "fd000000000000000000000000000003 04 40 00 c2     eth0\n"
				     "fd000000000000000000000000000004 04 40 00 08     eth0\n"
				     "fec00000000000000000000000000005 04 40 40 80     eth0\n"
				     "20010db8000000000000000000000006 1f2 80 00 80 abcdefghijklmno\n"
				     "fd0000000000000000000000000000aa 05 80 00 80 kube-ipvs0\n",
				     &list);
	cr_expect_str_eq(shown(), "fd00::2 fec0::5 2001:db8::6");
}

Test(address_files, what_no_kernel_writes_is_no_address)
{
	static const char *const tries[] = {
		"/32 host LOCAL\n",
		"|-- 10.0.0.1\nMain:\n/32 host LOCAL\n",
		"|-- 10.0.0.1\n/33 host LOCAL\n",
		"|-- 10.0.0.1\n/ host LOCAL\n",
		"|-- 10.0.0.1\n/32 host LOCALLY\n",
		"|-- 10.0.0.1\n/32\n",
		"|-- 10.0.0.256\n/32 host LOCAL\n",
		"|-- 10.0.0.1 \n/32 host LOCAL\n",
		"|-- 10.0.0.1\n/32 host LOCAL", /* cut */
	};
	static const char *const others[] = {
		"fd0000000000000000000000000000 02 04 40 00 82     eth0\n",
		"fd00000000000000000000000000002 04 40 00 82     eth0\n",
		"fd0000000000000000000000000000021 04 40 00 82     eth0\n",
		"fd00000000000000000000000000000g 04 40 00 82     eth0\n",
		"fd000000000000000000000000000002 04 40 00\n",
		"fd000000000000000000000000000002 04 40 00 82\n",
		"fd000000000000000000000000000002 04 40 00 82 eth0",
		"\nfd00\n\n",
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		address_files_parse_fib_trie(tries[i], false, &list);
		cr_expect_eq(list.count, 0, "%s", tries[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		address_files_parse_if_inet6(others[i], &list);
		cr_expect_eq(list.count, 0, "%s", others[i]);
	}
}

Test(address_files, past_the_bound_they_are_counted)
{
	char text[64];

	for (unsigned int i = 0; i < ADDRESSES_MAX + 13; i++) {
		snprintf(text, sizeof(text), "|-- 10.0.%u.%u\n/32 host LOCAL\n", i / 256, i % 256);
		address_files_parse_fib_trie(text, false, &list);
	}
	cr_expect_eq(list.count, ADDRESSES_MAX);
	cr_expect_eq(list.left_out, 13);
}

Test(address_files, files_of_a_process_are_read_and_need_not_all_be_there)
{
	struct tree tree;
	static char buffer[NETWORK_FILES_CAPACITY];

	tree_init(&tree);
	cr_expect_eq(address_files_read(tree.root, 7, false, buffer, &list), -ESRCH);
	tree_file(&tree, "7/net/fib_trie", "%s", "Main:\n" TRIE);
	cr_expect_eq(address_files_read(tree.root, 7, true, buffer, &list), 0);
	cr_expect_eq(list.count, 3, "no IPv6, and no IPVS");
	tree_file(&tree, "7/net/if_inet6", "fd000000000000000000000000000002 04 40 00 82     eth0\n");
	tree_file(&tree, "7/net/ip_vs", "%s", "");
	cr_expect_eq(address_files_read(tree.root, 7, true, buffer, &list), 0);
	cr_expect_str_eq(shown(), "::ffff:172.17.0.1 fd00::2");
	cr_expect_eq(address_files_read(tree.root, 7, false, buffer, &list), 0);
	cr_expect_eq(list.count, 4, "a container's may be alone");
	tree_done(&tree);
}

Test(address_files, a_new_namespace_has_none_and_is_joined_to_nothing)
{
	static char buffer[NETWORK_FILES_CAPACITY];
	const uint32_t pid = (uint32_t)getpid();
	int socket_fd = network_id_open();
	uint64_t inode;

	cr_assert_geq(socket_fd, 0);
	cr_assert_eq(network_files_inode("/proc", pid, &inode), 0);
	if (unshare(CLONE_NEWNET) < 0)
		cr_skip_test("needs CAP_SYS_ADMIN for a namespace of its own");
	cr_expect_eq(network_id_is_known(socket_fd, "/proc", pid, inode), -ESRCH, "it is in another by now");
	cr_assert_eq(network_files_inode("/proc", pid, &inode), 0);
	cr_expect_eq(network_id_is_known(socket_fd, "/proc", pid, inode), 0);
	cr_expect_eq(network_id_is_known(socket_fd, "/proc", 0x7ffffff0, inode), -ESRCH);
	cr_assert_eq(address_files_read("/proc", pid, false, buffer, &list), 0);
	cr_expect_eq(list.count, 0);
	close(socket_fd);
}
