/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Lines out of a stream that comes in pieces of any size (events of Docker, later watches of Kubernetes). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct lines {
	size_t limit_bytes;  /* of a line; what is longer is left out */
	uint64_t left_out;   /* so many: too long, or no memory for it */
	struct buffer begin; /* of the line whose end has not come */
	bool is_leaving_out; /* till the end of the line */
};

/* The line without its end (\n or \r\n); never empty, and not NUL-terminated. */
typedef void lines_line(void *context, const char *line, size_t size);

void lines_init(struct lines *lines, size_t limit_bytes);
/* Also makes it ready for another stream; left_out stays. */
void lines_done(struct lines *lines);
/* Calls `line` for each line that ends within `data`. `line` must not end `lines`. */
void lines_add(struct lines *lines, const char *data, size_t size, lines_line *line, void *context);
