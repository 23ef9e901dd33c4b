/* SPDX-License-Identifier: Apache-2.0 */
#include "top/glyph.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

#define REPLACEMENT 0xfffd

static const struct {
	uint32_t first, last;
} invisible[] = {
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
	{ 0x180b, 0x180f },   /* Mongolian variation selectors */
	{ 0x200b, 0x200f },   /* zero width, marks of direction */
	{ 0x2028, 0x202e },   /* line ends, embeddings and overrides of direction */
	{ 0x2060, 0x206f },   /* joiners, isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfe00, 0xfe0f },   /* variation selectors: terminals disagree about the width that follows */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* Hangul filler */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0x1d173, 0x1d17a }, /* musical beams */
	{ 0xe0000, 0xe0fff }, /* tags */
};

static bool is_invisible(uint32_t character)
{
	for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
		if (character >= invisible[i].first && character <= invisible[i].last)
			return true;
	return false;
}

/* The next character, REPLACEMENT for a byte that begins none. Not mbrtowc(): the bytes are UTF-8 whatever the locale is. */
static size_t decode(const char *text, uint32_t *ret_character)
{
	size_t size = utf8_size(text);
	uint32_t character = (unsigned char)text[0];

	if (size > 1)
		character &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++)
		character = character << 6 | ((unsigned char)text[i] & 0x3f);
	*ret_character = size ? character : REPLACEMENT;
	return size ?: 1;
}

/* Cells of a character as it will be shown; it may be replaced. */
static int show(uint32_t *character)
{
	bool is_control = *character < 0x20 || (*character >= 0x7f && *character < 0xa0);
	int width = is_control ? -1 : wcwidth((wchar_t)*character);

	if (width >= 0)
		return width;
	*character = wcwidth(REPLACEMENT) == 1 ? REPLACEMENT : '?';
	return 1;
}

size_t glyph_next(const char *text, struct glyph *ret_glyph)
{
	size_t used = 0, count = 0;

	*ret_glyph = (struct glyph){};
	while (text[used]) {
		uint32_t character;
		size_t size = decode(text + used, &character);
		int width;

		if (is_invisible(character)) {
			used += size;
			continue;
		}
		width = show(&character);
		if (count && width > 0)
			break;
		if (!count && width == 0) { /* nothing to set it upon */
			character = REPLACEMENT;
			width = show(&character);
		}
		used += size;
		if (count < GLYPH_CHARACTERS)
			ret_glyph->text[count++] = (wchar_t)character;
		ret_glyph->width += (unsigned int)width;
	}
	return count ? used : 0;
}

unsigned int glyph_width(const char *text)
{
	struct glyph glyph;
	unsigned int width = 0;

	for (size_t used; (used = glyph_next(text, &glyph)); text += used)
		width += glyph.width;
	return width;
}

size_t glyph_fit(const char *text, unsigned int cells)
{
	struct glyph glyph;
	size_t all = 0;

	for (size_t used; (used = glyph_next(text + all, &glyph)) && glyph.width <= cells; all += used)
		cells -= glyph.width;
	return all;
}

static size_t encode(uint32_t character, char *to)
{
	if (character < 0x80) {
		to[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		to[0] = (char)(0xc0 | character >> 6);
		to[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		to[0] = (char)(0xe0 | character >> 12);
		to[1] = (char)(0x80 | (character >> 6 & 0x3f));
		to[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | character >> 18);
	to[1] = (char)(0x80 | (character >> 12 & 0x3f));
	to[2] = (char)(0x80 | (character >> 6 & 0x3f));
	to[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

size_t glyph_encode(const struct glyph *glyph, char *to)
{
	size_t size = 0;

	for (const wchar_t *character = glyph->text; *character; character++)
		size += encode((uint32_t)*character, to + size);
	to[size] = '\0';
	return size;
}

size_t glyph_copy(char *to, size_t size, const char *text)
{
	struct glyph glyph;
	size_t length = 0;

	for (size_t used; (used = glyph_next(text, &glyph)); text += used) {
		char bytes[4 * GLYPH_CHARACTERS + 1];
		size_t more = glyph_encode(&glyph, bytes);

		if (length + more >= size)
			break;
		memcpy(to + length, bytes, more);
		length += more;
	}
	to[length] = '\0';
	return length;
}
