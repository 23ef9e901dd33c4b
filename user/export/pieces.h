/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Pieces of bytes in one buffer, by number. */
#include <stddef.h>

#include "base/buffer.h"

#define PIECES_LIMIT 64

struct text {
	const char *data;
	size_t size;
};

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

struct pieces {
	struct buffer data; /* append the next piece here */
	size_t end[PIECES_LIMIT];
	unsigned int count;
};

void pieces_done(struct pieces *pieces);
void pieces_clear(struct pieces *pieces);
/* Ends the piece that was appended to `data`; returns its number. Not past PIECES_LIMIT. */
unsigned int pieces_close(struct pieces *pieces);

static inline struct text pieces_at(const struct pieces *pieces, unsigned int number)
{
	size_t begin = number > 0 ? pieces->end[number - 1] : 0;

	if (!pieces->data.data)
		return TEXT("");
	return (struct text){ pieces->data.data + begin, pieces->end[number] - begin };
}
