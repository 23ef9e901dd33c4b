/* SPDX-License-Identifier: Apache-2.0 */
/* The growing byte buffer: every text output (exposition, JSON, pages) is written into one of these and handed
 * on whole. The owner of the struct owns the memory; any thread may use its own. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){};
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

bool buffer_grow(struct buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
	char *data;

	if (buffer->failed)
		return false;
	if (size > SIZE_MAX / 2 || buffer->size > SIZE_MAX / 2 - size) {
		buffer->failed = true;
		return false;
	}
	while (capacity < buffer->size + size)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
	if (size == 0 || !buffer_reserve(buffer, size))
		return;
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

void buffer_add_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}

void buffer_add_u64(struct buffer *buffer, uint64_t value)
{
	char digits[20]; /* 18446744073709551615 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	buffer_add(buffer, digits + at, sizeof(digits) - at);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	size_t room;
	va_list args;
	int size;

	if (!buffer_reserve(buffer, 1))
		return;
	room = buffer->capacity - buffer->size;
	va_start(args, format);
	size = vsnprintf(buffer->data + buffer->size, room, format, args);
	va_end(args);
	if (size < 0) {
		buffer->failed = true;
		return;
	}
	if ((size_t)size >= room) {
		if (!buffer_reserve(buffer, (size_t)size + 1))
			return;
		va_start(args, format);
		vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, args);
		va_end(args);
	}
	buffer->size += (size_t)size;
}
