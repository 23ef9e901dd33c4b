/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recording. So that more than checksums is tried, they are put right in what looks like a head or a snapshot. */
#include "client/recording_read.c"
#include "client/snapshot.c"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend(char *data, size_t size)
{
	struct format_head *head = (struct format_head *)data;
	size_t at;

	if (size < sizeof(*head))
		return;
	memcpy(head->magic, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
	head->format = RECORDING_FORMAT;
	head->size %= 64;
	if (head->size <= size - sizeof(*head))
		head->text_crc = format_crc(data + sizeof(*head), head->size);
	head->crc = format_crc(head, offsetof(struct format_head, crc));
	for (at = sizeof(*head) + head->size; at + sizeof(struct format_frame) <= size;) {
		struct format_frame frame;

		memcpy(&frame, data + at, sizeof(frame));
		if (memcmp(frame.magic, FORMAT_INDEX, 4) != 0)
			memcpy(frame.magic, FORMAT_SNAPSHOT, 4);
		if (frame.stored <= size - at - sizeof(frame))
			frame.stored_crc = format_crc(data + at + sizeof(frame), frame.stored);
		frame.crc = format_crc(&frame, offsetof(struct format_frame, crc));
		memcpy(data + at, &frame, sizeof(frame));
		at += sizeof(frame) + frame.stored;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[40];
	char said[200];
	const struct message message = { said, sizeof(said) };
	struct recording *recording = NULL;
	_cleanup_(cleanup_free) char *copy = malloc(size + 1);

	if (fd < 0) {
		fd = memfd_create("recording", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	memcpy(copy, data, size);
	if (size > 0 && data[size - 1] % 4)
		mend(copy, size);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, copy, size, 0) != (ssize_t)size)
		return 0;
	if (recording_open(path, &recording, &message))
		return 0;
	for (size_t i = 0; i < recording_snapshots(recording) && i < 8; i++) {
		const char *text;
		size_t length;

		if (recording_read(recording, i, &text, &length, &message))
			continue;
		for (size_t j = 0; j < SNAPSHOT_QUESTIONS; j++)
			json_decref(snapshot_find(text, length, snapshot_questions[j].name));
	}
	recording_free(recording);
	return 0;
}
