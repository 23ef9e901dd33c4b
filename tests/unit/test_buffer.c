/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

static void assert_text(const struct buffer *buffer, const char *text)
{
	cr_assert_eq(buffer->size, strlen(text), "size %zu", buffer->size);
	cr_assert(memcmp(buffer->data, text, buffer->size) == 0);
}

Test(buffer, impossible_size_fails_and_keeps_what_is_there)
{
	struct buffer buffer = {};

	buffer_add_string(&buffer, "abc");
	cr_assert_not(buffer_reserve(&buffer, SIZE_MAX));
	cr_assert(buffer.failed);
	cr_assert_not(buffer_reserve(&buffer, SIZE_MAX / 2 - 1));
	assert_text(&buffer, "abc");
	buffer_done(&buffer);
}

Test(buffer, nothing_is_added_after_a_failure)
{
	struct buffer buffer = {};

	buffer_add_string(&buffer, "abc");
	buffer_reserve(&buffer, SIZE_MAX);
	buffer_add_string(&buffer, "d");
	buffer_add_u64(&buffer, 1);
	buffer_printf(&buffer, "%d", 2);
	assert_text(&buffer, "abc");
	cr_assert_not(buffer_reserve(&buffer, 1));
	buffer_done(&buffer);
}

Test(buffer, clear_forgets_the_failure_and_keeps_the_memory)
{
	struct buffer buffer = {};
	size_t capacity;

	buffer_add_string(&buffer, "abc");
	capacity = buffer.capacity;
	buffer_reserve(&buffer, SIZE_MAX);
	buffer_clear(&buffer);
	cr_assert_not(buffer.failed);
	cr_assert_eq(buffer.size, 0);
	cr_assert_eq(buffer.capacity, capacity);
	buffer_add_string(&buffer, "x");
	assert_text(&buffer, "x");
	buffer_done(&buffer);
	cr_assert_null(buffer.data);
}

Test(buffer, adding_nothing_to_an_empty_buffer_is_allowed)
{
	struct buffer buffer = {};

	buffer_add(&buffer, NULL, 0);
	buffer_add_string(&buffer, "");
	buffer_printf(&buffer, "%s", "");
	cr_assert_eq(buffer.size, 0);
	cr_assert_not(buffer.failed);
	buffer_done(&buffer);
}

Test(buffer, numbers_are_exact)
{
	struct buffer buffer = {};

	buffer_add_u64(&buffer, 0);
	buffer_add_string(&buffer, " ");
	buffer_add_u64(&buffer, 10);
	buffer_add_string(&buffer, " ");
	buffer_add_u64(&buffer, UINT64_MAX);
	assert_text(&buffer, "0 10 18446744073709551615");
	buffer_done(&buffer);
}

Test(buffer, holds_nul_bytes)
{
	struct buffer buffer = {};

	buffer_add(&buffer, "a\0b", 3);
	cr_assert_eq(buffer.size, 3);
	cr_assert(memcmp(buffer.data, "a\0b", 3) == 0);
	buffer_done(&buffer);
}

Test(buffer, printf_of_every_length_around_the_growth)
{
	static char text[1200];

	memset(text, 'x', sizeof(text));
	for (int length = 0; length < (int)sizeof(text); length++) {
		struct buffer buffer = {};

		buffer_printf(&buffer, "%.*s", length, text);
		buffer_printf(&buffer, "%s", "end");
		cr_assert_eq(buffer.size, (size_t)length + 3);
		cr_assert(memcmp(buffer.data, text, (size_t)length) == 0);
		cr_assert(memcmp(buffer.data + length, "end", 3) == 0);
		buffer_done(&buffer);
	}
}

Test(buffer, grows_by_doubling_to_a_million_pieces)
{
	struct buffer buffer = {};

	for (int i = 0; i < 1000003; i++)
		buffer_add_string(&buffer, "abc");
	cr_assert_not(buffer.failed);
	cr_assert_eq(buffer.size, 3000009);
	cr_assert_eq(buffer.capacity, 4194304);
	cr_assert_eq(buffer.data[3000008], 'c');
	buffer_done(&buffer);
}
