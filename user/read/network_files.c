/* SPDX-License-Identifier: Apache-2.0 */
#include "read/network_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define PATH_SIZE 4096
#define KTHREADD_PID 2
#define COLUMNS 16

/* Second line of net/dev (dev_seq_show() in net/core/net-procfs.c), one blank between words. */
static const char heading[] = "face |bytes packets errs drop fifo frame compressed multicast"
			      "|bytes packets errs drop fifo colls carrier compressed";

/* Where each value stands in a line. */
static const unsigned int columns[NETDEV_VALUES] = {
	[V_NETDEV_RECEIVE - V_NETDEV_RECEIVE] = 0,
	[V_NETDEV_RECEIVE_PACKETS - V_NETDEV_RECEIVE] = 1,
	[V_NETDEV_RECEIVE_ERRORS - V_NETDEV_RECEIVE] = 2,
	[V_NETDEV_RECEIVE_DROPPED - V_NETDEV_RECEIVE] = 3,
	[V_NETDEV_TRANSMIT - V_NETDEV_RECEIVE] = 8,
	[V_NETDEV_TRANSMIT_PACKETS - V_NETDEV_RECEIVE] = 9,
	[V_NETDEV_TRANSMIT_ERRORS - V_NETDEV_RECEIVE] = 10,
	[V_NETDEV_TRANSMIT_DROPPED - V_NETDEV_RECEIVE] = 11,
};

static int inode_of(const char *procfs, const char *process, uint64_t *ret_inode)
{
	char path[PATH_SIZE];
	struct stat status;

	snprintf(path, sizeof(path), "%s/%s/ns/net", procfs, process);
	if (stat(path, &status) < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	*ret_inode = status.st_ino;
	return 0;
}

int network_files_inode(const char *procfs, uint32_t pid, uint64_t *ret_inode)
{
	char process[16];

	snprintf(process, sizeof(process), "%u", pid);
	return inode_of(procfs, process, ret_inode);
}

int network_files_own_inode(const char *procfs, uint64_t *ret_inode)
{
	return inode_of(procfs, "self", ret_inode);
}

int network_files_host_inode(const char *procfs, uint64_t *ret_inode)
{
	char path[PATH_SIZE], name[32];
	int error;

	snprintf(path, sizeof(path), "%s/%d/comm", procfs, KTHREADD_PID);
	if (file_read_at(-1, path, name, sizeof(name)) > 0 && strcmp(name, "kthreadd\n") == 0 &&
	    network_files_inode(procfs, KTHREADD_PID, ret_inode) == 0)
		return 0;
	if (network_files_inode(procfs, 1, ret_inode) == 0)
		return 1;
	error = network_files_own_inode(procfs, ret_inode);
	return error ?: 1;
}

/* Does the line say what `heading` says, however many blanks are between? Returns its end, or NULL. */
static const char *skip_heading(const char *line)
{
	const char *expected = heading;

	line += strspn(line, " ");
	for (; *expected; expected++) {
		if (*expected == ' ') {
			if (*line != ' ')
				return NULL;
			line += strspn(line, " ");
		} else if (*line++ != *expected) {
			return NULL;
		} else if (expected[1] == '|') {
			line += strspn(line, " ");
		}
	}
	line += strspn(line, " ");
	return *line == '\n' ? line + 1 : NULL;
}

/* "  eth0: 1 2 3 ...\n", also without the blank after the colon. Returns the end of the line, or NULL. */
static const char *parse_line(const char *line, struct network_device *device)
{
	uint64_t numbers[COLUMNS];
	size_t size;

	line += strspn(line, " ");
	size = strcspn(line, ": \n");
	if (size == 0 || size >= sizeof(device->name) || line[size] != ':')
		return NULL;
	memset(device->name, 0, sizeof(device->name));
	memcpy(device->name, line, size);
	line += size + 1;
	for (unsigned int i = 0; i < COLUMNS; i++) {
		line += strspn(line, " ");
		if (file_parse_u64(line, &numbers[i]) < 0)
			return NULL;
		line += strspn(line, "0123456789");
	}
	line += strspn(line, " ");
	if (*line != '\n')
		return NULL;
	for (unsigned int i = 0; i < NETDEV_VALUES; i++)
		device->value[i] = numbers[columns[i]];
	return line + 1;
}

int network_files_parse(const char *text, struct network_device *devices, uint32_t *ret_left_out)
{
	const char *line = strchr(text, '\n');
	uint32_t left_out = 0;
	int count = 0;

	line = line ? skip_heading(line + 1) : NULL;
	if (!line)
		return -EINVAL;
	while (*line) {
		struct network_device device;

		line = parse_line(line, &device);
		if (!line)
			return -EINVAL;
		if (strcmp(device.name, "lo") == 0)
			continue;
		if (count == NETWORK_DEVICES_MAX)
			left_out++;
		else
			devices[count++] = device;
	}
	*ret_left_out = left_out;
	return count;
}

int network_files_read(const char *procfs, uint32_t pid, char *buffer, struct network_device *devices,
		       uint32_t *ret_left_out)
{
	char path[PATH_SIZE], *end;
	bool cut = false;
	ssize_t size;
	int count;

	snprintf(path, sizeof(path), "%s/%u/net/dev", procfs, pid);
	size = file_read_at(-1, path, buffer, NETWORK_FILES_CAPACITY);
	if (size < 0)
		return size == -ENOENT ? -ESRCH : (int)size;
	if (size == NETWORK_FILES_CAPACITY - 1 && (end = strrchr(buffer, '\n'))) {
		end[1] = '\0';
		cut = true;
	}
	count = network_files_parse(buffer, devices, ret_left_out);
	if (count >= 0)
		*ret_left_out += cut;
	return count;
}

uint32_t network_files_first_pid(const char *text)
{
	uint32_t first = 0;

	for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		uint64_t pid;

		if (file_parse_u64(line, &pid) == 0 && pid > 0 && pid <= INT32_MAX && (!first || pid < first))
			first = (uint32_t)pid;
	}
	return first;
}
