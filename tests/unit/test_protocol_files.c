/* SPDX-License-Identifier: Apache-2.0 */
/* net/netstat, net/snmp and net/snmp6 as kernels write them, and as none does. */
#include "read/protocol_files.h"

#include <errno.h>

#include "tree.h"

#define NETSTAT                                                          \
	"TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPHPHits\n" \
	"TcpExt: 1 101 103 18446744073709551615\n"                       \
	"IpExt: InNoRoutes\nIpExt: 7\n"
#define SNMP                                                                                                \
	"Ip: Forwarding\nIp: 1\n"                                                                           \
	"Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors MemErrors\n" \
	"Udp: 1 3 100 7 61 11 31 2\n"                                                                       \
	"UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors\n"       \
	"UdpLite: 9 9 9 9 9 9 9\n"
#define SNMP6                                                                                              \
	"Ip6InReceives                   \t5\nUdp6InDatagrams \t7\nUdp6NoPorts \t2\nUdp6InErrors \t1000\n" \
	"Udp6RcvbufErrors                \t600\nUdp6SndbufErrors \t20\nUdp6InCsumErrors \t300\n"

static char buffer[PROTOCOL_FILES_CAPACITY];
static uint64_t total[PROTOCOL_TOTALS];

Test(protocol_files, a_value_is_found_by_its_name_in_a_pair_of_lines)
{
	uint64_t value = 0;

	cr_expect_eq(protocol_files_find(NETSTAT, "TcpExt:", "ListenOverflows", &value), 0);
	cr_expect_eq(value, 101);
	cr_expect_eq(protocol_files_find(NETSTAT, "TcpExt:", "TCPHPHits", &value), 0);
	cr_expect_eq(value, UINT64_MAX);
	cr_expect_eq(protocol_files_find(NETSTAT, "IpExt:", "InNoRoutes", &value), 0);
	cr_expect_eq(value, 7);
	cr_expect_eq(protocol_files_find(NETSTAT, "TcpExt:", "Listen", &value), -ENOENT);
	cr_expect_eq(protocol_files_find(NETSTAT, "TcpExt:", "InNoRoutes", &value), -ENOENT);
	cr_expect_eq(protocol_files_find(NETSTAT, "Tcp:", "ListenOverflows", &value), -ENOENT);
}

Test(protocol_files, a_value_is_found_by_its_line)
{
	uint64_t value = 0;

	cr_expect_eq(protocol_files_find(SNMP6, "Udp6", "InErrors", &value), 0);
	cr_expect_eq(value, 1000);
	cr_expect_eq(protocol_files_find(SNMP6, "Udp6", "Errors", &value), -ENOENT);
}

Test(protocol_files, what_is_malformed_has_no_value)
{
	static const char *const texts[] = {
		"",
		"\n",
		"Udp:",
		"Udp: NoPorts",
		"Udp: NoPorts\n",
		"Udp: NoPorts\nUdp:",
		"Udp: NoPorts\nUdp: x\n",
		"Udp: NoPorts\nTcp: 1\n",
		"Udp: A NoPorts\nUdp: 1\n",
		"Udp: NoPorts\nUdp: 18446744073709551616\n",
		"Udp: NoPorts\n\nUdp: 1\n",
	};
	uint64_t value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_expect_eq(protocol_files_find(texts[i], "Udp:", "NoPorts", &value), -ENOENT, "%s",
			     texts[i]);
	cr_expect_eq(protocol_files_find("Udp6NoPorts", "Udp6", "NoPorts", &value), -ENOENT);
	cr_expect_eq(protocol_files_find("Udp6NoPorts \n", "Udp6", "NoPorts", &value), -ENOENT);
}

Test(protocol_files, both_families_are_one_sum)
{
	struct tree tree;

	tree_init(&tree);
	tree_file(&tree, "7/net/netstat", NETSTAT);
	tree_file(&tree, "7/net/snmp", SNMP);
	cr_assert_eq(protocol_files_read(tree.root, 7, buffer, total), 0);
	cr_expect_eq(total[PROTOCOL_UDP_ERRORS], 100, "without IPv6");
	tree_file(&tree, "7/net/snmp6", SNMP6);
	cr_assert_eq(protocol_files_read(tree.root, 7, buffer, total), 0);
	cr_expect_eq(total[PROTOCOL_ACCEPT_OVERFLOWS], 101);
	cr_expect_eq(total[PROTOCOL_LISTEN_DROPS], 103);
	cr_expect_eq(total[PROTOCOL_UDP_ERRORS], 1100);
	cr_expect_eq(total[PROTOCOL_UDP_RECEIVE_BUFFER], 661);
	cr_expect_eq(total[PROTOCOL_UDP_CHECKSUM], 331);
	cr_expect_eq(total[PROTOCOL_UDP_SEND_BUFFER], 31);
	cr_expect_eq(total[PROTOCOL_UDP_NO_PORT], 5);
	tree_file(&tree, "7/net/snmp", "Udp: NoPorts\nUdp: 1\n");
	cr_expect_eq(protocol_files_read(tree.root, 7, buffer, total), -EINVAL);
	cr_expect_eq(protocol_files_read(tree.root, 9, buffer, total), -ESRCH);
	tree_done(&tree);
}
