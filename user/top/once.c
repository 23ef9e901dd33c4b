/* SPDX-License-Identifier: Apache-2.0 */
#include "top/once.h"

#include <errno.h>

#include "top/picture.h"

int once_print_text(FILE *file, struct browser *browser, const struct header *header, unsigned int width)
{
	size_t rows = browser->rows.count > 0 ? browser->rows.count : 1;
	struct page page = {};

	if (!page_resize(&page, width, (unsigned int)rows + header_lines(100) + 2))
		return -ENOMEM;
	picture_draw(&page, browser, header, false);
	for (unsigned int y = 0; y < page.height; y++)
		page_print_line(&page, y, file);
	page_done(&page);
	return 0;
}

int once_print_json(FILE *file, const struct browser *browser)
{
	json_t *items = json_array(), *root;
	int error;

	for (size_t i = 0; i < browser->rows.count; i++)
		json_array_append(items, browser->rows.row[i].item);
	root = json_pack("{s:f, s:i, s:i, s:o}", "time", browser->items.time, "total",
			 (int)browser->items.total, "matched", (int)browser->rows.count, "items", items);
	if (!root)
		return -ENOMEM;
	error = json_dumpf(root, file, JSON_INDENT(1) | JSON_REAL_PRECISION(15) | JSON_ENSURE_ASCII) ? -EIO :
												       0;
	fputc('\n', file);
	json_decref(root);
	return error;
}
