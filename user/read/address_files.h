/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The addresses of network namespaces by procfs: PROC/<pid>/net/fib_trie has the local ones of IPv4, as no other file has
 * (fib_trie_seq_show() in net/ipv4/fib_trie.c), PROC/<pid>/net/if_inet6 those of IPv6. Both are read under RCU; rtnetlink would wait
 * for the lock of whoever makes devices. They are not kept open, see network_files.h.
 */
#include <stdbool.h>

#include "model/addresses.h"
#include "read/network_files.h"

/*
 * Reads the addresses of the namespace that `pid` is in; a file longer than NETWORK_FILES_CAPACITY counts as one left out. `buffer`
 * of that size is for the text. `is_host`: where the kernel balances services (IPVS), kube-proxy gives their addresses to a dummy
 * device of the host, though containers answer. They are left out: all of IPv4 that lie in no network of a link.
 * 0, -ESRCH when the process is gone, or other negative errno.
 */
int address_files_read(const char *procfs, uint32_t pid, bool is_host, char *buffer,
		       struct address_list *ret_list);

/* Add those in the NUL-terminated text of a file, up to the first line that is not whole; what is not as expected is no address.
 * `only_covered`: without those that lie in no network of a link. */
void address_files_parse_fib_trie(const char *text, bool only_covered, struct address_list *list);
void address_files_parse_if_inet6(const char *text, struct address_list *list);
