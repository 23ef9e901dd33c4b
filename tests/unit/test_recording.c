/* SPDX-License-Identifier: Apache-2.0 */
/* Files of `ktally record`: what is written comes back, and what was cut, changed or never was one is told in a line. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "client/recording.h"
#include "client/recording_format.h"

#define HEAD "{\"host\":\"one\"}"

static char folder[64], path[96], other[96], said[1024];
static const struct message message = { said, sizeof(said) };

static void setup(void)
{
	snprintf(folder, sizeof(folder), "/tmp/ktally-test-XXXXXX");
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a", folder);
	snprintf(other, sizeof(other), "%s/b", folder);
	said[0] = '\0';
}

static void teardown(void)
{
	unlink(path);
	unlink(other);
	rmdir(folder);
}

TestSuite(recording, .init = setup, .fini = teardown, .timeout = 60);

/* Snapshot `index`: most of it as in all others, as it is with containers. */
static size_t make_text(size_t index, char *text, size_t capacity)
{
	size_t size = 0;

	for (unsigned int i = 0; i < 40; i++) {
		unsigned int value = i % 8 ? i : (unsigned int)(index * 7919 + i);

		size += (size_t)snprintf(text + size, capacity - size, "container-%u-%08x value %u\n", i,
					 i * 2654435761U, value);
	}
	return size;
}

static struct recording_writer *make_writer(uint64_t limit)
{
	struct recording_writer *writer = NULL;

	cr_assert_eq(recording_create(path, false, limit, HEAD, &writer, &message), 0, "%s", said);
	return writer;
}

static void add(struct recording_writer *writer, size_t index)
{
	char text[4096];
	size_t size = make_text(index, text, sizeof(text));

	cr_assert_eq(recording_add(writer, 1000000 * (index + 1), text, size, &message), 0, "%s", said);
}

static void write_file(size_t count, bool finished)
{
	struct recording_writer *writer = make_writer(0);

	for (size_t i = 0; i < count; i++)
		add(writer, i);
	if (finished)
		cr_assert_eq(recording_finish(writer, &message), 0, "%s", said);
	cr_assert_eq(recording_count(writer), count);
	recording_writer_free(writer);
}

static void check_snapshot(struct recording *recording, size_t index)
{
	char wanted[4096];
	size_t wanted_size = make_text(index, wanted, sizeof(wanted)), size;
	const char *text;

	cr_assert_eq(recording_read(recording, index, &text, &size, &message), 0, "%s", said);
	cr_assert_eq(size, wanted_size);
	cr_assert_str_eq(text, wanted, "snapshot %zu", index);
	cr_assert_eq(recording_time_us(recording, index), 1000000 * (index + 1));
}

static void save(const char *data, size_t size)
{
	_cleanup_(cleanup_close) int fd = open(other, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_eq(write(fd, data, size), (ssize_t)size);
}

static struct recording *open_file(const char *name)
{
	struct recording *recording = NULL;

	cr_assert_eq(recording_open(name, &recording, &message), 0, "%s", said);
	return recording;
}

Test(recording, what_was_written_comes_back_in_any_order)
{
	enum { COUNT = 3 * RECORDING_KEY_EVERY + 7 };
	struct recording *recording;

	write_file(COUNT, true);
	recording = open_file(path);
	cr_assert_str_eq(recording_head(recording), HEAD);
	cr_assert_null(recording_warning(recording));
	cr_assert_eq(recording_snapshots(recording), COUNT);
	for (size_t i = 0; i < COUNT; i++)
		check_snapshot(recording, i);
	for (size_t i = COUNT; i-- > 0;)
		check_snapshot(recording, i);
	for (size_t i = 0; i < 100; i++)
		check_snapshot(recording, i * 71 % COUNT);
	recording_free(recording);
}

Test(recording, what_stays_the_same_costs_little)
{
	struct recording_writer *writer = make_writer(0);
	uint64_t first, second;
	char text[4096];

	add(writer, 0);
	first = recording_size(writer);
	add(writer, 1);
	second = recording_size(writer) - first;
	cr_assert_lt(second * 3, first, "%lu, then %lu", first, second);
	cr_assert_lt(first, make_text(0, text, sizeof(text)));
	recording_writer_free(writer);
}

Test(recording, a_file_that_is_there_is_kept)
{
	struct recording_writer *writer = NULL;
	struct stat state;

	write_file(1, true);
	cr_assert_eq(recording_create(path, false, 0, HEAD, &writer, &message), -EEXIST);
	cr_assert(strstr(said, "is there already"), "%s", said);
	cr_assert_null(writer);
	recording_free(open_file(path));
	cr_assert_eq(recording_create(path, true, 0, HEAD, &writer, &message), 0, "%s", said);
	recording_writer_free(writer);
	cr_assert_eq(stat(path, &state), 0);
	cr_assert_eq(state.st_mode & 0777, 0600, "names of processes are in it");
	cr_assert_eq(recording_create("/dev/null", true, 0, HEAD, &writer, &message), -EINVAL);
	cr_assert_eq(recording_create(folder, true, 0, HEAD, &writer, &message), -EISDIR, "%s", said);
}

Test(recording, a_file_cut_at_any_byte_shows_its_whole_snapshots_or_says_why_not)
{
	enum { COUNT = 3 };
	_cleanup_(cleanup_free) char *data = NULL;
	size_t size, whole[COUNT + 1], head = sizeof(struct format_head) + strlen(HEAD);
	struct recording_writer *writer = make_writer(0);

	whole[0] = recording_size(writer);
	cr_assert_eq(whole[0], head);
	for (size_t i = 0; i < COUNT; i++) {
		add(writer, i);
		whole[i + 1] = recording_size(writer);
	}
	cr_assert_eq(recording_finish(writer, &message), 0);
	recording_writer_free(writer);
	cr_assert_eq(file_read_all(path, 1 << 20, &data, &size), 0);
	for (size_t cut = 0; cut < size; cut++) {
		struct recording *recording = NULL;
		size_t expected = 0;

		while (expected < COUNT && cut >= whole[expected + 1])
			expected++;
		save(data, cut);
		if (expected == 0) {
			const char *reason = cut == 0                ? "is empty" :
					     cut < FORMAT_MAGIC_SIZE ? "is not a recording" :
					     cut < head              ? "ends in its head" :
								       "has no whole snapshot";

			cr_assert_eq(recording_open(other, &recording, &message), -EINVAL, "cut at %zu", cut);
			cr_assert(strstr(said, reason), "cut at %zu: %s", cut, said);
			continue;
		}
		recording = open_file(other);
		cr_assert_eq(recording_snapshots(recording), expected, "cut at %zu", cut);
		for (size_t i = 0; i < expected; i++)
			check_snapshot(recording, i);
		if (cut < whole[COUNT])
			cr_assert(strstr(recording_warning(recording),
					 cut == whole[expected] ? "has no end" :
								  "ends in the middle of a snapshot"),
				  "cut at %zu: %s", cut, recording_warning(recording));
		recording_free(recording);
	}
}

Test(recording, a_changed_byte_is_found_wherever_it_is)
{
	enum { COUNT = 3 };
	_cleanup_(cleanup_free) char *data = NULL;
	size_t size;

	write_file(COUNT, true);
	cr_assert_eq(file_read_all(path, 1 << 20, &data, &size), 0);
	for (size_t at = 0; at < size; at++) {
		struct recording *recording = NULL;

		data[at] ^= (char)(1 << at % 8);
		save(data, size);
		data[at] ^= (char)(1 << at % 8);
		said[0] = '\0';
		if (recording_open(other, &recording, &message)) {
			cr_assert_str_neq(said, "");
			continue;
		}
		for (size_t i = 0; i < recording_snapshots(recording); i++) {
			const char *text;
			char wanted[4096];
			size_t length;

			make_text(i, wanted, sizeof(wanted));
			if (recording_read(recording, i, &text, &length, &message))
				cr_assert(strstr(said, "is damaged"), "byte %zu: %s", at, said);
			else
				cr_assert_str_eq(text, wanted, "byte %zu changed", at);
		}
		recording_free(recording);
	}
}

Test(recording, one_damaged_snapshot_does_not_hide_the_others)
{
	_cleanup_(cleanup_free) char *data = NULL;
	struct recording_writer *writer = make_writer(0);
	struct recording *recording;
	const char *text;
	size_t size, at;

	add(writer, 0);
	at = recording_size(writer);
	add(writer, 1);
	add(writer, 2);
	cr_assert_eq(recording_finish(writer, &message), 0);
	recording_writer_free(writer);
	cr_assert_eq(file_read_all(path, 1 << 20, &data, &size), 0);
	data[at + sizeof(struct format_frame) + 5] ^= 0x10;
	save(data, size);
	recording = open_file(other);
	cr_assert_eq(recording_snapshots(recording), 3);
	check_snapshot(recording, 0);
	cr_assert_eq(recording_read(recording, 1, &text, &size, &message), -EBADMSG);
	cr_assert(strstr(said, "snapshot 2 of '/tmp/"), "%s", said);
	check_snapshot(recording, 2);
	cr_assert_eq(recording_read(recording, 3, &text, &size, &message), -ENOENT);
	recording_free(recording);
}

Test(recording, foreign_and_newer_files_are_told_apart)
{
	struct format_head head = { .magic = FORMAT_MAGIC, .format = RECORDING_FORMAT + 1 };
	struct recording *recording = NULL;

	save("{\"this\": \"is some other file, longer than a head\"}", 50);
	cr_assert_eq(recording_open(other, &recording, &message), -EINVAL);
	cr_assert(strstr(said, "is not a recording of ktally"), "%s", said);
	head.crc = format_crc(&head, offsetof(struct format_head, crc));
	save((const char *)&head, sizeof(head));
	cr_assert_eq(recording_open(other, &recording, &message), -EINVAL);
	cr_assert(strstr(said, "has format 2, this ktally reads 1"), "%s", said);
	cr_assert_eq(recording_open("/nowhere", &recording, &message), -ENOENT);
	cr_assert_str_eq(said, "cannot open '/nowhere': No such file or directory");
	cr_assert_eq(recording_open(folder, &recording, &message), -EINVAL);
	cr_assert_null(recording);
	recording_free(NULL);
	recording_writer_free(NULL);
}

/* A snapshot whose head claims what is not so, all checksums being right. */
static void save_claim(uint32_t back, uint32_t stored, uint32_t size)
{
	struct format_head head = { .magic = FORMAT_MAGIC, .format = RECORDING_FORMAT };
	struct format_frame frame = {
		.magic = FORMAT_SNAPSHOT, .back = back, .stored = stored, .size = size
	};
	char data[sizeof(head) + sizeof(frame) + 8] = "";

	head.text_crc = format_crc("", 0);
	head.crc = format_crc(&head, offsetof(struct format_head, crc));
	frame.stored_crc = format_crc(data, stored < 8 ? stored : 8);
	frame.crc = format_crc(&frame, offsetof(struct format_frame, crc));
	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), &frame, sizeof(frame));
	save(data, sizeof(data));
}

Test(recording, lengths_are_not_believed)
{
	static const uint32_t claims[][3] = {
		{ 0, 8, UINT32_MAX }, { 1, 8, 5 }, { UINT32_MAX, 8, 5 }, { 0, 8, 5 }, { 0, 8, 100 << 20 }
	};
	struct recording *recording = NULL;
	const char *text;
	size_t size;

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		save_claim(claims[i][0], claims[i][1], claims[i][2]);
		recording = open_file(other);
		cr_assert_eq(recording_read(recording, 0, &text, &size, &message), -EBADMSG, "claim %zu: %s",
			     i, said);
		recording_free(take_ptr(recording));
	}
	save_claim(0, UINT32_MAX, 5);
	cr_assert_eq(recording_open(other, &recording, &message), -EINVAL);
	cr_assert(strstr(said, "has no whole snapshot"), "%s", said);
}

Test(recording, a_limit_of_the_size_is_kept_with_the_index)
{
	enum { LIMIT = 5000 };
	struct recording_writer *writer = make_writer(LIMIT);
	struct recording *recording;
	char text[4096];
	size_t count = 0;
	struct stat state;

	while (!recording_add(writer, 1000000 * (count + 1), text, make_text(count, text, sizeof(text)),
			      &message))
		count++;
	cr_assert(recording_is_full(writer));
	cr_assert(strstr(said, "has the size that was allowed"), "%s", said);
	cr_assert_eq(recording_finish(writer, &message), 0);
	recording_writer_free(writer);
	cr_assert_eq(stat(path, &state), 0);
	cr_assert_leq(state.st_size, LIMIT);
	cr_assert_gt(count, 3);
	recording = open_file(path);
	cr_assert_eq(recording_snapshots(recording), count);
	check_snapshot(recording, count - 1);
	recording_free(recording);
}

Test(recording, a_full_disk_leaves_the_whole_snapshots)
{
	/* The kernel refuses what passes this, in the middle of a write: as a full disk does. */
	const struct rlimit limit = { 3000, 3000 };
	struct recording_writer *writer = make_writer(0);
	struct recording *recording;
	char text[4096];
	size_t count = 0;

	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	while (!recording_add(writer, 1000000 * (count + 1), text, make_text(count, text, sizeof(text)),
			      &message))
		count++;
	cr_assert(strstr(said, "File too large"), "%s", said);
	cr_assert_not(recording_is_full(writer));
	cr_assert_gt(count, 1);
	recording_finish(writer, &message);
	recording_writer_free(writer);
	recording = open_file(path);
	cr_assert_eq(recording_snapshots(recording), count);
	check_snapshot(recording, count - 1);
	recording_free(recording);
}
