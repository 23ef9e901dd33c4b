/* SPDX-License-Identifier: Apache-2.0 */
#include "top/scope.h"

#include <stdio.h>
#include <string.h>

/* Fields of a scope, from wide to narrow, and the scope that ends with them. */
static const struct {
	const char *field;
	unsigned int scope;
} names[] = {
	{ "namespace", SCOPE_POD },   { "pod", SCOPE_POD },     { "container", SCOPE_CONTAINER },
	{ "program", SCOPE_PROGRAM }, { "pid", SCOPE_PROCESS },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

json_t *scope_of(enum view_id view, const json_t *item)
{
	json_t *scope = json_object();

	(void)view;
	for (size_t i = 0; i < NAMES; i++) {
		json_t *value = json_object_get(item, names[i].field);

		if (json_is_string(value) || json_is_integer(value))
			json_object_set(scope, names[i].field, value);
	}
	return scope;
}

json_t *scope_narrow(enum view_id view, json_t *scope)
{
	json_t *narrow = json_object();

	for (size_t i = 0; i < NAMES; i++) {
		json_t *value = json_object_get(scope, names[i].field);

		if (value && names[i].scope <= views[view].scope)
			json_object_set(narrow, names[i].field, value);
	}
	if (json_object_size(narrow) > 0)
		return narrow;
	json_decref(narrow);
	return NULL;
}

bool scope_matches(const json_t *item, json_t *scope)
{
	const char *name;
	json_t *value;

	json_object_foreach(scope, name, value)
	{
		const json_t *own = json_object_get(item, name);

		if (own && !json_equal(own, value))
			return false;
	}
	return true;
}

static const char *name_in(json_t *scope, const char *field)
{
	return json_string_value(json_object_get(scope, field));
}

void scope_describe(struct buffer *text, json_t *scope)
{
	const char *container = name_in(scope, "container"), *pod = name_in(scope, "pod");
	const char *namespace = name_in(scope, "namespace"), *program = name_in(scope, "program");
	json_t *pid = json_object_get(scope, "pid");

	if (pid)
		buffer_printf(text, " of process %lld", (long long)json_integer_value(pid));
	if (program)
		buffer_printf(text, pid ? " (%s)" : " of program %s", program);
	if (container && container[0])
		buffer_printf(text, program ? " in %s" : " of container %s", container);
	else if (container)
		buffer_add_string(text, pod && pod[0] ? " of the sandbox" :
					program       ? " of the host" :
							" of the host itself");
	if (pod && pod[0])
		buffer_printf(text, container ? " (%s/%s)" : " of pod %s/%s", namespace ?: "", pod);
}

void scope_add(struct buffer *path, const char *name, const char *value)
{
	buffer_add(path, path->size && memchr(path->data, '?', path->size) ? "&" : "?", 1);
	buffer_add_string(path, name);
	buffer_add(path, "=", 1);
	for (; *value; value++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~,", *value))
			buffer_add(path, value, 1);
		else
			buffer_printf(path, "%%%02X", (unsigned char)*value);
	}
}

static void add_fields(struct buffer *path, const char *const *fields)
{
	struct buffer list = {};

	for (; *fields; fields++) {
		if (list.size)
			buffer_add(&list, ",", 1);
		buffer_add_string(&list, *fields);
	}
	buffer_add(&list, "", 1);
	if (!list.failed)
		scope_add(path, "fields", list.data);
	buffer_done(&list);
}

/* Whether the path gives a list with the parameters that all lists have. */
static bool is_list(enum view_id view)
{
	return view != VIEW_NODE && view != VIEW_SELF && view != VIEW_THREADS && view != VIEW_SYSCALLS &&
	       view != VIEW_EVENTS;
}

void scope_path(struct buffer *path, enum view_id view, json_t *scope, const struct scope_part *part)
{
	const char *name;
	json_t *value;

	buffer_add_string(path, views[view].path);
	json_object_foreach(scope, name, value)
	{
		char number[32];

		/* a pid says it all */
		if (view == VIEW_THREADS ? strcmp(name, "pid") != 0 : view == VIEW_EVENTS)
			continue;
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		scope_add(path, name, json_is_string(value) ? json_string_value(value) : number);
	}
	if (!is_list(view))
		return;
	scope_add(path, "limit", "1000");
	if (part && part->sort)
		scope_add(path, "sort", part->sort);
	if (part && part->filter && part->filter[0] && part->filter[0] != '!')
		scope_add(path, "filter", part->filter);
	if (part && part->fields)
		add_fields(path, part->fields);
}
