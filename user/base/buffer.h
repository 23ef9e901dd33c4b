/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A growing byte buffer. Running out of memory is remembered in `failed` and reported once by the
 * user of the whole buffer, so that writers need not check every call. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;
	size_t size; /* bytes used; data[size] is not terminated */
	size_t capacity;
	bool failed;
};

void buffer_done(struct buffer *buffer);
/* Empties it and keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* What buffer_reserve() does when there is no room. */
bool buffer_grow(struct buffer *buffer, size_t size);
/* Makes room for `size` more bytes; false (and failed) when out of memory. After one failure nothing more is added, so that what
 * is there has no holes. */
static inline bool buffer_reserve(struct buffer *buffer, size_t size)
{
	if (!buffer->failed && buffer->data && buffer->capacity - buffer->size >= size)
		return true;
	return buffer_grow(buffer, size);
}
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_u64(struct buffer *buffer, uint64_t value);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
