/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/buffer.h"
#include "client/recording.h"
#include "client/recording_format.h"

/* Measured with 200 containers and 2,000 processes of random numbers (1.5 MB of text): a third of the size of level 1 less in 9 ms;
 * deflate, which cannot look back that far, needs twice the bytes. */
#define LEVEL 7
#define WINDOW_LOG_MAX 27

struct recording_writer {
	char *path;
	int fd;
	uint64_t size, limit_bytes;
	size_t count;
	bool is_full;
	ZSTD_CCtx *packer;
	struct buffer key; /* text of the last key snapshot */
	struct buffer packed;
	struct buffer entries; /* struct format_entry each */
};

void recording_writer_free(struct recording_writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0)
		close(writer->fd);
	ZSTD_freeCCtx(writer->packer);
	buffer_done(&writer->key);
	buffer_done(&writer->packed);
	buffer_done(&writer->entries);
	free(writer->path);
	free(writer);
}

uint64_t recording_size(const struct recording_writer *writer)
{
	return writer->size;
}

bool recording_is_full(const struct recording_writer *writer)
{
	return writer->is_full;
}

size_t recording_count(const struct recording_writer *writer)
{
	return writer->count;
}

/* Both parts, or nothing. */
static int append(struct recording_writer *writer, const void *first, size_t first_size, const void *second,
		  size_t second_size)
{
	struct iovec parts[2] = { { (void *)first, first_size }, { (void *)second, second_size } };
	size_t total = first_size + second_size, done = 0;
	int error = 0;

	while (done < total && !error) {
		ssize_t count = pwritev(writer->fd, parts, 2, (off_t)(writer->size + done));

		if (count < 0 && errno != EINTR)
			error = -errno;
		if (count <= 0)
			continue;
		done += (size_t)count;
		for (size_t i = 0; i < 2; i++) {
			size_t gone = (size_t)count < parts[i].iov_len ? (size_t)count : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + gone;
			parts[i].iov_len -= gone;
			count -= (ssize_t)gone;
		}
	}
	if (error) {
		if (ftruncate(writer->fd, (off_t)writer->size) < 0)
			return error; /* a part of a snapshot at the end is what readers expect of a cut file */
		return error;
	}
	writer->size += total;
	return 0;
}

static int open_new(const char *path, bool replace, const struct message *message)
{
	_cleanup_(cleanup_close) int fd = open(
		path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (replace ? 0 : O_EXCL), 0600);
	struct stat state;

	if (fd < 0 && errno == EEXIST)
		return message_fail(message, -EEXIST, "'%s' is there already (--force overwrites it)", path);
	if (fd < 0 || fstat(fd, &state) < 0)
		return message_fail(message, -errno, "cannot make '%s': %s", path, strerror(errno));
	if (!S_ISREG(state.st_mode))
		return message_fail(message, -EINVAL, "'%s' is not a regular file", path);
	if (ftruncate(fd, 0) < 0)
		return message_fail(message, -errno, "cannot empty '%s': %s", path, strerror(errno));
	return take_fd(fd);
}

static int write_head(struct recording_writer *writer, const char *text, const struct message *message)
{
	struct format_head head = { .magic = FORMAT_MAGIC, .format = RECORDING_FORMAT };
	size_t size = strlen(text);
	int error;

	if (size > FORMAT_HEAD_MAX)
		return message_fail(message, -E2BIG, "the head of '%s' is too long", writer->path);
	head.size = (uint32_t)size;
	head.text_crc = format_crc(text, size);
	head.crc = format_crc(&head, offsetof(struct format_head, crc));
	error = append(writer, &head, sizeof(head), text, size);
	return error ? message_fail(message, error, "cannot write '%s': %s", writer->path, strerror(-error)) :
		       0;
}

int recording_create(const char *path, bool replace, uint64_t limit_bytes, const char *head,
		     struct recording_writer **ret_writer, const struct message *message)
{
	_cleanup_(cleanup_recording_writer) struct recording_writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return message_fail(message, -ENOMEM, "out of memory");
	writer->fd = -1;
	writer->limit_bytes = limit_bytes ? limit_bytes : UINT64_MAX;
	writer->path = strdup(path);
	writer->packer = ZSTD_createCCtx();
	if (!writer->path || !writer->packer)
		return message_fail(message, -ENOMEM, "out of memory");
	writer->fd = open_new(path, replace, message);
	if (writer->fd < 0)
		return writer->fd;
	error = write_head(writer, head, message);
	if (error)
		return error;
	*ret_writer = take_ptr(writer);
	return 0;
}

/* The window must reach back over the whole prefix. */
static int window_log(size_t size)
{
	int log = 10;

	while (log < WINDOW_LOG_MAX && (size_t)1 << log < size)
		log++;
	return log;
}

static int pack(struct recording_writer *writer, const char *text, size_t size, bool is_key)
{
	size_t bound = ZSTD_compressBound(size), packed;

	buffer_clear(&writer->packed);
	if (ZSTD_isError(bound) || !buffer_reserve(&writer->packed, bound))
		return -ENOMEM;
	ZSTD_CCtx_reset(writer->packer, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(writer->packer, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(writer->packer, ZSTD_c_windowLog,
			       window_log(size + (is_key ? 0 : writer->key.size)));
	if (!is_key)
		ZSTD_CCtx_refPrefix(writer->packer, writer->key.data, writer->key.size);
	packed = ZSTD_compress2(writer->packer, writer->packed.data, bound, text, size);
	if (ZSTD_isError(packed))
		return -ENOMEM;
	writer->packed.size = packed;
	return 0;
}

/* What the file would take with `stored` bytes more and its index. */
static uint64_t whole_size(const struct recording_writer *writer, size_t stored)
{
	return writer->size + 2 * sizeof(struct format_frame) + stored +
	       (writer->count + 1) * sizeof(struct format_entry) + sizeof(struct format_end);
}

int recording_add(struct recording_writer *writer, uint64_t time_us, const char *text, size_t size,
		  const struct message *message)
{
	uint32_t back = (uint32_t)(writer->count % RECORDING_KEY_EVERY);
	struct format_frame frame = {
		.magic = FORMAT_SNAPSHOT, .back = back, .time_us = time_us, .size = (uint32_t)size
	};
	const struct format_entry entry = { .offset = writer->size, .time_us = time_us };
	int error;

	if (size > RECORDING_TEXT_MAX || !buffer_reserve(&writer->entries, sizeof(entry)))
		return message_fail(message, -EFBIG, "a snapshot of %zu bytes is too large", size);
	error = pack(writer, text, size, back == 0);
	if (error)
		return message_fail(message, error, "out of memory");
	if (whole_size(writer, writer->packed.size) > writer->limit_bytes) {
		writer->is_full = true;
		return message_fail(message, -ENOSPC, "'%s' has the size that was allowed", writer->path);
	}
	frame.stored = (uint32_t)writer->packed.size;
	frame.stored_crc = format_crc(writer->packed.data, writer->packed.size);
	frame.crc = format_crc(&frame, offsetof(struct format_frame, crc));
	if (back == 0) {
		buffer_clear(&writer->key);
		buffer_add(&writer->key, text, size);
		if (writer->key.failed)
			return message_fail(message, -ENOMEM, "out of memory");
	}
	error = append(writer, &frame, sizeof(frame), writer->packed.data, writer->packed.size);
	if (error)
		return message_fail(message, error, "cannot write '%s': %s", writer->path, strerror(-error));
	buffer_add(&writer->entries, &entry, sizeof(entry));
	writer->count++;
	return 0;
}

/* The name of a new file is on the disk when its folder is. */
static int sync_folder(const char *path)
{
	_cleanup_(cleanup_free) char *folder = strdup(path);
	_cleanup_(cleanup_close) int fd = -1;
	char *slash;

	if (!folder)
		return -ENOMEM;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int recording_finish(struct recording_writer *writer, const struct message *message)
{
	struct format_frame frame = { .magic = FORMAT_INDEX };
	struct format_end end = { .index_offset = writer->size, .magic = FORMAT_END_MAGIC };
	int error;

	frame.stored = frame.size = (uint32_t)writer->entries.size;
	frame.stored_crc = format_crc(writer->entries.data, writer->entries.size);
	frame.crc = format_crc(&frame, offsetof(struct format_frame, crc));
	error = append(writer, &frame, sizeof(frame), writer->entries.data, writer->entries.size);
	error = error ?: append(writer, &end, sizeof(end), NULL, 0);
	if (fsync(writer->fd) < 0 && !error)
		error = -errno;
	error = error ?: sync_folder(writer->path);
	return error ? message_fail(message, error, "cannot complete '%s': %s", writer->path,
				    strerror(-error)) :
		       0;
}
