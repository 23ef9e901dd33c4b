/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static bool is_continuation(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t utf8_size(const char *characters)
{
	const unsigned char *text = (const unsigned char *)characters;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4 || !is_continuation(text[1]))
		return 0;
	if (text[0] < 0xe0)
		return 2;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	if (!is_continuation(text[2]))
		return 0;
	if (text[0] < 0xf0)
		return 3;
	return is_continuation(text[3]) ? 4 : 0;
}

size_t utf8_copy(char *to, size_t capacity, const char *from)
{
	size_t length = 0;

	while (*from) {
		size_t size = utf8_size(from), used = size ?: UTF8_REPLACEMENT_SIZE;

		if (length + used >= capacity)
			break;
		memcpy(to + length, size ? from : UTF8_REPLACEMENT, used);
		length += used;
		from += size ?: 1;
	}
	to[length] = '\0';
	return length;
}
