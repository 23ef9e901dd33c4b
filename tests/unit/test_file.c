/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char directory[64], path[128];

static void write_file(const char *data, size_t size)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(data, 1, size, file), size);
	cr_assert_eq(fclose(file), 0);
}

static void setup(void)
{
	strcpy(directory, "/tmp/ktally-test-file-XXXXXX");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
}

static void teardown(void)
{
	unlink(path);
	rmdir(directory);
}

TestSuite(file, .init = setup, .fini = teardown);

Test(file, missing_file_directory_and_empty_path_are_errors)
{
	size_t size;
	char buffer[8], *data = NULL;

	cr_assert_eq(file_read_at(AT_FDCWD, path, buffer, sizeof(buffer)), -ENOENT);
	cr_assert_eq(file_read_at(AT_FDCWD, "", buffer, sizeof(buffer)), -ENOENT);
	cr_assert_eq(file_read_at(AT_FDCWD, directory, buffer, sizeof(buffer)), -EISDIR);
	cr_assert_eq(file_read_at(-1, "relative", buffer, sizeof(buffer)), -EBADF);
	cr_assert_eq(file_read_fd(-1, buffer, sizeof(buffer)), -EBADF);
	cr_assert_eq(file_read_all(path, 10, &data, &size), -ENOENT);
	cr_assert_eq(file_read_all(directory, 10, &data, &size), -EISDIR);
	cr_assert_null(data);
}

Test(file, no_room_is_an_error_and_one_byte_holds_the_end)
{
	char buffer[1] = { 'x' };

	write_file("abc", 3);
	cr_assert_eq(file_read_at(AT_FDCWD, path, buffer, 0), -EINVAL);
	cr_assert_eq(buffer[0], 'x');
	cr_assert_eq(file_read_at(AT_FDCWD, path, buffer, 1), 0);
	cr_assert_eq(buffer[0], '\0');
}

Test(file, read_is_cut_at_the_capacity)
{
	char buffer[4];

	write_file("abcdef", 6);
	cr_assert_eq(file_read_at(AT_FDCWD, path, buffer, sizeof(buffer)), 3);
	cr_assert_str_eq(buffer, "abc");
}

Test(file, read_is_relative_to_the_directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY);
	char buffer[8];

	write_file("abc", 3);
	cr_assert_eq(file_read_at(fd, "file", buffer, sizeof(buffer)), 3);
	cr_assert_str_eq(buffer, "abc");
	close(fd);
}

Test(file, descriptor_is_read_from_the_start_every_time)
{
	char buffer[8];
	int fd;

	write_file("abc", 3);
	fd = open(path, O_RDWR);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(file_read_fd(fd, buffer, sizeof(buffer)), 3);
	cr_assert_eq(pwrite(fd, "xyz!", 4, 0), 4);
	cr_assert_eq(file_read_fd(fd, buffer, sizeof(buffer)), 4);
	cr_assert_str_eq(buffer, "xyz!");
	close(fd);
}

Test(file, procfs_file_without_a_size_is_read_whole)
{
	size_t size;
	char *data;

	cr_assert_eq(file_read_all("/proc/self/mountinfo", 1 << 20, &data, &size), 0);
	cr_assert_eq(strlen(data), size);
	cr_assert_eq(data[size - 1], '\n');
	free(data);
}

Test(file, limit_is_exact)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 8190, 8191, 8192, 1048576 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *content = calloc(1, sizes[i] + 1), *data = NULL;
		size_t size = 99;

		memset(content, 'x', sizes[i]);
		write_file(content, sizes[i]);
		cr_assert_eq(file_read_all(path, sizes[i], &data, &size), 0, "size %zu", sizes[i]);
		cr_assert_eq(size, sizes[i]);
		cr_assert_str_eq(data, content);
		free(data);
		cr_assert_eq(file_read_all(path, SIZE_MAX, &data, &size), 0);
		cr_assert_eq(size, sizes[i]);
		free(data);
		if (sizes[i] > 0)
			cr_assert_eq(file_read_all(path, sizes[i] - 1, &data, &size), -EFBIG, "size %zu",
				     sizes[i]);
		free(content);
	}
}

Test(file, endless_file_stops_at_the_limit)
{
	char *data;
	size_t size;

	cr_assert_eq(file_read_all("/dev/zero", 100000, &data, &size), -EFBIG);
}

Test(file, what_is_not_a_number_is_refused)
{
	static const char *const texts[] = { "",
					     " ",
					     " 1",
					     "\n",
					     "-1",
					     "+1",
					     "0x10",
					     "1a",
					     "max",
					     "1.5",
					     "1,2",
					     "a",
					     "99999999999999999999x" };
	uint64_t value = 77;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		cr_assert_eq(file_parse_u64(texts[i], &value), -EINVAL, "'%s'", texts[i]);
	cr_assert_eq(file_parse_u64("18446744073709551616", &value), -ERANGE);
	cr_assert_eq(file_parse_u64("99999999999999999999999", &value), -ERANGE);
	cr_assert_eq(value, 77);
}

Test(file, numbers_are_exact)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = { { "0", 0 },   { "7\n", 7 },   { "12 34", 12 },
		      { "5\t", 5 }, { "0010", 10 }, { "18446744073709551615\n", UINT64_MAX } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t value = 77;

		cr_assert_eq(file_parse_u64(cases[i].text, &value), 0);
		cr_assert_eq(value, cases[i].value);
	}
}

Test(file, flat_keyed_files_are_searched_by_whole_keys)
{
	static const char text[] =
		"usage_usec 101\nuser_usec 67\nsystem_usec 34\nnr_periods x\nempty \nanon_thp 5\nanon 3";
	uint64_t value = 77;

	cr_assert_eq(file_find_u64("", "a", &value), -ENOENT);
	cr_assert_eq(file_find_u64(text, "usage", &value), -ENOENT);
	cr_assert_eq(file_find_u64(text, "usec", &value), -ENOENT);
	cr_assert_eq(file_find_u64(text, "nr_periods", &value), -EINVAL);
	cr_assert_eq(file_find_u64(text, "empty", &value), -EINVAL);
	cr_assert_eq(value, 77);
	cr_assert_eq(file_find_u64(text, "usage_usec", &value), 0);
	cr_assert_eq(value, 101);
	cr_assert_eq(file_find_u64(text, "system_usec", &value), 0);
	cr_assert_eq(value, 34);
	cr_assert_eq(file_find_u64(text, "anon", &value), 0);
	cr_assert_eq(value, 3);
}
