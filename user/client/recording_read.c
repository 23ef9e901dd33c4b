/* SPDX-License-Identifier: Apache-2.0 */
/* Read by pread() and not mapped: a file that gets shorter meanwhile is an error, not a signal. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/buffer.h"
#include "client/recording.h"
#include "client/recording_format.h"

#define WARNING_SIZE 512
#define NO_KEY SIZE_MAX

struct recording {
	char *path, *head;
	int fd;
	uint64_t size;
	uint64_t first; /* offset behind the head */
	struct buffer entries;
	size_t count;
	ZSTD_DCtx *unpacker;
	struct buffer stored, text, key;
	size_t key_index; /* whose text `key` holds, or NO_KEY */
	char warning[WARNING_SIZE];
};

void recording_free(struct recording *recording)
{
	if (!recording)
		return;
	if (recording->fd >= 0)
		close(recording->fd);
	ZSTD_freeDCtx(recording->unpacker);
	buffer_done(&recording->entries);
	buffer_done(&recording->stored);
	buffer_done(&recording->text);
	buffer_done(&recording->key);
	free(recording->path);
	free(recording->head);
	free(recording);
}

const char *recording_head(const struct recording *recording)
{
	return recording->head;
}

const char *recording_warning(const struct recording *recording)
{
	return recording->warning[0] ? recording->warning : NULL;
}

size_t recording_snapshots(const struct recording *recording)
{
	return recording->count;
}

static const struct format_entry *get_entry(const struct recording *recording, size_t index)
{
	return (const struct format_entry *)recording->entries.data + index;
}

uint64_t recording_time_us(const struct recording *recording, size_t index)
{
	return get_entry(recording, index)->time_us;
}

/* All of it, or false. */
static bool read_at(const struct recording *recording, uint64_t offset, void *data, size_t size)
{
	size_t done = 0;

	if (offset > recording->size || size > recording->size - offset)
		return false;
	while (done < size) {
		ssize_t count = pread(recording->fd, (char *)data + done, size - done,
				      (off_t)(offset + done));

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		done += (size_t)count;
	}
	return true;
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

static int read_head(struct recording *recording, const struct message *message)
{
	struct format_head head;
	bool is_whole = read_at(recording, 0, &head, sizeof(head));

	if (recording->size == 0)
		return message_fail(message, -EINVAL, "'%s' is empty", recording->path);
	/* The beginning tells whose it is, also when there is not more. */
	if (!is_whole &&
	    (recording->size < FORMAT_MAGIC_SIZE || !read_at(recording, 0, head.magic, FORMAT_MAGIC_SIZE)))
		memset(head.magic, 0, FORMAT_MAGIC_SIZE);
	if (memcmp(head.magic, FORMAT_MAGIC, FORMAT_MAGIC_SIZE) != 0)
		return message_fail(message, -EINVAL, "'%s' is not a recording of ktally", recording->path);
	if (!is_whole)
		return message_fail(message, -EINVAL, "'%s' ends in its head: no snapshot is in it",
				    recording->path);
	if (format_crc(&head, offsetof(struct format_head, crc)) != head.crc)
		return message_fail(message, -EINVAL, "'%s' is damaged in its head", recording->path);
	if (head.format != RECORDING_FORMAT)
		return message_fail(message, -EINVAL,
				    "'%s' has format %u, this ktally reads %u: use one as new as the file",
				    recording->path, head.format, RECORDING_FORMAT);
	if (head.size > FORMAT_HEAD_MAX)
		return message_fail(message, -EINVAL, "'%s' is damaged in its head", recording->path);
	recording->head = calloc(1, head.size + 1);
	if (!recording->head)
		return message_fail(message, -ENOMEM, "out of memory");
	if (!read_at(recording, sizeof(head), recording->head, head.size))
		return message_fail(message, -EINVAL, "'%s' ends in its head: no snapshot is in it",
				    recording->path);
	if (format_crc(recording->head, head.size) != head.text_crc)
		return message_fail(message, -EINVAL, "'%s' is damaged in its head", recording->path);
	recording->first = sizeof(head) + head.size;
	return 0;
}

/* ---- where the snapshots are ------------------------------------------------------------------------------------- */

static bool read_frame(const struct recording *recording, uint64_t offset, const char *magic,
		       struct format_frame *ret_frame)
{
	return read_at(recording, offset, ret_frame, sizeof(*ret_frame)) &&
	       format_crc(ret_frame, offsetof(struct format_frame, crc)) == ret_frame->crc &&
	       memcmp(ret_frame->magic, magic, sizeof(ret_frame->magic)) == 0;
}

static bool is_ascending(const struct recording *recording, size_t count, uint64_t end)
{
	uint64_t least = recording->first;

	for (size_t i = 0; i < count; i++) {
		const struct format_entry *entry = get_entry(recording, i);

		if (entry->offset < least || entry->offset > end - sizeof(struct format_frame))
			return false;
		least = entry->offset + sizeof(struct format_frame);
	}
	return true;
}

static bool read_index(struct recording *recording)
{
	struct format_frame frame;
	struct format_end end;
	uint64_t last;

	if (recording->size < recording->first + sizeof(frame) + sizeof(end))
		return false;
	last = recording->size - sizeof(end);
	if (!read_at(recording, last, &end, sizeof(end)) ||
	    memcmp(end.magic, FORMAT_END_MAGIC, FORMAT_MAGIC_SIZE) != 0)
		return false;
	if (end.index_offset < recording->first || end.index_offset > last - sizeof(frame) ||
	    !read_frame(recording, end.index_offset, FORMAT_INDEX, &frame) ||
	    frame.stored != last - sizeof(frame) - end.index_offset ||
	    frame.stored % sizeof(struct format_entry) != 0)
		return false;
	if (!buffer_reserve(&recording->entries, frame.stored + 1) ||
	    !read_at(recording, end.index_offset + sizeof(frame), recording->entries.data, frame.stored) ||
	    format_crc(recording->entries.data, frame.stored) != frame.stored_crc)
		return false;
	if (!is_ascending(recording, frame.stored / sizeof(struct format_entry), end.index_offset))
		return false;
	recording->count = frame.stored / sizeof(struct format_entry);
	return true;
}

static void warn(struct recording *recording, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(struct recording *recording, const char *format, ...)
{
	const struct message message = { recording->warning, sizeof(recording->warning) };
	va_list args;

	va_start(args, format);
	message_vfail(&message, 0, format, args);
	va_end(args);
}

/* Without an index: from head to head. */
static void scan(struct recording *recording)
{
	uint64_t offset = recording->first;
	struct format_frame frame;

	for (;;) {
		uint64_t left = recording->size - offset;
		struct format_entry entry = { .offset = offset };

		if (left == 0) {
			warn(recording,
			     "'%s' has no end, as when its writer was killed: its %zu snapshots are whole",
			     recording->path, recording->count);
			return;
		}
		if (left >= sizeof(frame) && read_frame(recording, offset, FORMAT_INDEX, &frame))
			return; /* nothing is lost but the index itself */
		if (left >= sizeof(frame) && !read_frame(recording, offset, FORMAT_SNAPSHOT, &frame)) {
			warn(recording, "'%s' is damaged at byte %llu: shows the %zu snapshots before it",
			     recording->path, (unsigned long long)offset, recording->count);
			return;
		}
		if (left < sizeof(frame) || frame.stored > left - sizeof(frame)) {
			warn(recording,
			     "'%s' ends in the middle of a snapshot: shows the %zu whole ones before it",
			     recording->path, recording->count);
			return;
		}
		entry.time_us = frame.time_us;
		buffer_add(&recording->entries, &entry, sizeof(entry));
		if (recording->entries.failed)
			return;
		recording->count++;
		offset += sizeof(frame) + frame.stored;
	}
}

int recording_open(const char *path, struct recording **ret_recording, const struct message *message)
{
	_cleanup_(cleanup_recording) struct recording *recording = calloc(1, sizeof(*recording));
	struct stat state;
	int error;

	if (!recording)
		return message_fail(message, -ENOMEM, "out of memory");
	recording->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (recording->fd < 0 || fstat(recording->fd, &state) < 0)
		return message_fail(message, -errno, "cannot open '%s': %s", path, strerror(errno));
	if (!S_ISREG(state.st_mode))
		return message_fail(message, -EINVAL, "'%s' is not a regular file", path);
	recording->size = (uint64_t)state.st_size;
	recording->key_index = NO_KEY;
	recording->path = strdup(path);
	recording->unpacker = ZSTD_createDCtx();
	if (!recording->path || !recording->unpacker)
		return message_fail(message, -ENOMEM, "out of memory");
	error = read_head(recording, message);
	if (error)
		return error;
	if (!read_index(recording)) {
		buffer_clear(&recording->entries);
		scan(recording);
	}
	if (recording->entries.failed)
		return message_fail(message, -ENOMEM, "out of memory");
	if (recording->count == 0)
		return message_fail(message, -EINVAL, "'%s' has no whole snapshot", path);
	*ret_recording = take_ptr(recording);
	return 0;
}

/* ---- one snapshot ------------------------------------------------------------------------------------------------ */

static int damaged(const struct recording *recording, size_t index, const struct message *message)
{
	return message_fail(message, -EBADMSG, "snapshot %zu of '%s' is damaged", index + 1, recording->path);
}

static int unpack(struct recording *recording, size_t index, const struct format_frame *frame,
		  struct buffer *ret_text, const struct message *message)
{
	uint64_t offset = get_entry(recording, index)->offset + sizeof(*frame);
	size_t size;

	if (frame->size > RECORDING_TEXT_MAX || frame->stored > ZSTD_compressBound(RECORDING_TEXT_MAX) ||
	    offset > recording->size || frame->stored > recording->size - offset)
		return damaged(recording, index, message);
	buffer_clear(&recording->stored);
	buffer_clear(ret_text);
	if (!buffer_reserve(&recording->stored, frame->stored + 1) ||
	    !buffer_reserve(ret_text, frame->size + 1))
		return message_fail(message, -ENOMEM, "out of memory");
	if (!read_at(recording, offset, recording->stored.data, frame->stored) ||
	    format_crc(recording->stored.data, frame->stored) != frame->stored_crc)
		return damaged(recording, index, message);
	ZSTD_DCtx_reset(recording->unpacker, ZSTD_reset_session_and_parameters);
	if (frame->back)
		ZSTD_DCtx_refPrefix(recording->unpacker, recording->key.data, recording->key.size);
	size = ZSTD_decompressDCtx(recording->unpacker, ret_text->data, frame->size, recording->stored.data,
				   frame->stored);
	if (ZSTD_isError(size) || size != frame->size)
		return damaged(recording, index, message);
	ret_text->data[size] = '\0';
	ret_text->size = size;
	return 0;
}

/* Has the text of the key snapshot in `key`. */
static int read_key(struct recording *recording, size_t index, const struct message *message)
{
	struct format_frame frame;
	int error;

	if (recording->key_index == index)
		return 0;
	recording->key_index = NO_KEY;
	if (!read_frame(recording, get_entry(recording, index)->offset, FORMAT_SNAPSHOT, &frame) ||
	    frame.back != 0)
		return damaged(recording, index, message);
	error = unpack(recording, index, &frame, &recording->key, message);
	if (error)
		return error;
	recording->key_index = index;
	return 0;
}

int recording_read(struct recording *recording, size_t index, const char **ret_text, size_t *ret_size,
		   const struct message *message)
{
	struct buffer *text = &recording->text;
	struct format_frame frame;
	int error;

	if (index >= recording->count)
		return message_fail(message, -ENOENT, "'%s' has no snapshot %zu", recording->path, index + 1);
	if (!read_frame(recording, get_entry(recording, index)->offset, FORMAT_SNAPSHOT, &frame) ||
	    frame.back > index)
		return damaged(recording, index, message);
	error = read_key(recording, index - frame.back, message);
	if (error)
		return error;
	if (frame.back == 0)
		text = &recording->key;
	else
		error = unpack(recording, index, &frame, text, message);
	if (error)
		return error;
	*ret_text = text->data;
	*ret_size = text->size;
	return 0;
}
