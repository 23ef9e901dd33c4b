/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of the cgroup hierarchies, and the walk over them. Ids are inode numbers, as in the kernel since 5.5. */
#include "read/cgroupfs.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define MOUNTINFO_LIMIT (64 << 20)
#define DEPTH_LIMIT 128 /* a descriptor is open per level */

static const char *const controller_names[CONTROLLERS] = {
	[CONTROLLER_CPU] = "cpu",   [CONTROLLER_CPUACCT] = "cpuacct", [CONTROLLER_MEMORY] = "memory",
	[CONTROLLER_PIDS] = "pids", [CONTROLLER_BLKIO] = "blkio",
};

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* ---- layout ------------------------------------------------------------------------------------------------------- */

/* How well the mounts found so far fit; a better one replaces them. */
struct search {
	struct cgroupfs *cgroupfs;
	const char *cgroupfs_path;
	int v2_rank;
	int v1_rank[CONTROLLERS];
};

/* Is `word` one of those in `list`, separated by any of `separators`? */
static bool has_word(const char *list, const char *word, const char *separators)
{
	size_t size = strlen(word);

	while (*list) {
		size_t length = strcspn(list, separators);

		if (length == size && memcmp(list, word, size) == 0)
			return true;
		list += length;
		list += strspn(list, separators);
	}
	return false;
}

/* Opens `path` as the root when it is better than what is there. */
static void offer(int *fd, int *best, int rank, const char *path)
{
	int new_fd;

	if (rank <= *best)
		return;
	new_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new_fd < 0)
		return;
	if (*fd >= 0)
		close(*fd);
	*fd = new_fd;
	*best = rank;
}

static bool is_at_or_below(const char *path, const char *root)
{
	size_t size = strlen(root);

	return strncmp(path, root, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

/* \040 and its like stand for characters that would end the field */
static void unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' &&
		    at[3] >= '0' && at[3] <= '7') {
			*to++ = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
			at += 3;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

/* How much of the hierarchy a mount shows. Seen from a private cgroup namespace "/" is a container's own part, and the whole,
 * mounted from the host, is as many ".." as the container is deep. */
static int rank_root(const char *root)
{
	if (root[strspn(root, "/.")])
		return 0;
	return strcmp(root, "/") == 0 ? 1 : 2;
}

/* "36 35 98:0 /root /mount/point rw,noatime shared:1 - cgroup cgroup rw,cpu,cpuacct" */
static void offer_mount(struct search *search, char *line)
{
	char *fields[5], *type, *point, *options, *optional = strstr(line, " - ");
	int rank;

	if (!optional)
		return;
	type = optional + 3;
	*optional = '\0';
	for (int i = 0; i < 5; i++)
		if (!(fields[i] = strsep(&line, " ")))
			return;
	point = fields[4];
	unescape(point);
	rank = 1 + 3 * is_at_or_below(point, search->cgroupfs_path) + rank_root(fields[3]);
	options = strchr(type, ' ');
	if (!options)
		return;
	*options++ = '\0';
	if (strcmp(type, "cgroup2") == 0)
		offer(&search->cgroupfs->v2_fd, &search->v2_rank, rank, point);
	options = strchr(options, ' ');
	if (!options || strcmp(type, "cgroup") != 0)
		return;
	for (int i = 0; i < CONTROLLERS; i++)
		if (has_word(options + 1, controller_names[i], ","))
			offer(&search->cgroupfs->v1_fd[i], &search->v1_rank[i], rank, point);
}

static void find_by_mountinfo(const struct paths *paths, struct search *search)
{
	_cleanup_(cleanup_free) char *text = NULL;
	char path[PATH_MAX], *rest, *line;
	size_t size;

	snprintf(path, sizeof(path), "%s/self/mountinfo", paths->procfs);
	if (file_read_all(path, MOUNTINFO_LIMIT, &text, &size) < 0)
		return;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		offer_mount(search, line);
}

static bool exists(const char *directory, const char *name)
{
	char path[PATH_MAX];
	int size = snprintf(path, sizeof(path), "%s/%s", directory, name);

	return size < (int)sizeof(path) && access(path, F_OK) == 0;
}

static void find_by_names(const struct paths *paths, struct search *search)
{
	char path[PATH_MAX];

	if (exists(paths->cgroupfs, "cgroup.controllers"))
		offer(&search->cgroupfs->v2_fd, &search->v2_rank, 1, paths->cgroupfs);
	snprintf(path, sizeof(path), "%s/unified", paths->cgroupfs);
	if (exists(path, "cgroup.controllers"))
		offer(&search->cgroupfs->v2_fd, &search->v2_rank, 1, path);
	for (int i = 0; i < CONTROLLERS; i++) {
		snprintf(path, sizeof(path), "%s/%s", paths->cgroupfs, controller_names[i]);
		if (exists(path, "tasks"))
			offer(&search->cgroupfs->v1_fd[i], &search->v1_rank[i], 1, path);
	}
}

/* Hierarchy ids from "name<tab>hierarchy<tab>cgroups<tab>enabled" */
static void read_hierarchy_ids(const struct paths *paths, struct cgroupfs *cgroupfs)
{
	char path[PATH_MAX], text[4096], *rest = text, *line;

	snprintf(path, sizeof(path), "%s/cgroups", paths->procfs);
	if (file_read_at(AT_FDCWD, path, text, sizeof(text)) < 0)
		return;
	while ((line = strsep(&rest, "\n"))) {
		const char *name = strsep(&line, "\t");
		uint64_t id;

		for (int i = 0; line && i < CONTROLLERS; i++)
			if (strcmp(name, controller_names[i]) == 0 && file_parse_u64(line, &id) == 0 &&
			    id <= UINT32_MAX)
				cgroupfs->v1_id[i] = (uint32_t)id;
	}
}

static bool has_hierarchy(const struct cgroupfs *cgroupfs)
{
	for (int i = 0; i < CONTROLLERS; i++)
		if (cgroupfs->v1_fd[i] >= 0)
			return true;
	return cgroupfs->v2_fd >= 0;
}

/* The root's inode is 1 in every hierarchy (5.5, 743210386c03; asserted in cgroup_setup_root()), and no other cgroup's is. */
static bool is_root(int fd)
{
	struct statfs file_system;
	struct stat status;

	if (fd < 0 || fstatfs(fd, &file_system) || fstat(fd, &status))
		return true;
	return (file_system.f_type != CGROUP_SUPER_MAGIC && file_system.f_type != CGROUP2_SUPER_MAGIC) ||
	       status.st_ino == 1;
}

int cgroupfs_init(const struct paths *paths, struct cgroupfs *ret_cgroupfs)
{
	struct search search = { .cgroupfs = ret_cgroupfs, .cgroupfs_path = paths->cgroupfs };
	char text[1024];

	memset(ret_cgroupfs, 0, sizeof(*ret_cgroupfs));
	ret_cgroupfs->v2_fd = -1;
	for (int i = 0; i < CONTROLLERS; i++)
		ret_cgroupfs->v1_fd[i] = -1;
	find_by_mountinfo(paths, &search);
	if (!has_hierarchy(ret_cgroupfs))
		find_by_names(paths, &search);
	read_hierarchy_ids(paths, ret_cgroupfs);
	if (ret_cgroupfs->v2_fd >= 0 &&
	    file_read_at(ret_cgroupfs->v2_fd, "cgroup.controllers", text, sizeof(text)) >= 0)
		for (int i = 0; i < CONTROLLERS; i++)
			ret_cgroupfs->on_v2[i] =
				has_word(text, i == CONTROLLER_BLKIO ? "io" : controller_names[i], " \n");
	ret_cgroupfs->is_whole = has_hierarchy(ret_cgroupfs) && is_root(ret_cgroupfs->v2_fd) &&
				 is_root(ret_cgroupfs->v1_fd[CONTROLLER_CPU]);
	return has_hierarchy(ret_cgroupfs) ? 0 : -ENOENT;
}

void cgroupfs_done(struct cgroupfs *cgroupfs)
{
	if (cgroupfs->v2_fd >= 0)
		close(cgroupfs->v2_fd);
	cgroupfs->v2_fd = -1;
	for (int i = 0; i < CONTROLLERS; i++) {
		if (cgroupfs->v1_fd[i] >= 0)
			close(cgroupfs->v1_fd[i]);
		cgroupfs->v1_fd[i] = -1;
	}
}

/* ---- cgroups ------------------------------------------------------------------------------------------------------ */

/* The path without leading slashes, "." for the root; NULL when it leads out of the tree. */
static const char *relative(const char *path)
{
	path += strspn(path, "/");
	if (has_word(path, "..", "/"))
		return NULL;
	return *path ? path : ".";
}

int cgroupfs_open_directory(int root_fd, const char *path)
{
	int fd;

	path = relative(path);
	if (root_fd < 0 || !path)
		return -ENOENT;
	fd = openat(root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool cgroupfs_is_alive(const struct cgroupfs *cgroupfs, uint64_t id, const char *path)
{
	int root_fd = id & CGROUP_V1 ? cgroupfs->v1_fd[CONTROLLER_CPU] : cgroupfs->v2_fd;
	struct stat status;

	path = relative(path);
	return root_fd >= 0 && path && (cgroupfs->is_whole || strcmp(path, ".") != 0) &&
	       fstatat(root_fd, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode) &&
	       status.st_ino == (id & ~CGROUP_V1);
}

struct walk {
	cgroupfs_visit *visit;
	void *context;
	uint64_t bit;
	bool skip_first;
	char path[PATH_MAX]; /* "" for the root of the walk */
};

static bool is_vanished(int error)
{
	return error == ENOENT || error == ENODEV || error == ENOTDIR || error == ELOOP;
}

static int walk_directory(struct walk *walk, int parent_fd, const char *name, size_t path_size, int depth);

static int walk_children(struct walk *walk, DIR *directory, size_t path_size, int depth)
{
	struct dirent *entry;
	int r;

	while ((errno = 0, entry = readdir(directory))) {
		size_t size = strlen(entry->d_name);

		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
		    strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (path_size + 1 + size >= sizeof(walk->path))
			continue;
		walk->path[path_size] = '/';
		memcpy(walk->path + path_size + 1, entry->d_name, size + 1);
		r = walk_directory(walk, dirfd(directory), entry->d_name, path_size + 1 + size, depth);
		walk->path[path_size] = '\0';
		if (r)
			return r;
	}
	return is_vanished(errno) ? 0 : -errno;
}

static int walk_directory(struct walk *walk, int parent_fd, const char *name, size_t path_size, int depth)
{
	_cleanup_(cleanup_close) int fd = openat(parent_fd, name,
						 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_(cleanup_directory) DIR *directory = NULL;
	struct stat status;
	int r = 0;

	if (fd < 0 || fstat(fd, &status) < 0)
		return is_vanished(errno) ? 0 : -errno;
	if (depth || !walk->skip_first)
		r = walk->visit(walk->context, fd, status.st_ino | walk->bit, path_size ? walk->path : "/");
	if (r || depth == DEPTH_LIMIT ||
	    status.st_nlink == 2) /* 2: no directories in it, some 60 files need no listing */
		return r;
	directory = fdopendir(fd);
	if (!directory)
		return -errno;
	take_fd(fd);
	return walk_children(walk, directory, path_size, depth + 1);
}

static int walk_root(int root_fd, uint64_t bit, bool skip_first, cgroupfs_visit *visit, void *context)
{
	struct walk walk = { .visit = visit, .context = context, .bit = bit, .skip_first = skip_first };

	if (root_fd < 0)
		return 0;
	return walk_directory(&walk, root_fd, ".", 0, 0);
}

int cgroupfs_walk(const struct cgroupfs *cgroupfs, cgroupfs_visit *visit, void *context)
{
	bool skip_first = !cgroupfs->is_whole;
	int r = walk_root(cgroupfs->v1_fd[CONTROLLER_CPU], CGROUP_V1, skip_first, visit, context);

	return r ? r : walk_root(cgroupfs->v2_fd, 0, skip_first, visit, context);
}

/* ---- tasks -------------------------------------------------------------------------------------------------------- */

static uint64_t count_lines(int dir_fd, const char *name)
{
	_cleanup_(cleanup_close) int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	char buffer[8192];
	uint64_t lines = 0;
	ssize_t size;

	while (fd >= 0 && (size = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < size; i++)
			lines += buffer[i] == '\n';
	return lines;
}

struct tasks {
	bool v1, count_threads;
	uint64_t processes, threads;
};

static int count_tasks(void *context, int dir_fd, uint64_t id, const char *path)
{
	struct tasks *tasks = context;

	(void)id, (void)path;
	tasks->processes += count_lines(dir_fd, "cgroup.procs");
	if (tasks->count_threads)
		tasks->threads += count_lines(dir_fd, tasks->v1 ? "tasks" : "cgroup.threads");
	return 0;
}

void cgroupfs_count_tasks(int dir_fd, bool v1, uint64_t *ret_processes, uint64_t *ret_threads)
{
	struct tasks tasks = { .v1 = v1, .count_threads = ret_threads };

	walk_root(dir_fd, 0, false, count_tasks, &tasks);
	*ret_processes = tasks.processes;
	if (ret_threads)
		*ret_threads = tasks.threads;
}
