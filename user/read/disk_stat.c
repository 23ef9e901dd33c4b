/* SPDX-License-Identifier: Apache-2.0 */
#include "read/disk_stat.h"

#include "base/file.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/dev/block"

static const struct {
	const char *key;
	enum disk_value value;
	uint64_t factor;
} keys[] = {
	{ "rbytes=", DISK_READ_BYTES, 1 },
	{ "wbytes=", DISK_WRITTEN_BYTES, 1 },
	{ "rios=", DISK_READS, 1 },
	{ "wios=", DISK_WRITES, 1 },
	{ "cost.usage=", DISK_COST_USAGE, NS_PER_US },
	{ "cost.wait=", DISK_COST_WAIT, NS_PER_US },
	{ "cost.indebt=", DISK_COST_DEBT, NS_PER_US },
	{ "cost.indelay=", DISK_COST_DELAY, NS_PER_US },
};

/* The link /sys/dev/block/8:0 ends in the disk's name; "!" there is "/" in that of its node. */
static void find_name(struct instance_disk *disk)
{
	char path[64], target[512], *name;
	ssize_t size;

	snprintf(path, sizeof(path), DEVICES "/%u:%u", disk->major, disk->minor);
	size = readlink(path, target, sizeof(target) - 1);
	if (size <= 0)
		return;
	target[size] = '\0';
	name = strrchr(target, '/');
	snprintf(disk->name, sizeof(disk->name), "%.*s", (int)sizeof(disk->name) - 1,
		 name ? name + 1 : target);
	for (char *at = disk->name; (at = strchr(at, '!'));)
		*at = '/';
}

/* "8:0 " at the start of a line; the rest of the line in *ret_rest. */
static struct instance_disk *find_disk(const char *line, struct instance *instance, const char **ret_rest)
{
	struct instance_disk *disk;
	unsigned long major, minor;
	char *end;

	if (*line < '0' || *line > '9')
		return NULL;
	major = strtoul(line, &end, 10);
	if (*end != ':' || end[1] < '0' || end[1] > '9')
		return NULL;
	minor = strtoul(end + 1, &end, 10);
	if (*end != ' ' || major > UINT32_MAX || minor > UINT32_MAX)
		return NULL;
	disk = instance_disk_get(instance, (uint32_t)major, (uint32_t)minor);
	if (disk && !disk->name[0])
		find_name(disk);
	*ret_rest = end + 1;
	return disk;
}

static void set_value(struct instance_disk *disk, enum disk_value value, uint64_t number, uint64_t factor)
{
	disk->has[value] = !__builtin_mul_overflow(number, factor, &disk->value[value]);
}

static const char *next_line(const char *line)
{
	line = strchrnul(line, '\n');
	return line + (*line == '\n');
}

void disk_stat_parse_v2(const char *text, struct instance *instance)
{
	const char *at;

	for (const char *line = text; *line; line = next_line(line)) {
		struct instance_disk *disk = find_disk(line, instance, &at);

		for (; disk && *at && *at != '\n'; at += strcspn(at, " \n"), at += *at == ' ') {
			for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
				size_t size = strlen(keys[i].key);
				uint64_t number;

				if (strncmp(at, keys[i].key, size) == 0 &&
				    file_parse_u64(at + size, &number) == 0)
					set_value(disk, keys[i].value, number, keys[i].factor);
			}
		}
	}
}

void disk_stat_parse_v1(const char *text, enum disk_value read, struct instance *instance)
{
	static const char *const words[] = { "Read ", "Write " };
	const char *rest;

	for (const char *line = text; *line; line = next_line(line)) {
		struct instance_disk *disk = find_disk(line, instance, &rest);

		for (unsigned int i = 0; disk && i < 2; i++) {
			size_t size = strlen(words[i]);
			uint64_t number;

			if (strncmp(rest, words[i], size) == 0 && file_parse_u64(rest + size, &number) == 0)
				set_value(disk, read + i, number, 1);
		}
	}
}
