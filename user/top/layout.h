/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Which columns of a view are shown, and where. */
#include <jansson.h>
#include <stdbool.h>

#include "top/rows.h"
#include "top/view.h"

#define LAYOUT_COLUMNS 64

struct layout_columns { /* of a view, as the user chose them */
	bool chosen;
	uint64_t set[VIEW_COLUMNS_MAX / 64];
};

struct layout {
	struct layout_column {
		const struct column *column;
		unsigned int x, width;
	} columns[LAYOUT_COLUMNS];
	size_t count;
	unsigned int heading_y, first_y; /* lines of the page; set by who draws */
	size_t rows;                     /* lines for rows */
};

bool layout_has(const struct layout_columns *columns, enum view_id view, const struct column *column,
		unsigned int width);
/* Shows it, or not; the first time the columns as they are at `width` become the user's choice. */
void layout_toggle(struct layout_columns *columns, enum view_id view, const struct column *column,
		   unsigned int width);
/* Chooses exactly those named, "cpu_cores,memory_working_set_bytes" or headings. False when one is unknown: it is *ret_wrong, of
 * *ret_length bytes. */
bool layout_choose(struct layout_columns *columns, enum view_id view, const char *names,
		   const char **ret_wrong, size_t *ret_length);

/* Places as many columns as fit into `width` cells; what is left over goes to texts that are longer than their column. A column of pods
 * or namespaces is left out while no row has any. */
void layout_make(struct layout *layout, const struct layout_columns *columns, enum view_id view,
		 const struct rows *rows, unsigned int width);
