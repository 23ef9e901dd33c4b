/* SPDX-License-Identifier: Apache-2.0 */
#include "top/flatten.h"

#include <stdio.h>
#include <string.h>

#include "top/format.h"

#define DEPTH_MAX 4
#define SUBJECT_SIZE 96

static void flatten_object(json_t *rows, const char *subject, const json_t *object, unsigned int depth);

static void add_row(json_t *rows, const char *subject, const char *name, const json_t *value)
{
	char text[FORMAT_SIZE];
	json_t *row;

	if (json_is_string(value))
		row = json_pack("{s:i, s:s, s:s, s:O}", "order", (int)json_array_size(rows), "subject",
				subject, "name", name, "shown", value);
	else if (json_is_boolean(value))
		row = json_pack("{s:i, s:s, s:s, s:s}", "order", (int)json_array_size(rows), "subject",
				subject, "name", name, "shown", json_is_true(value) ? "yes" : "no");
	else {
		format_number(text, strcmp(name, "time") == 0 ? FORMAT_TIME : format_of_field(name),
			      json_number_value(value));
		row = json_pack("{s:i, s:s, s:s, s:s, s:O}", "order", (int)json_array_size(rows), "subject",
				subject, "name", name, "shown", text, "value", value);
	}
	if (row) /* NULL: the subject was cut inside a character */
		json_array_append_new(rows, row);
}

/* "disks" of a device sda: "disk sda" */
static void flatten_list(json_t *rows, const char *name, const json_t *list, unsigned int depth)
{
	static const char *const names[] = { "device", "interface", "name" };
	size_t i, length = strlen(name);
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *own = NULL;
		char subject[SUBJECT_SIZE];

		for (size_t n = 0; !own && n < sizeof(names) / sizeof(names[0]); n++)
			own = json_string_value(json_object_get(item, names[n]));
		snprintf(subject, sizeof(subject), "%.*s %s",
			 (int)(length - (length > 1 && name[length - 1] == 's')), name, own ?: "");
		flatten_object(rows, subject, item, depth + 1);
	}
}

static void flatten_object(json_t *rows, const char *subject, const json_t *object, unsigned int depth)
{
	json_t *value;
	const char *name;

	if (depth >= DEPTH_MAX)
		return;
	json_object_foreach((json_t *)object, name, value)
	{
		if (json_is_object(value))
			flatten_object(rows, name, value, depth + 1);
		else if (json_is_array(value))
			flatten_list(rows, name, value, depth);
		else if (!json_is_null(value))
			add_row(rows, subject, name, value);
	}
}

json_t *flatten_node(const json_t *node)
{
	json_t *rows = json_array();

	flatten_object(rows, "node", node, 0);
	return rows;
}
