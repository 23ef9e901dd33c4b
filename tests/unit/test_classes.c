/* SPDX-License-Identifier: Apache-2.0 */
/* classes.def against the system call numbers of this machine's headers. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "probe_config.h"

#define VALUE(dimension, id, text) dimension##_IS_##id = VALUE_INDEX(dimension, id),
#define LABEL(dimension, name)
#define LABEL_END(dimension)
enum {
#include "metrics.def"
	class_IS_DESCRIPTOR = CALL_BY_DESCRIPTOR,
	wait_reason_IS_DESCRIPTOR = CALL_WAIT_BY_DESCRIPTOR,
};
#undef VALUE
#undef LABEL
#undef LABEL_END

static const struct row {
	int number;
	const char *name;
	int class, wait;
} rows[] = {
#define SYSCALL(number, name, class, wait) { number, #name, class_IS_##class, wait_reason_IS_##wait },
#include "classes.def"
#undef SYSCALL
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

Test(classes, every_number_and_name_occurs_once_and_rows_are_sorted)
{
	for (size_t i = 0; i < ROWS; i++) {
		cr_assert(find(rows[i].name) == &rows[i], "%s twice", rows[i].name);
		cr_assert(i == 0 || rows[i - 1].number < rows[i].number, "%s out of order", rows[i].name);
		cr_assert_lt(rows[i].number, SYSCALL_NUMBERS - 1);
	}
}

Test(classes, the_numbers_have_no_holes_but_the_one_of_the_kernel)
{
	for (size_t i = 1; i < ROWS; i++)
		if (rows[i].number != rows[i - 1].number + 1)
			cr_assert(rows[i - 1].number == 336 && rows[i].number == 424, "hole before %s",
				  rows[i].name);
	cr_assert_eq(rows[0].number, 0);
	cr_assert_geq(rows[ROWS - 1].number, 469);
}

Test(classes, every_system_call_of_this_machines_headers_has_its_row)
{
	static const char *const headers[] = { "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
					       "/usr/include/asm/unistd_64.h" };
	char line[256], name[128];
	int number, known = 0;
	FILE *file = NULL;

	for (size_t i = 0; !file && i < 2; i++)
		file = fopen(headers[i], "re");
	if (!file)
		cr_skip_test("no <asm/unistd_64.h> here");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "#define __NR_%127s %d", name, &number) != 2)
			continue;
		cr_assert_not_null(find(name), "%s (%d) has no row", name, number);
		cr_assert_eq(find(name)->number, number, "%s is %d", name, number);
		known++;
	}
	fclose(file);
	cr_assert_gt(known, 350);
}

Test(classes, only_the_read_and_write_family_goes_by_its_descriptor)
{
	static const char *const family[] = { "read",   "write",  "pread64", "pwrite64", "readv",
					      "writev", "preadv", "pwritev", "preadv2",  "pwritev2" };
	size_t by_class = 0;

	for (size_t i = 0; i < ROWS; i++) {
		by_class += rows[i].class == CALL_BY_DESCRIPTOR;
		cr_assert_eq(rows[i].class == CALL_BY_DESCRIPTOR, rows[i].wait == CALL_WAIT_BY_DESCRIPTOR);
	}
	cr_assert_eq(by_class, sizeof(family) / sizeof(family[0]));
	for (size_t i = 0; i < by_class; i++)
		cr_assert_eq(find(family[i])->class, CALL_BY_DESCRIPTOR);
}

Test(classes, well_known_calls_wait_for_what_their_users_expect)
{
	cr_assert_eq(find("futex")->wait, VALUE_INDEX(wait_reason, LOCK));
	cr_assert_eq(find("nanosleep")->wait, VALUE_INDEX(wait_reason, SLEEP));
	cr_assert_eq(find("epoll_wait")->wait, VALUE_INDEX(wait_reason, POLL));
	cr_assert_eq(find("accept4")->wait, VALUE_INDEX(wait_reason, NETWORK));
	cr_assert_eq(find("fsync")->wait, VALUE_INDEX(wait_reason, DISK));
	cr_assert_eq(find("wait4")->wait, VALUE_INDEX(wait_reason, OTHER));
	cr_assert_eq(find("sendfile")->class, VALUE_INDEX(class, FILE));
	cr_assert_eq(find("eventfd2")->class, VALUE_INDEX(class, IPC));
}

Test(classes, every_transfer_is_a_call_of_the_same_name_and_class)
{
	static const struct {
		unsigned int number;
		const char *name;
		enum call_transfer how;
	} transfers[] = {
#define TRANSFER(number, name, how) { number, #name, TRANSFER_##how },
#include "transfers.def"
#undef TRANSFER
	};
	size_t by_descriptor = 0;

	for (size_t i = 0; i < sizeof(transfers) / sizeof(transfers[0]); i++) {
		bool is_first = transfers[i].how <= TRANSFER_WRITE;

		cr_assert(!i || transfers[i].number > transfers[i - 1].number, "%s", transfers[i].name);
		cr_assert_eq(find(transfers[i].name)->number, transfers[i].number, "%s", transfers[i].name);
		cr_assert_eq(find(transfers[i].name)->class == CALL_BY_DESCRIPTOR, is_first, "%s",
			     transfers[i].name);
		by_descriptor += is_first;
	}
	cr_assert_eq(by_descriptor, 10);
}
