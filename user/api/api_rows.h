/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Rows of a list that are brought into order, as far as they are shown. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_row {
	const void *item;
	union {
		double number; /* NAN: last in either order */
		const char *text;
	};
	uint32_t order; /* decides between equal ones: no two rows have the same */
};

struct api_rows {
	struct api_row *rows;
	size_t count, capacity;
	bool is_text, is_descending;
};

/* Takes over nothing; false when out of memory. */
bool api_rows_add(struct api_rows *rows, const struct api_row *row);
/* Brings those that belong to the places from `begin` to before `end` there, in order; the others to either side. */
void api_rows_sort(struct api_rows *rows, size_t begin, size_t end);
void api_rows_done(struct api_rows *rows);
