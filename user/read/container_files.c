/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroup files -> values of a container. Each function below reads what belongs together and knows both versions' files. */
#include "read/container_files.h"

#include "base/file.h"
#include "base/time.h"
#include "read/files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_CAPACITY 8192 /* memory.stat, the longest, has some 2 KiB */
#define RETRY_READINGS 64
#define EARLY_READINGS 3 /* runtimes make a container's hierarchies and controllers one after the other */
#define UNLIMITED_BYTES (1ULL << 60) /* v1 has no word for it: 2^63 less a page */
#define CPU_USAGE_VALUES 3           /* V_CPU, V_CPU_USER, V_CPU_SYSTEM */

enum place { /* directories of the container; the first ones as enum cgroup_controller */
	     PLACE_V2 = CONTROLLERS,
	     PLACES,
};

/* FILE_<id>: place, name on v2, name on v1 (NULL: not there) */
#define FILES(ROW)                                                                      \
	ROW(MEMORY_USAGE, CONTROLLER_MEMORY, "memory.current", "memory.usage_in_bytes") \
	ROW(MEMORY_STAT, CONTROLLER_MEMORY, "memory.stat", "memory.stat")               \
	ROW(MEMORY_SWAP, CONTROLLER_MEMORY, "memory.swap.current", NULL)                \
	ROW(MEMORY_LIMIT, CONTROLLER_MEMORY, "memory.max", "memory.limit_in_bytes")     \
	ROW(CPU_QUOTA, CONTROLLER_CPU, "cpu.max", "cpu.cfs_quota_us")                   \
	ROW(CPU_PERIOD, CONTROLLER_CPU, NULL, "cpu.cfs_period_us")                      \
	ROW(CPU_STAT, CONTROLLER_CPU, "cpu.stat", "cpu.stat")                           \
	ROW(CPU_USAGE, CONTROLLER_CPUACCT, "cpu.stat", "cpuacct.usage")                 \
	ROW(CPU_USAGE_SPLIT, CONTROLLER_CPUACCT, NULL, "cpuacct.stat")                  \
	ROW(PIDS_LIMIT, CONTROLLER_PIDS, "pids.max", "pids.max")                        \
	ROW(PIDS_CURRENT, CONTROLLER_PIDS, "pids.current", "pids.current")              \
	ROW(CPU_PRESSURE, PLACE_V2, "cpu.pressure", NULL)                               \
	ROW(MEMORY_PRESSURE, PLACE_V2, "memory.pressure", NULL)                         \
	ROW(IO_PRESSURE, PLACE_V2, "io.pressure", NULL)

enum file_id {
#define FILE_ID(id, place, v2, v1) FILE_##id,
	FILES(FILE_ID)
#undef FILE_ID
		FILE_COUNT
};

static const struct {
	unsigned int place;
	const char *v2, *v1;
} file_rows[FILE_COUNT] = {
#define FILE_ROW(id, place, v2, v1) [FILE_##id] = { place, v2, v1 },
	FILES(FILE_ROW)
#undef FILE_ROW
};

/* What a counter stood at when it was read last; counters are V_CPU.. and those of source FILE. */
#define COUNTERS (CPU_USAGE_VALUES + CONTAINER_VALUES - PROGRAM_VALUES)

struct container_files {
	const struct cgroupfs *cgroupfs;
	char *path;
	int directory[PLACES]; /* O_PATH; negative when the cgroup is not in that hierarchy */
	bool on_v1[PLACES];
	unsigned int main; /* place of the hierarchy it was found in */
	int fd[FILE_COUNT];
	unsigned int readings;
	bool born, keep;
	bool known[COUNTERS];
	uint64_t last[COUNTERS];
};

/* One file's content, in the buffer of the caller; NULL when there is none. */
static const char *read_text(struct container_files *files, enum file_id id, char buffer[FILE_CAPACITY])
{
	unsigned int place = file_rows[id].place;
	const char *name = files->on_v1[place] ? file_rows[id].v1 : file_rows[id].v2;

	if (!files->on_v1[place])
		place = PLACE_V2;
	if (!name ||
	    !files_read(files->directory[place], name, &files->fd[id], files->keep, buffer, FILE_CAPACITY))
		return NULL;
	return buffer;
}

static bool read_number(struct container_files *files, enum file_id id, uint64_t *ret_value)
{
	char buffer[FILE_CAPACITY];
	const char *text = read_text(files, id, buffer);

	return text && file_parse_u64(text, ret_value) == 0;
}

static void set_gauge(struct container *container, unsigned int index, bool known, uint64_t value)
{
	if (known)
		model_set_file(container, index, value);
	else
		model_clear_file(container, index);
}

static void add_counter(struct container_files *files, struct container *container, unsigned int index,
			bool known, uint64_t total)
{
	unsigned int at = index < PROGRAM_VALUES ? index - V_CPU : index - PROGRAM_VALUES + CPU_USAGE_VALUES;
	uint64_t last;

	_Static_assert(V_CPU_USER == V_CPU + 1 && V_CPU_SYSTEM == V_CPU + 2, "the three are neighbours");
	assert(at < COUNTERS);
	if (!known)
		return;
	if (!files->known[at])
		files->last[at] = files->born ? 0 : total;
	files->known[at] = true;
	last = files->last[at];
	files->last[at] = total;
	model_set_file(container, index, container->value[index] + (total > last ? total - last : 0));
}

static bool scale(uint64_t value, uint64_t factor, uint64_t *ret_value)
{
	return !__builtin_mul_overflow(value, factor, ret_value);
}

/* The hierarchical sum of v1, else the key of v2 or of the cgroup alone. */
static bool find_memory(const struct container_files *files, const char *text, const char *v1, const char *v2,
			uint64_t *ret_value)
{
	if (!text)
		return false;
	return file_find_u64(text, files->on_v1[CONTROLLER_MEMORY] ? v1 : v2, ret_value) == 0;
}

static void read_memory(struct container_files *files, struct container *container)
{
	char buffer[FILE_CAPACITY];
	uint64_t usage = 0, inactive = 0, value = 0;
	bool has_usage = read_number(files, FILE_MEMORY_USAGE, &usage), known;
	const char *stat;

	known = read_number(files, FILE_MEMORY_LIMIT, &value) && value < UNLIMITED_BYTES;
	set_gauge(container, V_MEMORY_LIMIT, known, value);
	stat = read_text(files, FILE_MEMORY_STAT, buffer);
	set_gauge(container, V_MEMORY_USAGE, has_usage, usage);
	known = has_usage && find_memory(files, stat, "total_inactive_file", "inactive_file", &inactive);
	set_gauge(container, V_MEMORY_WORKING_SET, known, usage > inactive ? usage - inactive : 0);
	known = find_memory(files, stat, "total_rss", "anon", &value);
	set_gauge(container, V_MEMORY_RSS, known, value);
	known = find_memory(files, stat, "total_cache", "file", &value);
	set_gauge(container, V_MEMORY_CACHE, known, value);
	if (files->on_v1[CONTROLLER_MEMORY])
		known = stat && file_find_u64(stat, "total_swap", &value) == 0;
	else
		known = read_number(files, FILE_MEMORY_SWAP, &value);
	set_gauge(container, V_MEMORY_SWAP, known, value);
}

static void read_cpu_limit(struct container_files *files, struct container *container)
{
	char buffer[FILE_CAPACITY];
	const char *text = read_text(files, FILE_CPU_QUOTA, buffer);
	uint64_t quota_us = 0, period_us = 0;
	bool known = text && file_parse_u64(text, &quota_us) == 0; /* "max" and "-1" are no numbers */

	if (known && files->on_v1[CONTROLLER_CPU])
		known = read_number(files, FILE_CPU_PERIOD, &period_us);
	else if (known)
		known = (text = strchr(text, ' ')) && file_parse_u64(text + 1, &period_us) == 0;
	known = known && period_us > 0 && scale(quota_us, 1000, &quota_us);
	set_gauge(container, V_CPU_LIMIT, known, known ? quota_us / period_us : 0);
}

/* cpu.stat: limits and, on v2, usage. It is one file there, so it is read once. */
static void read_cpu(struct container_files *files, struct container *container, bool usage)
{
	bool v1 = files->on_v1[CONTROLLER_CPU];
	char buffer[FILE_CAPACITY];
	const char *text = read_text(files, FILE_CPU_STAT, buffer);
	uint64_t value = 0;
	bool known;

	if (text) {
		known = file_find_u64(text, "nr_periods", &value) == 0;
		add_counter(files, container, V_CPU_PERIODS, known, value);
		known = file_find_u64(text, "nr_throttled", &value) == 0;
		add_counter(files, container, V_CPU_THROTTLED_PERIODS, known, value);
		known = file_find_u64(text, v1 ? "throttled_time" : "throttled_usec", &value) == 0 &&
			scale(value, v1 ? 1 : NS_PER_US, &value);
		add_counter(files, container, V_CPU_THROTTLED, known, value);
	}
	if (!usage || files->on_v1[CONTROLLER_CPUACCT])
		return;
	if (v1)
		text = read_text(files, FILE_CPU_USAGE, buffer);
	if (!text)
		return;
	known = file_find_u64(text, "usage_usec", &value) == 0 && scale(value, NS_PER_US, &value);
	add_counter(files, container, V_CPU, known, value);
	known = file_find_u64(text, "user_usec", &value) == 0 && scale(value, NS_PER_US, &value);
	add_counter(files, container, V_CPU_USER, known, value);
	known = file_find_u64(text, "system_usec", &value) == 0 && scale(value, NS_PER_US, &value);
	add_counter(files, container, V_CPU_SYSTEM, known, value);
}

static void read_cpuacct(struct container_files *files, struct container *container)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK), value = 0;
	char buffer[FILE_CAPACITY];
	const char *text;
	bool known;

	if (!files->on_v1[CONTROLLER_CPUACCT])
		return;
	known = read_number(files, FILE_CPU_USAGE, &value);
	add_counter(files, container, V_CPU, known, value);
	text = read_text(files, FILE_CPU_USAGE_SPLIT, buffer);
	if (!text)
		return;
	known = file_find_u64(text, "user", &value) == 0 && scale(value, tick_ns, &value);
	add_counter(files, container, V_CPU_USER, known, value);
	known = file_find_u64(text, "system", &value) == 0 && scale(value, tick_ns, &value);
	add_counter(files, container, V_CPU_SYSTEM, known, value);
}

static void read_tasks(struct container_files *files, struct container *container)
{
	uint64_t processes, threads, pids;
	bool known = read_number(files, FILE_PIDS_CURRENT, &pids);

	cgroupfs_count_tasks(files->directory[files->main], files->on_v1[files->main], &processes,
			     known ? NULL : &threads);
	model_set_file(container, V_PROCESSES, processes);
	model_set_file(container, V_THREADS, known ? pids : threads);
}

static void read_pressure(struct container_files *files, struct container *container)
{
	static const struct {
		enum file_id file;
		unsigned int some, full;
	} rows[] = {
		{ FILE_CPU_PRESSURE, VALUE_INDEX(pressure, CPU_SOME), VALUE_INDEX(pressure, CPU_FULL) },
		{ FILE_MEMORY_PRESSURE, VALUE_INDEX(pressure, MEMORY_SOME),
		  VALUE_INDEX(pressure, MEMORY_FULL) },
		{ FILE_IO_PRESSURE, VALUE_INDEX(pressure, IO_SOME), VALUE_INDEX(pressure, IO_FULL) },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buffer[FILE_CAPACITY];
		const char *text = read_text(files, rows[i].file, buffer);
		uint64_t total_ns = 0;
		bool known;

		if (!text)
			continue;
		known = files_find_pressure_ns(text, "some", &total_ns);
		add_counter(files, container, V_PRESSURE + rows[i].some, known, total_ns);
		known = files_find_pressure_ns(text, "full", &total_ns);
		add_counter(files, container, V_PRESSURE + rows[i].full, known, total_ns);
	}
}

/* Kernfs has no time of creation. A directory's mtime grows when a cgroup is made in it, or when its inode was reclaimed and
 * is looked up again; that of a file that nobody writes to only in the latter case. The earlier of both comes closest. */
static void read_start(struct container_files *files, struct container *container)
{
	static const char *const names[] = { ".", "cgroup.events", "cgroup.clone_children" };
	uint64_t start_ns = UINT64_MAX;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct stat status;
		uint64_t time_ns;

		if (fstatat(files->directory[files->main], names[i], &status, 0) < 0 ||
		    status.st_mtim.tv_sec < 0)
			continue;
		time_ns = (uint64_t)status.st_mtim.tv_sec * NS_PER_S + (uint64_t)status.st_mtim.tv_nsec;
		start_ns = time_ns < start_ns ? time_ns : start_ns;
	}
	set_gauge(container, V_START_TIME, start_ns != UINT64_MAX, start_ns);
}

/* Opens what was not there so far. */
static void open_directories(struct container_files *files)
{
	const struct cgroupfs *cgroupfs = files->cgroupfs;

	for (unsigned int i = 0; i < PLACES; i++)
		if (files->directory[i] < 0 && (i == PLACE_V2 || files->on_v1[i]))
			files->directory[i] = cgroupfs_open_directory(i == PLACE_V2 ? cgroupfs->v2_fd :
										      cgroupfs->v1_fd[i],
								      files->path);
}

int container_files_read(struct container_files *files, struct container *container, unsigned int flags)
{
	uint64_t value = 0;
	bool known;

	/* A removed cgroup's directory has no files any more. */
	if (faccessat(files->directory[files->main], "cgroup.procs", F_OK, 0) < 0 && errno != EACCES) {
		container_files_clear(container);
		if (flags & CONTAINER_FILES_USAGE) {
			model_set_file(container, V_PROCESSES, 0);
			model_set_file(container, V_THREADS, 0);
		}
		return -ENOENT;
	}
	if (++files->readings <= EARLY_READINGS || files->readings % RETRY_READINGS == 0) {
		open_directories(files);
		files_retry(files->fd, FILE_COUNT);
	}
	if (files->readings == 1 || !container->has_file[V_START_TIME - PROGRAM_VALUES])
		read_start(files, container);
	read_memory(files, container);
	read_cpu_limit(files, container);
	read_cpu(files, container, flags & CONTAINER_FILES_USAGE);
	known = read_number(files, FILE_PIDS_LIMIT, &value);
	set_gauge(container, V_PROCESSES_LIMIT, known, value);
	read_pressure(files, container);
	if (flags & CONTAINER_FILES_USAGE) {
		read_cpuacct(files, container);
		read_tasks(files, container);
	}
	return 0;
}

void container_files_clear(struct container *container)
{
	for (unsigned int i = 0; i < METRICS; i++) {
		if (metrics[i].source != SOURCE_FILE || metrics[i].kind != METRIC_GAUGE)
			continue;
		for (unsigned int j = 0; j < metrics[i].width; j++)
			model_clear_file(container, metrics[i].value + j);
	}
}

int container_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, unsigned int flags,
			 struct container_files **ret_files)
{
	struct container_files *files = calloc(1, sizeof(*files));
	int r;

	if (!files)
		return -ENOMEM;
	files->cgroupfs = cgroupfs;
	files->path = strdup(path);
	files->born = flags & CONTAINER_FILES_BORN;
	files->keep = flags & CONTAINER_FILES_KEEP;
	files->main = in_v1 ? (unsigned int)CONTROLLER_CPU : PLACE_V2;
	for (unsigned int i = 0; i < FILE_COUNT; i++)
		files->fd[i] = KEPT_FILE_UNOPENED;
	for (unsigned int i = 0; i < PLACES; i++) {
		files->on_v1[i] = i < CONTROLLERS && cgroupfs->v1_fd[i] >= 0;
		files->directory[i] = -ENOENT;
	}
	if (files->path)
		open_directories(files);
	r = files->path ? files->directory[files->main] : -ENOMEM;
	if (r < 0) {
		container_files_free(files);
		return r;
	}
	*ret_files = files;
	return 0;
}

void container_files_free(struct container_files *files)
{
	if (!files)
		return;
	files_close(files->fd, FILE_COUNT);
	for (unsigned int i = 0; i < PLACES; i++)
		if (files->directory[i] >= 0)
			close(files->directory[i]);
	free(files->path);
	free(files);
}
