/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What can be looked at (views.def) and what of it is shown (columns.def). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "top/format.h"

#define SCOPE_NONE 0
#define SCOPE_POD 1       /* namespace and pod */
#define SCOPE_CONTAINER 2 /* and container */
#define SCOPE_PROGRAM 3   /* and program */
#define SCOPE_PROCESS 4   /* a pid */

enum view_id {
#define VIEW(id, name, key, path, names, scope, enter, sort, title) VIEW_##id,
#include "views.def"
#undef VIEW
	VIEWS,
	VIEW_NONE = VIEWS,
};

struct view {
	const char *name, *title;
	char key;
	const char *path;
	const char *names; /* separated by commas */
	unsigned int scope;
	enum view_id enter;
	const char *sort;
};

extern const struct view views[VIEWS];

enum column_shown { ALWAYS, WIDE, ASKED };
#define VIEW_WIDE 120 /* cells from which columns of WIDE are shown */

struct column {
	uint32_t views;
	const char *field, *heading;
	unsigned int width;
	enum format format;
	char key;
	enum column_shown shown;
};

/* Views by --view NAME, or an unambiguous beginning of it, or by key; VIEW_NONE. */
enum view_id view_by_name(const char *name);
enum view_id view_by_key(int key);
/* The name of number `n` of its names; *ret_length 0 behind the last. */
const char *view_name(enum view_id view, unsigned int n, size_t *ret_length);

/* The columns of a view, in order: call with *position = 0 at first; NULL behind the last. */
const struct column *view_column(enum view_id view, size_t *position);
/* By field, by heading, by what people call it (name, cpu, memory, disk, time), or by the key that sorts by it. NULL: the view has no such column. */
const struct column *view_column_by_name(enum view_id view, const char *name, size_t length);
const struct column *view_column_by_key(enum view_id view, int key);
size_t view_column_index(const struct column *column); /* among all columns, below VIEW_COLUMNS_MAX */
#define VIEW_COLUMNS_MAX 128
