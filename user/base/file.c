/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of small kernel files and of settings files. Kernel files have no size: all of it reads until the end. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FIRST_CAPACITY 4096

/* Reads up to `size` bytes from the position (offset < 0) or from `offset`; less only at the end of the file. */
static ssize_t read_fully(int fd, char *buffer, size_t size, off_t offset)
{
	size_t used = 0;

	while (used < size) {
		ssize_t count = offset < 0 ? read(fd, buffer + used, size - used) :
					     pread(fd, buffer + used, size - used, offset + (off_t)used);

		if (count < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (count == 0)
			break;
		used += (size_t)count;
	}
	return (ssize_t)used;
}

static ssize_t read_text(int fd, char *buffer, size_t capacity, off_t offset)
{
	ssize_t size;

	if (capacity == 0)
		return -EINVAL;
	size = read_fully(fd, buffer, capacity - 1, offset);
	buffer[size < 0 ? 0 : size] = '\0';
	return size;
}

ssize_t file_read_at(int dir_fd, const char *path, char *buffer, size_t capacity)
{
	_cleanup_(cleanup_close) int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return read_text(fd, buffer, capacity, -1);
}

ssize_t file_read_fd(int fd, char *buffer, size_t capacity)
{
	return read_text(fd, buffer, capacity, 0);
}

int file_read_all(const char *path, size_t limit, char **ret_data, size_t *ret_size)
{
	_cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_(cleanup_free) char *data = NULL;
	size_t capacity = 0, used = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t count;
		char *grown;

		/* One byte more than the limit is asked for: that byte tells "too large" from "just fits". */
		capacity = capacity ? capacity * 2 : FIRST_CAPACITY;
		if (limit < SIZE_MAX - 2 && capacity > limit + 2)
			capacity = limit + 2;
		grown = realloc(data, capacity);
		if (!grown)
			return -ENOMEM;
		data = grown;
		count = read_fully(fd, data + used, capacity - 1 - used, -1);
		if (count < 0)
			return (int)count;
		used += (size_t)count;
		if (used > limit)
			return -EFBIG;
		if (used < capacity - 1)
			break;
	}
	data[used] = '\0';
	*ret_data = take_ptr(data);
	*ret_size = used;
	return 0;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int file_parse_u64(const char *text, uint64_t *ret_value)
{
	bool overflow = false;
	uint64_t value = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++) {
		overflow |= __builtin_mul_overflow(value, 10, &value);
		overflow |= __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
	}
	if (at == text || (*at != '\0' && !is_space(*at)))
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int file_find_u64(const char *text, const char *key, uint64_t *ret_value)
{
	size_t length = strlen(key);
	const char *line = text;

	while (line) {
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return file_parse_u64(line + length + 1, ret_value) ? -EINVAL : 0;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return -ENOENT;
}
