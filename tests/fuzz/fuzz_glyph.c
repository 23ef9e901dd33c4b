/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a name on a screen: nothing but printable characters comes out, in exactly the cells that were given, and the text
 * that it makes is the same when it is read again. */
#include "top/glyph.c"
#include "top/page.c"

#include <locale.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_harmless(const wchar_t *text)
{
	for (; *text; text++) {
		uint32_t character = (uint32_t)*text;

		check(character >= 0x20 && !(character >= 0x7f && character < 0xa0));
		check(!is_invisible(character) && wcwidth(*text) >= 0);
	}
}

/* The first cell of each line, and all behind the room, stay as they were. */
static void check_page(const char *name, unsigned int room)
{
	struct page page = {};
	unsigned int used;

	check(page_resize(&page, 40, 3));
	used = page_put(&page, 1, 1, room, STYLE_BOLD, name);
	check(used <= room && (used == glyph_width(name) || used == room));
	for (unsigned int y = 0; y < 3; y++)
		for (unsigned int x = 0; x < 40; x++) {
			const struct page_cell *cell = page_at(&page, x, y);

			check_harmless(cell->text);
			if (y != 1 || x == 0 || x > room)
				check(wcscmp(cell->text, L" ") == 0 && cell->style == STYLE_PLAIN);
		}
	page_done(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int room = size > 0 ? data[0] % 39 : 0, cells = 0;
	char *name = malloc(size + 1), *copy = malloc(size * 3 + 1), *again = malloc(size * 3 + 1);
	struct glyph glyph;
	size_t fit;

	setlocale(LC_CTYPE, size % 2 ? "C.UTF-8" : "C");
	if (!name || !copy || !again)
		abort();
	memcpy(name, data, size);
	name[size] = '\0';
	check_page(name, room);
	fit = glyph_fit(name, room);
	check(fit <= strlen(name));
	for (const char *text = name; (fit = glyph_next(text, &glyph)); text += fit) {
		check(glyph.width == 1 || glyph.width == 2);
		check_harmless(glyph.text);
		cells += glyph.width;
	}
	check(cells == glyph_width(name));
	glyph_copy(copy, size * 3 + 1, name);
	check(glyph_width(copy) == cells);
	glyph_copy(again, size * 3 + 1, copy);
	check(strcmp(copy, again) == 0);
	free(name);
	free(copy);
	free(again);
	return 0;
}
