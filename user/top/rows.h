/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The lines of a table: which items, in which order, and for the tree under which other. Pure. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "top/view.h"

struct row {
	json_t *item;      /* borrowed from the list that the rows were made of */
	enum view_id kind; /* the view whose item it is; in a tree not all are of the same */
	uint64_t key;      /* of its names: the same thing in the next answer */
	unsigned int depth;
	bool has_children, is_folded;
	/* while they are put in order */
	double number;
	const char *text;
	bool matches;
	size_t parent, child, next; /* 1 + index, 0: none */
};

struct rows {
	struct row *row;
	size_t count;
};

struct rows_choice {
	enum view_id view;
	const struct column *sort;
	bool descending;
	const char *filter;     /* case does not matter; "!" before it: what does not match; "": all */
	json_t *scope;          /* NULL: all */
	const uint64_t *folded; /* keys */
	size_t folded_count;
};

/* What is not known comes last in either order; what is equal is in order of its names. 0 or -ENOMEM. */
int rows_build(struct rows *rows, const struct rows_choice *choice, json_t *list);
/* Pods, below them containers, below them programs. The filter keeps what leads to a match, and what is below one. Any list may be
 * NULL. */
int rows_build_tree(struct rows *rows, const struct rows_choice *choice, json_t *pods, json_t *containers,
		    json_t *programs);
void rows_done(struct rows *rows);

/* Index of the row with this key, rows->count without one. */
size_t rows_find(const struct rows *rows, uint64_t key);
/* The name of a row in a tree. */
const char *rows_name(const struct row *row);
