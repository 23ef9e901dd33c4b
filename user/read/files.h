/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the readers of cgroup files and of procfs share: files that are read again and again. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One file: its open descriptor, or one of these. */
enum kept_file { KEPT_FILE_UNOPENED = -1, KEPT_FILE_ABSENT = -2 };

/*
 * Reads `name` below `dir_fd` into `buffer` (NUL-terminated, cut at capacity - 1). *fd is the file's state: opened on first use
 * and kept open when `keep`, else closed again. A file that does not exist or cannot be read by its nature (no such controller,
 * pressure accounting off) becomes KEPT_FILE_ABSENT and is not tried again until files_retry().
 * True when `buffer` holds the content. False and *fd == KEPT_FILE_UNOPENED: failed this time, or the cgroup is gone.
 */
bool files_read(int dir_fd, const char *name, int *fd, bool keep, char *buffer, size_t capacity);

/* Forgets that files were absent. */
void files_retry(int *fds, size_t count);
void files_close(int *fds, size_t count);

/* "total=" in ns of the line of `kind` ("some" or "full") of a pressure file. */
bool files_find_pressure_ns(const char *text, const char *kind, uint64_t *ret_ns);
