/* SPDX-License-Identifier: Apache-2.0 */
#include "read/protocol_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define PATH_SIZE 4096

/* Words of a line, one blank before each. */
static const char *next_word(const char *at, size_t *ret_size)
{
	at += strspn(at, " \t");
	*ret_size = strcspn(at, " \t\n");
	return at;
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

/* "Udp: InDatagrams NoPorts\nUdp: 7 11\n": `names` and the values behind it go side by side. */
static int find_in_pair(const char *names, const char *name, uint64_t *ret_value)
{
	const char *values = next_line(names), *key, *value;
	size_t key_size, value_size;

	key = next_word(names, &key_size);
	value = values ? next_word(values, &value_size) : NULL;
	if (!value || key_size != value_size || memcmp(key, value, key_size) != 0)
		return -ENOENT;
	for (;;) {
		key = next_word(key + key_size, &key_size);
		value = next_word(value + value_size, &value_size);
		if (!key_size || !value_size)
			return -ENOENT;
		if (strlen(name) == key_size && memcmp(key, name, key_size) == 0)
			return file_parse_u64(value, ret_value) < 0 ? -ENOENT : 0;
	}
}

int protocol_files_find(const char *text, const char *group, const char *name, uint64_t *ret_value)
{
	size_t group_size = strlen(group), name_size = strlen(name), size;
	bool is_pair = group_size && group[group_size - 1] == ':';

	for (const char *line = text; line && *line; line = next_line(line)) {
		const char *word = next_word(line, &size);

		if (size < group_size || memcmp(word, group, group_size) != 0)
			continue;
		if (is_pair)
			return find_in_pair(line, name, ret_value);
		if (size == group_size + name_size && memcmp(word + group_size, name, name_size) == 0) {
			word = next_word(word + size, &size);
			return file_parse_u64(word, ret_value) < 0 ? -ENOENT : 0;
		}
	}
	return -ENOENT;
}

static int read_file(const char *procfs, uint32_t pid, const char *name, char *buffer)
{
	char path[PATH_SIZE];
	ssize_t size;

	snprintf(path, sizeof(path), "%s/%u/net/%s", procfs, pid, name);
	size = file_read_at(-1, path, buffer, PROTOCOL_FILES_CAPACITY);
	return size < 0 ? (int)size : 0;
}

static int add_udp(const char *text, const char *group, uint64_t value[PROTOCOL_TOTALS])
{
	static const struct {
		const char *name;
		enum protocol_total total;
	} rows[] = {
		{ "InErrors", PROTOCOL_UDP_ERRORS },       { "RcvbufErrors", PROTOCOL_UDP_RECEIVE_BUFFER },
		{ "NoPorts", PROTOCOL_UDP_NO_PORT },       { "SndbufErrors", PROTOCOL_UDP_SEND_BUFFER },
		{ "InCsumErrors", PROTOCOL_UDP_CHECKSUM },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t number;

		if (protocol_files_find(text, group, rows[i].name, &number))
			return -EINVAL;
		value[rows[i].total] += number;
	}
	return 0;
}

int protocol_files_read(const char *procfs, uint32_t pid, char *buffer, uint64_t ret_value[PROTOCOL_TOTALS])
{
	int error = read_file(procfs, pid, "netstat", buffer);

	memset(ret_value, 0, PROTOCOL_TOTALS * sizeof(*ret_value));
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	if (protocol_files_find(buffer, "TcpExt:", "ListenOverflows",
				&ret_value[PROTOCOL_ACCEPT_OVERFLOWS]) ||
	    protocol_files_find(buffer, "TcpExt:", "ListenDrops", &ret_value[PROTOCOL_LISTEN_DROPS]))
		return -EINVAL;
	error = read_file(procfs, pid, "snmp", buffer);
	error = error ?: add_udp(buffer, "Udp:", ret_value);
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	error = read_file(procfs, pid, "snmp6", buffer);
	if (error == -ENOENT) /* no IPv6, or the process is gone, which the next reading tells */
		return 0;
	return error ?: add_udp(buffer, "Udp6", ret_value);
}
