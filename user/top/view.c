/* SPDX-License-Identifier: Apache-2.0 */
#include "top/view.h"

#include <string.h>
#include <strings.h>

const struct view views[VIEWS] = {
#define VIEW(id, name, key, path, names, scope, enter, sort, title) \
	[VIEW_##id] = { name, title, key, path, names, scope, VIEW_##enter, sort },
#include "views.def"
#undef VIEW
};

#define IN(view) (1u << VIEW_##view)
#define CONTAINED (IN(CONTAINERS) | IN(TREE))            /* what is not told of a pod */
#define ENTITIES (IN(CONTAINERS) | IN(PODS) | IN(TREE))  /* what has cgroup files */
#define WAITING (ENTITIES | IN(PROGRAMS))                /* what is a sum of processes */
#define ACTIVE (ENTITIES | IN(PROGRAMS) | IN(PROCESSES)) /* what runs */

static const struct column columns[] = {
#define COLUMN(views, field, heading, width, format, key, shown) \
	{ views, field, heading, width, FORMAT_##format, key, shown },
#include "columns.def"
#undef COLUMN
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
_Static_assert(COLUMNS <= VIEW_COLUMNS_MAX, "sets of columns are bits of this size");
_Static_assert(VIEWS <= 32, "sets of views are bits");

enum view_id view_by_name(const char *name)
{
	enum view_id found = VIEW_NONE;
	size_t length = strlen(name);

	for (enum view_id id = 0; length > 0 && id < VIEWS; id++) {
		if (strcmp(views[id].name, name) == 0)
			return id;
		if (strncmp(views[id].name, name, length) != 0)
			continue;
		if (found != VIEW_NONE)
			return VIEW_NONE;
		found = id;
	}
	return found;
}

enum view_id view_by_key(int key)
{
	for (enum view_id id = 0; key && id < VIEWS; id++)
		if (views[id].key == key)
			return id;
	return VIEW_NONE;
}

const char *view_name(enum view_id view, unsigned int n, size_t *ret_length)
{
	const char *name = views[view].names;

	for (; n > 0 && *name; n--) {
		name += strcspn(name, ",");
		name += *name == ',';
	}
	*ret_length = strcspn(name, ",");
	return name;
}

const struct column *view_column(enum view_id view, size_t *position)
{
	while (*position < COLUMNS) {
		const struct column *column = &columns[(*position)++];

		if (column->views & 1u << view)
			return column;
	}
	return NULL;
}

/* What people call the columns that every view has a key for. */
static int key_by_name(const char *name, size_t length)
{
	static const struct {
		const char *name;
		char key;
	} names[] = { { "name", 'N' }, { "cpu", 'P' }, { "memory", 'M' }, { "disk", 'D' }, { "time", 'T' } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == length && strncasecmp(names[i].name, name, length) == 0)
			return names[i].key;
	return 0;
}

const struct column *view_column_by_name(enum view_id view, const char *name, size_t length)
{
	const struct column *column;

	for (size_t position = 0; (column = view_column(view, &position));)
		if (strlen(column->field) == length && strncmp(column->field, name, length) == 0)
			return column;
	for (size_t position = 0; (column = view_column(view, &position));)
		if (strlen(column->heading) == length && strncasecmp(column->heading, name, length) == 0)
			return column;
	return view_column_by_key(view, key_by_name(name, length));
}

const struct column *view_column_by_key(enum view_id view, int key)
{
	const struct column *column;

	for (size_t position = 0; key && (column = view_column(view, &position));)
		if (column->key == key)
			return column;
	return NULL;
}

size_t view_column_index(const struct column *column)
{
	return (size_t)(column - columns);
}
