/* SPDX-License-Identifier: Apache-2.0 */
#include "read/files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool is_transient(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR || error == EAGAIN;
}

bool files_read(int dir_fd, const char *name, int *fd, bool keep, char *buffer, size_t capacity)
{
	ssize_t size;

	if (*fd == KEPT_FILE_ABSENT || dir_fd < 0)
		return false;
	if (*fd < 0) {
		*fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (*fd < 0) {
			*fd = is_transient(errno) ? KEPT_FILE_UNOPENED : KEPT_FILE_ABSENT;
			return false;
		}
	}
	size = file_read_fd(*fd, buffer, capacity);
	if (size < 0 || !keep) {
		close(*fd);
		*fd = KEPT_FILE_UNOPENED;
	}
	if (size == -EOPNOTSUPP || size == -EINVAL || size == -EISDIR)
		*fd = KEPT_FILE_ABSENT;
	return size >= 0;
}

void files_retry(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] == KEPT_FILE_ABSENT)
			fds[i] = KEPT_FILE_UNOPENED;
}

void files_close(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = KEPT_FILE_UNOPENED;
	}
}

bool files_find_pressure_ns(const char *text, const char *kind, uint64_t *ret_ns)
{
	size_t size = strlen(kind);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *total, *end;
		uint64_t total_us;

		line += *line == '\n';
		if (strncmp(line, kind, size) != 0 || line[size] != ' ')
			continue;
		end = strchrnul(line, '\n');
		total = strstr(line, " total=");
		return total && total < end && file_parse_u64(total + strlen(" total="), &total_us) == 0 &&
		       !__builtin_mul_overflow(total_us, NS_PER_US, ret_ns);
	}
	return false;
}
