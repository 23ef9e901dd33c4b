/* SPDX-License-Identifier: Apache-2.0 */
#include "read/node_files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/time.h"
#include "read/files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_CAPACITY 8192
#define STAT_LIMIT (16 << 20)

enum file_id {
	FILE_MEMINFO,
	FILE_CPU_PRESSURE,
	FILE_MEMORY_PRESSURE,
	FILE_IO_PRESSURE,
	FILE_STAT,
	FILE_LOADAVG,
	FILE_COUNT
};

static const char *const names[FILE_COUNT] = {
	[FILE_MEMINFO] = "meminfo",
	[FILE_CPU_PRESSURE] = "pressure/cpu",
	[FILE_MEMORY_PRESSURE] = "pressure/memory",
	[FILE_IO_PRESSURE] = "pressure/io",
	[FILE_STAT] = "stat",
	[FILE_LOADAVG] = "loadavg",
};

struct node_files {
	int procfs;
	int fd[FILE_COUNT];
	bool known[CONTAINER_VALUES];
	uint64_t last[CONTAINER_VALUES];
};

static bool read_text(struct node_files *files, enum file_id id, char buffer[FILE_CAPACITY])
{
	return files_read(files->procfs, names[id], &files->fd[id], true, buffer, FILE_CAPACITY);
}

static void add_counter(struct node_files *files, struct container *node, unsigned int index, uint64_t total)
{
	uint64_t last = files->known[index] ? files->last[index] : total;

	files->known[index] = true;
	files->last[index] = total;
	total = total > last ? total - last : 0;
	if (node->file_growth) /* tests give a container of their own */
		file_growth_add(node->file_growth, index, total);
	model_set_file(node, index, node->value[index] + total);
}

/* "Key:   123 kB" */
static bool find_memory(const char *text, const char *key, uint64_t *ret_bytes)
{
	size_t size = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) != 0 || line[size] != ':')
			continue;
		line += size + 1;
		return file_parse_u64(line + strspn(line, " "), ret_bytes) == 0 &&
		       !__builtin_mul_overflow(*ret_bytes, 1024, ret_bytes);
	}
	return false;
}

static void set_gauge(struct container *node, unsigned int index, bool known, uint64_t value)
{
	if (known)
		model_set_file(node, index, value);
	else
		model_clear_file(node, index);
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void read_memory(struct node_files *files, struct container *node)
{
	uint64_t total = 0, unused = 0, inactive = 0, cached = 0, buffers = 0, swap = 0, swap_free = 0,
		 anonymous = 0, usage;
	char text[FILE_CAPACITY];
	bool known;

	if (!read_text(files, FILE_MEMINFO, text))
		text[0] = '\0';
	known = find_memory(text, "MemTotal", &total) && find_memory(text, "MemFree", &unused);
	usage = difference(total, unused);
	set_gauge(node, V_MEMORY_USAGE, known, usage);
	known = known && find_memory(text, "Inactive(file)", &inactive);
	set_gauge(node, V_MEMORY_WORKING_SET, known, difference(usage, inactive));
	known = find_memory(text, "AnonPages", &anonymous);
	set_gauge(node, V_MEMORY_RSS, known, anonymous);
	known = find_memory(text, "Cached", &cached) && find_memory(text, "Buffers", &buffers);
	set_gauge(node, V_MEMORY_CACHE, known, cached + buffers);
	known = find_memory(text, "SwapTotal", &swap) && find_memory(text, "SwapFree", &swap_free);
	set_gauge(node, V_MEMORY_SWAP, known, difference(swap, swap_free));
}

static void read_pressure(struct node_files *files, struct container *node, enum file_id id,
			  unsigned int some, unsigned int full)
{
	char text[FILE_CAPACITY];
	uint64_t total_ns;

	if (!read_text(files, id, text))
		return;
	if (files_find_pressure_ns(text, "some", &total_ns))
		add_counter(files, node, V_PRESSURE + some, total_ns);
	if (files_find_pressure_ns(text, "full", &total_ns))
		add_counter(files, node, V_PRESSURE + full, total_ns);
}

/* "cpu  user nice system idle iowait irq softirq steal guest guest_nice", in clock ticks; guest is part of user */
static bool parse_cpu(const char *text, struct node_stat *ret_stat)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK), ticks[7];

	if (strncmp(text, "cpu ", 4) != 0)
		return false;
	text += 4;
	for (size_t i = 0; i < 7; i++) {
		text += strspn(text, " ");
		if (file_parse_u64(text, &ticks[i]) < 0)
			return false;
		text += strspn(text, "0123456789");
	}
	ret_stat->user_ns = (ticks[0] + ticks[1]) * tick_ns;
	ret_stat->system_ns = (ticks[2] + ticks[5] + ticks[6]) * tick_ns;
	ret_stat->idle_ns = (ticks[3] + ticks[4]) * tick_ns;
	return true;
}

static uint64_t count_processes(int procfs)
{
	int fd = openat(procfs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t count = 0;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(directory)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(directory);
	return count;
}

static void read_usage(struct node_files *files, struct container *node)
{
	struct node_stat stat = { 0 };
	char text[FILE_CAPACITY];
	const char *threads;
	uint64_t count;

	if (read_text(files, FILE_STAT, text) && parse_cpu(text, &stat)) {
		add_counter(files, node, V_CPU, stat.user_ns + stat.system_ns);
		add_counter(files, node, V_CPU_USER, stat.user_ns);
		add_counter(files, node, V_CPU_SYSTEM, stat.system_ns);
	}
	/* "0.00 0.01 0.05 1/123 4567": running and all threads */
	if (read_text(files, FILE_LOADAVG, text) && (threads = strchr(text, '/')) &&
	    file_parse_u64(threads + 1, &count) == 0)
		model_set_file(node, V_THREADS, count);
	model_set_file(node, V_PROCESSES, count_processes(files->procfs));
}

void node_files_read(struct node_files *files, struct container *node, unsigned int flags)
{
	read_memory(files, node);
	read_pressure(files, node, FILE_CPU_PRESSURE, VALUE_INDEX(pressure, CPU_SOME),
		      VALUE_INDEX(pressure, CPU_FULL));
	read_pressure(files, node, FILE_MEMORY_PRESSURE, VALUE_INDEX(pressure, MEMORY_SOME),
		      VALUE_INDEX(pressure, MEMORY_FULL));
	read_pressure(files, node, FILE_IO_PRESSURE, VALUE_INDEX(pressure, IO_SOME),
		      VALUE_INDEX(pressure, IO_FULL));
	if (flags & NODE_FILES_USAGE)
		read_usage(files, node);
}

int node_files_open(const struct paths *paths, struct node_files **ret_files)
{
	int procfs = open(paths->procfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct node_files *files;

	if (procfs < 0)
		return -errno;
	files = calloc(1, sizeof(*files));
	if (!files) {
		close(procfs);
		return -ENOMEM;
	}
	files->procfs = procfs;
	for (size_t i = 0; i < FILE_COUNT; i++)
		files->fd[i] = KEPT_FILE_UNOPENED;
	*ret_files = files;
	return 0;
}

void node_files_free(struct node_files *files)
{
	if (!files)
		return;
	files_close(files->fd, FILE_COUNT);
	close(files->procfs);
	free(files);
}

int node_files_stat(const struct paths *paths, struct node_stat *ret_stat)
{
	_cleanup_(cleanup_free) char *text = NULL;
	struct node_stat stat = { 0 };
	char path[PATH_MAX];
	size_t size;
	int r;

	snprintf(path, sizeof(path), "%s/stat", paths->procfs);
	r = file_read_all(path, STAT_LIMIT, &text, &size);
	if (r < 0)
		return r;
	if (!parse_cpu(text, &stat) || file_find_u64(text, "ctxt", &stat.context_switches) < 0 ||
	    file_find_u64(text, "processes", &stat.forks) < 0 ||
	    file_find_u64(text, "btime", &stat.boot_s) < 0)
		return -EINVAL;
	*ret_stat = stat;
	return 0;
}
