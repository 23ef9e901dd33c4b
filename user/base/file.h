/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Small files of procfs, sysfs and cgroupfs, read whole. */
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads at most capacity-1 bytes of `path` (relative to `dir_fd`, or AT_FDCWD) into `buffer`, NUL-terminated.
 * Returns the number of bytes or negative errno. */
ssize_t file_read_at(int dir_fd, const char *path, char *buffer, size_t capacity);

/* The same from the start of an open descriptor (pread at 0). */
ssize_t file_read_fd(int fd, char *buffer, size_t capacity);

/* Reads the whole of a file of any size up to `limit` bytes; *ret_data is malloc'd and NUL-terminated.
 * 0 or negative errno (-EFBIG past the limit). */
int file_read_all(const char *path, size_t limit, char **ret_data, size_t *ret_size);

/* A decimal number filling `text` up to white space or end. 0, -EINVAL or -ERANGE. */
int file_parse_u64(const char *text, uint64_t *ret_value);

/* Finds "KEY<space>NUMBER" at the start of a line (flat keyed files: cpu.stat, memory.stat). 0, -ENOENT or -EINVAL. */
int file_find_u64(const char *text, const char *key, uint64_t *ret_value);
