/* SPDX-License-Identifier: Apache-2.0 */
#include "read/address_files.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define PATH_SIZE 4096
#define LINE_SIZE 128
#define NETWORKS_MAX 256 /* of links; addresses in others are left out where only covered ones are wanted */
#define SERVICES_DEVICE "kube-ipvs0"

/* of if_inet6 (include/net/ipv6.h, uapi/linux/if_addr.h) */
#define SCOPE_MASK 0xf0
#define SCOPE_GLOBAL 0x00
#define SCOPE_SITE 0x40
#define FLAGS_UNUSABLE 0x48 /* tentative, or another has it */

static void add_address(struct address_list *list, const uint8_t address[ADDRESS_SIZE])
{
	if (addresses_is_loopback(address))
		return;
	for (uint32_t i = 0; i < list->count; i++)
		if (!memcmp(list->address[i], address, ADDRESS_SIZE))
			return;
	if (list->count < ADDRESSES_MAX)
		memcpy(list->address[list->count++], address, ADDRESS_SIZE);
	else
		list->left_out++;
}

static void add_v4(struct address_list *list, uint32_t address)
{
	uint8_t mapped[ADDRESS_SIZE] = { [10] = 0xff, 0xff };

	address = htonl(address);
	memcpy(mapped + 12, &address, sizeof(address));
	add_address(list, mapped);
}

struct networks_of_links {
	unsigned int count;
	struct {
		uint32_t address, mask;
	} network[NETWORKS_MAX];
};

static bool is_covered(const struct networks_of_links *links, uint32_t address)
{
	for (unsigned int i = 0; i < links->count; i++)
		if ((address & links->network[i].mask) == links->network[i].address)
			return true;
	return false;
}

static void add_link(struct networks_of_links *links, uint32_t address, unsigned int prefix)
{
	if (links->count == NETWORKS_MAX || prefix == 0)
		return;
	links->network[links->count].address = address;
	links->network[links->count++].mask = UINT32_MAX << (32 - prefix);
}

/* The next line without the blanks before it, cut where it is longer than any that means something here. False: there is no whole one. */
static bool next_line(const char **text, char line[LINE_SIZE])
{
	const char *end = strchr(*text, '\n');
	size_t size;

	if (!end)
		return false;
	*text += strspn(*text, " ");
	size = (size_t)(end - *text) < LINE_SIZE ? (size_t)(end - *text) : LINE_SIZE - 1;
	memcpy(line, *text, size);
	line[size] = '\0';
	*text = end + 1;
	return true;
}

/* "|-- 10.0.0.1": the address that the lines behind are about. */
static bool parse_leaf(const char *line, uint32_t *ret_address)
{
	struct in_addr address;

	if (strncmp(line, "|-- ", 4) != 0 || inet_pton(AF_INET, line + 4, &address) != 1)
		return false;
	*ret_address = ntohl(address.s_addr);
	return true;
}

/* The tries of all tables, by their numbers: that of networks comes before that of addresses, or is the same. */
void address_files_parse_fib_trie(const char *text, bool only_covered, struct address_list *list)
{
	struct networks_of_links links = {};
	char line[LINE_SIZE];
	bool has_leaf = false;
	uint32_t address = 0;

	while (next_line(&text, line)) {
		unsigned int prefix;
		int kind = 0;

		if (line[0] != '/') {
			has_leaf = parse_leaf(line, &address);
			continue;
		}
		if (!has_leaf || sscanf(line, "/%2u %n", &prefix, &kind) != 1 || !kind)
			continue;
		if (prefix < 32 && strcmp(line + kind, "link UNICAST") == 0)
			add_link(&links, address, prefix);
		if (prefix == 32 && strcmp(line + kind, "host LOCAL") == 0 &&
		    (!only_covered || is_covered(&links, address)))
			add_v4(list, address);
	}
}

static bool parse_bytes(const char *text, uint8_t address[ADDRESS_SIZE])
{
	if (strspn(text, "0123456789abcdef") != (size_t)2 * ADDRESS_SIZE)
		return false;
	for (unsigned int i = 0; i < ADDRESS_SIZE; i++)
		if (sscanf(text + (size_t)2 * i, "%2hhx", &address[i]) != 1)
			return false;
	return true;
}

/* "20010db8000000000000000000000001 02 40 00 80     eth0" */
void address_files_parse_if_inet6(const char *text, struct address_list *list)
{
	char line[LINE_SIZE];

	while (next_line(&text, line)) {
		uint8_t address[ADDRESS_SIZE];
		char device[NETWORK_NAME_SIZE];
		unsigned int scope, flags;

		if (!parse_bytes(line, address) || sscanf(line + (size_t)2 * ADDRESS_SIZE,
							  " %*x %*x %x %x %15s", &scope, &flags, device) != 3)
			continue;
		scope &= SCOPE_MASK;
		if ((scope == SCOPE_GLOBAL || scope == SCOPE_SITE) && !(flags & FLAGS_UNUSABLE) &&
		    strcmp(device, SERVICES_DEVICE) != 0)
			add_address(list, address);
	}
}

/* Reads PROC/<pid>/net/<name>; *ret_is_cut when it is longer. */
static int read_file(const char *procfs, uint32_t pid, const char *name, char *buffer, bool *ret_is_cut)
{
	char path[PATH_SIZE];
	ssize_t size;

	snprintf(path, sizeof(path), "%s/%u/net/%s", procfs, pid, name);
	size = file_read_at(-1, path, buffer, NETWORK_FILES_CAPACITY);
	*ret_is_cut = size == NETWORK_FILES_CAPACITY - 1;
	return size < 0 ? (int)size : 0;
}

int address_files_read(const char *procfs, uint32_t pid, bool is_host, char *buffer,
		       struct address_list *ret_list)
{
	char path[PATH_SIZE];
	bool is_cut;
	int error;

	ret_list->count = ret_list->left_out = 0;
	error = read_file(procfs, pid, "fib_trie", buffer, &is_cut);
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	snprintf(path, sizeof(path), "%s/%u/net/ip_vs", procfs, pid);
	address_files_parse_fib_trie(buffer, is_host && access(path, F_OK) == 0, ret_list);
	ret_list->left_out += is_cut;
	error = read_file(procfs, pid, "if_inet6", buffer, &is_cut);
	if (error)
		return error == -ENOENT ? 0 : error; /* no IPv6 here */
	address_files_parse_if_inet6(buffer, ret_list);
	ret_list->left_out += is_cut;
	return 0;
}
