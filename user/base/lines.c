/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lines.h"

#include <string.h>

#define KEPT_BYTES 65536 /* of memory between two lines */

void lines_init(struct lines *lines, size_t limit_bytes)
{
	*lines = (struct lines){ .limit_bytes = limit_bytes };
}

void lines_done(struct lines *lines)
{
	buffer_done(&lines->begin);
	lines->is_leaving_out = false;
}

static void leave_out(struct lines *lines)
{
	lines->left_out++;
	lines_done(lines);
	lines->is_leaving_out = true;
}

static void add(struct lines *lines, const char *data, size_t size)
{
	if (lines->is_leaving_out)
		return;
	if (size > lines->limit_bytes - lines->begin.size) {
		leave_out(lines);
		return;
	}
	buffer_add(&lines->begin, data, size);
	if (lines->begin.failed)
		leave_out(lines);
}

static void end(struct lines *lines, lines_line *line, void *context)
{
	struct buffer *begin = &lines->begin;

	if (begin->size && begin->data[begin->size - 1] == '\r')
		begin->size--;
	if (begin->size)
		line(context, begin->data, begin->size);
	lines->is_leaving_out = false;
	if (begin->capacity > KEPT_BYTES)
		buffer_done(begin);
	buffer_clear(begin);
}

void lines_add(struct lines *lines, const char *data, size_t size, lines_line *line, void *context)
{
	const char *stop;

	while ((stop = memchr(data, '\n', size))) {
		add(lines, data, (size_t)(stop - data));
		end(lines, line, context);
		size -= (size_t)(stop - data) + 1;
		data = stop + 1;
	}
	add(lines, data, size);
}
