/* SPDX-License-Identifier: Apache-2.0 */
#include "top/derive.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "top/flatten.h"
#include "top/items.h"

static const struct rule {
	enum view_id view;
	const char *from, *other; /* `other` NULL: a rate */
	const char *to;
} rules[] = {
#define RATE(view, from, to) { VIEW_##view, from, NULL, to },
#define SUM(view, a, b, to) { VIEW_##view, a, b, to },
#include "derive.def"
#undef RATE
#undef SUM
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* System calls, and behind them the errors by number: rows without calls. */
static json_t *list_syscalls(json_t *answer)
{
	json_t *list = json_copy(json_object_get(answer, "items")), *error;
	size_t i;

	json_array_foreach(json_object_get(answer, "errors"), i, error)
	{
		json_t *row = json_copy(error);

		json_object_set_new(row, "syscall", json_string("(all)"));
		json_array_append_new(list, row);
	}
	return list;
}

json_t *derive_list(enum view_id view, json_t *answer)
{
	json_t *list = json_object_get(answer, "items");

	if (view == VIEW_NODE)
		return json_is_object(answer) ? flatten_node(answer) : NULL;
	if (view == VIEW_SELF)
		list = json_object_get(answer, "values");
	if (view == VIEW_SYSCALLS && json_is_array(list))
		return list_syscalls(answer);
	return json_is_array(list) ? json_incref(list) : NULL;
}

static double number_of(const json_t *item, const char *field)
{
	const char *dot = strchr(field, '.');
	const json_t *value = dot ? json_object_get(json_object_getn(item, field, (size_t)(dot - field)),
						    dot + 1) :
				    json_object_get(item, field);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Items by their key; a new reference. */
static json_t *index_items(enum view_id view, json_t *list)
{
	json_t *index = json_object(), *item;
	char key[ITEMS_KEY_SIZE];
	size_t i;

	json_array_foreach(list, i, item)
	{
		items_key(item, view, key, sizeof(key));
		json_object_set(index, key, item);
	}
	return index;
}

static void apply_rule(const struct rule *rule, json_t *item, json_t *earlier, double seconds)
{
	double value;

	/* what the API says itself is better than what follows from two answers */
	if (json_is_number(json_object_get(item, rule->to)))
		return;
	if (rule->other) {
		double a = number_of(item, rule->from), b = number_of(item, rule->other);

		value = isnan(a) ? b : isnan(b) ? a : a + b;
	} else {
		value = (number_of(item, rule->from) - number_of(earlier, rule->from)) / seconds;
	}
	/* a total that went back began again: nothing is known about it */
	if (isfinite(value) && value >= 0)
		json_object_set_new(item, rule->to, json_real(value));
}

/* {"a": 1, "b": "x"} as "a=1 b=x" */
static void set_text(json_t *item, const char *from, const char *to)
{
	struct buffer text = {};
	json_t *value;
	const char *name;

	json_object_foreach(json_object_get(item, from), name, value)
	{
		if (json_is_object(value) || json_is_array(value) || json_is_null(value))
			continue;
		buffer_printf(&text, text.size ? " %s=" : "%s=", name);
		if (json_is_string(value))
			buffer_add_string(&text, json_string_value(value));
		else if (json_is_boolean(value))
			buffer_add_string(&text, json_is_true(value) ? "yes" : "no");
		else
			buffer_printf(&text, "%.10g", json_number_value(value));
	}
	if (text.size && !text.failed)
		json_object_set_new(item, to, json_stringn(text.data, text.size));
	buffer_done(&text);
}

/* Who it is as "pod/container", or the address of what is not known. */
static void set_peer(json_t *item)
{
	const char *kind = json_string_value(json_object_get(item, "peer_kind")) ?: "";
	const char *pod = json_string_value(json_object_get(item, "peer_pod")) ?: "";
	const char *container = json_string_value(json_object_get(item, "peer_container")) ?: "";
	json_t *address = json_object_get(item, "peer_address");

	if (strcmp(kind, "host") == 0)
		json_object_set_new(item, "peer", json_string("(host)"));
	else if (*pod || *container)
		json_object_set_new(item, "peer",
				    json_sprintf("%s%s%s", pod, *pod && *container ? "/" : "", container));
	else if (address)
		json_object_set(item, "peer", address);
}

static void set_shown(json_t *item)
{
	char text[FORMAT_SIZE];
	const char *name = json_string_value(json_object_get(item, "name"));

	format_number(text, format_of_field(name ?: ""), number_of(item, "value"));
	json_object_set_new(item, "shown", json_string(text));
}

static void add_fields(enum view_id view, json_t *item)
{
	switch (view) {
	case VIEW_EVENTS:
		set_text(item, "detail", "about");
		break;
	case VIEW_SELF:
		set_text(item, "labels", "labels");
		set_shown(item);
		break;
	case VIEW_CONNECTIONS:
		set_peer(item);
		break;
	default:
		break;
	}
}

static bool is_derived(enum view_id view)
{
	for (size_t i = 0; i < RULES; i++)
		if (rules[i].view == view)
			return true;
	return view == VIEW_EVENTS;
}

json_t *derive_items(enum view_id view, json_t *list, json_t *before, double seconds)
{
	json_t *shown, *index, *item;
	char key[ITEMS_KEY_SIZE];
	size_t i;

	if (!is_derived(view))
		return json_incref(list);
	shown = json_array();
	index = index_items(view, before);
	json_array_foreach(list, i, item)
	{
		json_t *copy = json_copy(item);

		items_key(item, view, key, sizeof(key));
		add_fields(view, copy);
		for (size_t r = 0; r < RULES; r++)
			if (rules[r].view == view)
				apply_rule(&rules[r], copy, json_object_get(index, key), seconds);
		json_array_append_new(shown, copy);
	}
	json_decref(index);
	return shown;
}

size_t derive_sources(enum view_id view, const char *field, const char *ret_fields[2])
{
	ret_fields[0] = field;
	for (size_t i = 0; i < RULES; i++) {
		if (rules[i].view != view || strcmp(rules[i].to, field) != 0)
			continue;
		ret_fields[0] = rules[i].from;
		ret_fields[1] = rules[i].other;
		return rules[i].other ? 2 : 1;
	}
	return 1;
}
