/* SPDX-License-Identifier: Apache-2.0 */
#include "read/machine_files.h"

#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define CPUS_LIMIT 4096

static bool read_below(const char *root, const char *name, char *text, size_t capacity)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, name) >= sizeof(path))
		return false;
	return file_read_at(AT_FDCWD, path, text, capacity) > 0;
}

/* A file of one word. */
static void read_word(const char *root, const char *name, char *word, size_t capacity)
{
	if (!read_below(root, name, word, capacity))
		word[0] = '\0';
	word[strcspn(word, " \t\r\n")] = '\0';
}

static uint64_t find_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	uint64_t kib;

	if (!at)
		return 0;
	at += strlen(key);
	return file_parse_u64(at + strspn(at, " "), &kib) ? 0 : kib * 1024;
}

/* PRETTY_NAME="..." of os-release */
static void read_system(const char *root, char *name, size_t capacity)
{
	static const char key[] = "PRETTY_NAME=";
	char text[4096], *at;

	if (!read_below(root, "1/root/etc/os-release", text, sizeof(text)) || !(at = strstr(text, key)))
		return;
	at += sizeof(key) - 1;
	at[strcspn(at, "\n")] = '\0';
	at += *at == '"' || *at == '\'';
	at[strcspn(at, "\"'")] = '\0';
	snprintf(name, capacity, "%.*s", (int)capacity - 1, at);
}

struct seen {
	uint64_t number[CPUS_LIMIT];
	uint64_t count;
};

static void see(struct seen *seen, uint64_t number)
{
	for (uint64_t i = 0; i < seen->count; i++)
		if (seen->number[i] == number)
			return;
	if (seen->count < CPUS_LIMIT)
		seen->number[seen->count++] = number;
}

static bool read_number(const char *root, const char *name, uint64_t *ret_value)
{
	char text[32];

	return read_below(root, name, text, sizeof(text)) && file_parse_u64(text, ret_value) == 0;
}

/* A CPU that is offline has no topology. */
static void count_cores(const char *sysfs, struct machine *machine)
{
	struct seen *cores = calloc(1, sizeof(*cores)), *sockets = calloc(1, sizeof(*sockets));
	char path[PATH_MAX], name[512];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "%.*s/devices/system/cpu", PATH_MAX / 2, sysfs);
	directory = cores && sockets ? opendir(path) : NULL;
	while (directory && (entry = readdir(directory))) {
		uint64_t core, socket;

		if (strncmp(entry->d_name, "cpu", 3) != 0 || !isdigit((unsigned char)entry->d_name[3]))
			continue;
		snprintf(name, sizeof(name), "%s/topology/core_id", entry->d_name);
		if (!read_number(path, name, &core))
			continue;
		machine->cores++;
		snprintf(name, sizeof(name), "%s/topology/physical_package_id", entry->d_name);
		if (!read_number(path, name, &socket)) /* -1 on some machines: one */
			socket = 0;
		see(cores, socket << 32 | core);
		see(sockets, socket);
	}
	if (directory)
		closedir(directory);
	machine->physical_cores = cores ? cores->count : 0;
	machine->sockets = sockets ? sockets->count : 0;
	free(cores);
	free(sockets);
}

void machine_files_read(const struct paths *paths, struct machine *ret_machine)
{
	struct utsname kernel;
	char text[8192];

	memset(ret_machine, 0, sizeof(*ret_machine));
	count_cores(paths->sysfs, ret_machine);
	if (read_below(paths->procfs, "meminfo", text, sizeof(text))) {
		ret_machine->memory_bytes = find_kib(text, "MemTotal:");
		ret_machine->swap_bytes = find_kib(text, "SwapTotal:");
	}
	read_word(paths->procfs, "sys/kernel/random/boot_id", ret_machine->boot_id,
		  sizeof(ret_machine->boot_id));
	read_word(paths->procfs, "1/root/etc/machine-id", ret_machine->machine_id,
		  sizeof(ret_machine->machine_id));
	read_word(paths->sysfs, "class/dmi/id/product_uuid", ret_machine->system_uuid,
		  sizeof(ret_machine->system_uuid));
	for (char *at = ret_machine->system_uuid; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	if (uname(&kernel) == 0)
		snprintf(ret_machine->kernel, sizeof(ret_machine->kernel), "%s", kernel.release);
	read_system(paths->procfs, ret_machine->system, sizeof(ret_machine->system));
}
