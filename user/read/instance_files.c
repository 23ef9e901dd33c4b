/* SPDX-License-Identifier: Apache-2.0 */
#include "read/instance_files.h"

#include "base/file.h"
#include "base/time.h"
#include "read/disk_stat.h"
#include "read/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_CAPACITY 8192 /* memory.stat, the longest, has some 2 KiB; io.stat some 100 bytes a disk */
#define RETRY_READINGS 64
#define EARLY_READINGS 3 /* runtimes make a container's hierarchies and controllers one after the other */
#define UNLIMITED (1ULL << 60) /* v1 has no word for it: 2^63 less a page */

enum place { /* directories of the cgroup; the first ones as enum cgroup_controller */
	     PLACE_V2 = CONTROLLERS,
	     PLACES,
};

enum version { V1 = 1, V2 = 2 };
enum form { NUMBER, LIMIT, SECOND, KEY, STALL };
enum asked {
	USAGE = INSTANCE_FILES_USAGE,
	ALL = INSTANCE_FILES_ALL,
	MEMORY_LIMITED = 4,
	THREADS_LIMITED = 8
};

enum file_id {
#define FILE(id, place, asked, v2, v1) FILE_##id,
#define VALUE(file, version, form, key, factor, instance)
#include "read/instance_files.def"
#undef FILE
#undef VALUE
	FILE_COUNT
};

static const struct {
	unsigned int place, asked;
	const char *v2, *v1;
} file_rows[FILE_COUNT] = {
#define FILE(id, place, asked, v2, v1) [FILE_##id] = { place, asked, v2, v1 },
#define VALUE(file, version, form, key, factor, instance)
#include "read/instance_files.def"
#undef FILE
#undef VALUE
};

/* In the order of their files. */
static const struct value_row {
	enum file_id file;
	unsigned int versions;
	enum form form;
	const char *key;
	size_t key_size;
	uint64_t factor;
	enum instance_value value;
} value_rows[] = {
#define FILE(id, place, asked, v2, v1)
#define VALUE(file, version, form, key, factor, instance) \
	{ FILE_##file, version, form, key, sizeof(key) - 1, factor, INSTANCE_##instance },
#include "read/instance_files.def"
#undef FILE
#undef VALUE
};
#define VALUE_ROWS (sizeof(value_rows) / sizeof(value_rows[0]))

struct instance_files {
	const struct cgroupfs *cgroupfs;
	char *path;
	int directory[PLACES]; /* O_PATH; negative when the cgroup is not in that hierarchy */
	bool on_v1[PLACES];
	unsigned int main; /* place of the hierarchy it was found in */
	int fd[FILE_COUNT];
	unsigned int readings;
	bool keep;
};

/* One reading: the text of the last file, which the next row may ask for once more. */
struct reading {
	struct instance_files *files;
	struct instance *instance;
	char text[FILE_CAPACITY];
	bool has_text;
	int directory;
	const char *name;
};

static const char *read_text(struct reading *reading, enum file_id id)
{
	struct instance_files *files = reading->files;
	unsigned int place = file_rows[id].place;
	const char *name = files->on_v1[place] ? file_rows[id].v1 : file_rows[id].v2;

	if (!files->on_v1[place])
		place = PLACE_V2;
	if (!name)
		return NULL;
	if (reading->name && reading->directory == files->directory[place] &&
	    strcmp(reading->name, name) == 0)
		return reading->has_text ? reading->text : NULL;
	reading->name = name;
	reading->directory = files->directory[place];
	reading->has_text = files_read(files->directory[place], name, &files->fd[id], files->keep,
				       reading->text, FILE_CAPACITY);
	return reading->has_text ? reading->text : NULL;
}

static void set_value(struct instance *instance, const struct value_row *row, uint64_t value)
{
	if (!__builtin_mul_overflow(value, row->factor, &value))
		instance_set(instance, row->value, value);
}

static void set_limit(struct instance *instance, const struct value_row *row, const char *text)
{
	uint64_t value;

	if (strcmp(text, "max\n") == 0 || strncmp(text, "max ", 4) == 0 || strcmp(text, "-1\n") == 0)
		instance_set(instance, row->value, INSTANCE_UNLIMITED);
	else if (file_parse_u64(text, &value) == 0)
		instance_set(instance, row->value, value < UNLIMITED ? value : INSTANCE_UNLIMITED);
}

/* All keys of a flat keyed file in one pass over its lines. */
static void set_keys(struct instance *instance, const struct value_row *rows, size_t count,
		     unsigned int version, const char *text)
{
	for (const char *line = text; *line; line += strspn(line, "\n")) {
		size_t size = strcspn(line, " \n");
		uint64_t value;

		for (size_t i = 0; i < count; i++)
			if (rows[i].versions & version && rows[i].form == KEY && rows[i].key_size == size &&
			    memcmp(rows[i].key, line, size) == 0 && line[size] == ' ' &&
			    file_parse_u64(line + size + 1, &value) == 0)
				set_value(instance, &rows[i], value);
		line = strchrnul(line, '\n');
	}
}

static void set_values(struct instance *instance, const struct value_row *rows, size_t count,
		       unsigned int version, const char *text)
{
	const char *second = strchr(text, ' ');
	bool keys = false;
	uint64_t value;

	for (size_t i = 0; i < count; i++) {
		const struct value_row *row = &rows[i];

		if (!(row->versions & version))
			continue;
		keys |= row->form == KEY;
		if (row->form == LIMIT)
			set_limit(instance, row, text);
		if (row->form == NUMBER && file_parse_u64(text, &value) == 0)
			set_value(instance, row, value);
		if (row->form == SECOND && second && file_parse_u64(second + 1, &value) == 0)
			set_value(instance, row, value);
		if (row->form == STALL && files_find_pressure_ns(text, row->key, &value))
			instance_set(instance, row->value, value);
	}
	if (keys)
		set_keys(instance, rows, count, version, text);
}

static void read_disks(struct reading *reading)
{
	bool v1 = reading->files->on_v1[CONTROLLER_BLKIO];
	const char *text = read_text(reading, FILE_DISK);

	if (text && !v1)
		disk_stat_parse_v2(text, reading->instance);
	if (text && v1)
		disk_stat_parse_v1(text, DISK_READ_BYTES, reading->instance);
	text = read_text(reading, FILE_DISK_CALLS);
	if (text)
		disk_stat_parse_v1(text, DISK_READS, reading->instance);
}

static void read_tasks(struct instance_files *files, struct instance *instance)
{
	bool known = instance->has[INSTANCE_THREADS];
	uint64_t processes, threads;

	cgroupfs_count_tasks(files->directory[files->main], files->on_v1[files->main], &processes,
			     known ? NULL : &threads);
	instance_set(instance, INSTANCE_PROCESSES, processes);
	if (!known)
		instance_set(instance, INSTANCE_THREADS, threads);
}

/* Kernfs has no time of creation. A directory's mtime grows when a cgroup is made in it, or when its inode was reclaimed and
 * is looked up again; that of a file that nobody writes to only in the latter case. The earlier of both comes closest. */
static void read_start(struct instance_files *files, struct instance *instance)
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
	if (start_ns != UINT64_MAX)
		instance_set(instance, INSTANCE_START_TIME, start_ns);
}

/* Opens what was not there so far. */
static void open_directories(struct instance_files *files)
{
	const struct cgroupfs *cgroupfs = files->cgroupfs;

	for (unsigned int i = 0; i < PLACES; i++)
		if (files->directory[i] < 0 && (i == PLACE_V2 || files->on_v1[i]))
			files->directory[i] = cgroupfs_open_directory(i == PLACE_V2 ? cgroupfs->v2_fd :
										      cgroupfs->v1_fd[i],
								      files->path);
}

static bool is_limited(const struct instance *instance, enum instance_value limit)
{
	return instance->has[limit] && instance->value[limit] != INSTANCE_UNLIMITED;
}

static bool is_asked(enum file_id id, const struct instance *instance, unsigned int flags)
{
	unsigned int asked = file_rows[id].asked;

	return !asked || asked & flags ||
	       (asked & MEMORY_LIMITED && is_limited(instance, INSTANCE_MEMORY_LIMIT)) ||
	       (asked & THREADS_LIMITED && is_limited(instance, INSTANCE_THREADS_LIMIT));
}

int instance_files_read(struct instance_files *files, struct instance *instance, unsigned int flags)
{
	struct reading reading = { .files = files, .instance = instance };
	bool has_start = instance->has[INSTANCE_START_TIME];
	size_t first = 0, past;

	instance_clear(instance);
	/* A removed cgroup's directory has no files any more. */
	if (faccessat(files->directory[files->main], "cgroup.procs", F_OK, 0) < 0 && errno != EACCES)
		return -ENOENT;
	if (++files->readings <= EARLY_READINGS || files->readings % RETRY_READINGS == 0) {
		open_directories(files);
		files_retry(files->fd, FILE_COUNT);
	}
	for (unsigned int id = 0; id < FILE_COUNT; id++, first = past) {
		const char *text;

		for (past = first; past < VALUE_ROWS && value_rows[past].file == id;)
			past++;
		if (first == past || !is_asked(id, instance, flags))
			continue;
		text = read_text(&reading, id);
		if (text)
			set_values(instance, value_rows + first, past - first,
				   files->on_v1[file_rows[id].place] ? V1 : V2, text);
	}
	if (flags & INSTANCE_FILES_ALL)
		read_disks(&reading);
	if (flags & INSTANCE_FILES_USAGE)
		read_tasks(files, instance);
	instance->has[INSTANCE_START_TIME] = has_start;
	if (!has_start)
		read_start(files, instance);
	instance->is_complete = flags & INSTANCE_FILES_ALL;
	return 0;
}

int instance_files_open(const struct cgroupfs *cgroupfs, const char *path, bool in_v1, bool keep,
			struct instance_files **ret_files)
{
	struct instance_files *files = calloc(1, sizeof(*files));
	int r;

	if (!files)
		return -ENOMEM;
	files->cgroupfs = cgroupfs;
	files->path = strdup(path);
	files->keep = keep;
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
		instance_files_free(files);
		return r;
	}
	*ret_files = files;
	return 0;
}

void instance_files_free(struct instance_files *files)
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
