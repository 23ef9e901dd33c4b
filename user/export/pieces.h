/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Pieces of bytes in one buffer, by number. */
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"

#define PIECES_LIMIT 64

struct text {
	const char *data;
	size_t size;
};

/* Readable bytes behind every text that lines are put together of, so that it can be copied in whole steps. */
#define TEXT_SLACK 31

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

struct pieces {
	struct buffer data; /* append the next piece here */
	size_t end[PIECES_LIMIT];
	unsigned int count;
};

void pieces_done(struct pieces *pieces);
void pieces_clear(struct pieces *pieces);
/* Ends the piece that was appended to `data`, with its slack behind it; returns its number. Not past PIECES_LIMIT. */
unsigned int pieces_close(struct pieces *pieces);

/* Copies a text that has its slack to where there is room for it and the slack; returns the end of the text. Such texts are short
 * and many: a step of constant size is two instructions, a memcpy() of unknown size is a call. */
static inline char *text_put(char *at, struct text text)
{
	for (size_t i = 0; i < text.size; i += TEXT_SLACK + 1)
		memcpy(at + i, text.data + i, TEXT_SLACK + 1);
	return at + text.size;
}

static inline struct text pieces_at(const struct pieces *pieces, unsigned int number)
{
	size_t begin = number > 0 ? pieces->end[number - 1] : 0;

	if (!pieces->data.data)
		return TEXT("");
	return (struct text){ pieces->data.data + begin, pieces->end[number] - begin };
}
