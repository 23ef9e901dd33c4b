/* SPDX-License-Identifier: Apache-2.0 */
#include "top/items.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "top/derive.h"

double items_number(const json_t *item, const struct column *column)
{
	const json_t *value = json_object_get(item, column->field);

	/* sorted as the number that the text was made of */
	if (json_is_string(value) && strcmp(column->field, "shown") == 0)
		value = json_object_get(item, "value");
	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Who has no name: the sandbox of a pod, or what is in no container. */
static const char *nameless(const json_t *item)
{
	const char *pod = json_string_value(json_object_get(item, "pod"));
	const char *kind = json_string_value(json_object_get(item, "kind"));

	if (pod && pod[0])
		return "(sandbox)";
	return kind && strcmp(kind, "host") != 0 && kind[0] ? kind : "(host)";
}

const char *items_text(const json_t *item, const struct column *column)
{
	const char *text = json_string_value(json_object_get(item, column->field));

	if (text && !text[0] && strcmp(column->field, "container") == 0)
		return nameless(item);
	return text;
}

const char *items_cell(const json_t *item, const struct column *column, double time, char out[FORMAT_SIZE])
{
	const json_t *value = json_object_get(item, column->field);
	const char *text = items_text(item, column);
	double number;

	if (text)
		return text;
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	number = json_is_number(value) ? json_number_value(value) : NAN;
	if (column->format == FORMAT_TEXT && isnan(number))
		return "";
	if (column->format == FORMAT_AGE)
		number = time > number ? time - number : 0 * number; /* NaN stays */
	format_number(out, column->format, number);
	return out;
}

void items_key(const json_t *item, enum view_id view, char *key, size_t size)
{
	size_t length, used = 0;
	const char *name;

	key[0] = '\0';
	for (unsigned int n = 0; (name = view_name(view, n, &length)), length > 0; n++) {
		const json_t *value = json_object_getn(item, name, length);
		int more;

		if (json_is_string(value))
			more = snprintf(key + used, size - used, "%s\x1f", json_string_value(value));
		else if (json_is_integer(value))
			more = snprintf(key + used, size - used, "%lld\x1f",
					(long long)json_integer_value(value));
		else
			more = snprintf(key + used, size - used, "\x1f");
		used += more > 0 ? (size_t)more : 0;
		if (used >= size - 1)
			return;
	}
}

static void keep_last(struct items *items, size_t most)
{
	size_t size = json_array_size(items->list);
	json_t *last;

	if (size <= most)
		return;
	last = json_array();
	for (size_t i = size - most; i < size; i++)
		json_array_append(last, json_array_get(items->list, i));
	json_decref(items->list);
	items->list = last;
}

/* Events go on from what is there, unless the numbers begin again (another daemon) or the answer says all. */
static void take_events(struct items *items, json_t *list, const json_t *answer, bool whole)
{
	size_t count = json_array_size(items->list);
	json_int_t last = count ? json_integer_value(json_object_get(json_array_get(items->list, count - 1),
								     "sequence")) :
				  0;
	const json_t *newest = json_object_get(answer, "newest");
	json_t *event;
	size_t i;

	if (whole || !items->list || (json_is_integer(newest) && json_integer_value(newest) < last)) {
		json_decref(items->list);
		items->list = json_array();
		last = 0;
	}
	json_array_foreach(list, i, event) if (json_integer_value(json_object_get(event, "sequence")) > last)
		json_array_append(items->list, event);
	keep_last(items, ITEMS_EVENTS_MAX);
}

/* Answers of the same reading are one: there is no rate between them. */
static void remember(struct items *items, json_t *list, double time)
{
	if (items->now && time != items->now_time) {
		json_decref(items->before);
		items->before = items->now;
		items->before_time = items->now_time;
		items->now = NULL;
	}
	json_decref(items->now);
	items->now = json_incref(list);
	items->now_time = time;
}

/* "on", "off: too old a kernel" */
static void take_note(struct items *items, const json_t *answer)
{
	const char *focus = json_string_value(json_object_get(answer, "focus"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));

	snprintf(items->note, sizeof(items->note), "%s%s%s", focus ?: "",
		 focus && reason && reason[0] ? ": " : "", focus && reason ? reason : "");
}

int items_take(struct items *items, enum view_id view, json_t *answer, bool whole)
{
	const json_t *total = json_object_get(answer, "total"), *time = json_object_get(answer, "time");
	json_t *list = derive_list(view, answer), *shown;

	if (!list)
		return -EPROTO;
	items->time = json_number_value(time);
	remember(items, list, items->time);
	shown = derive_items(view, list, items->before, items->now_time - items->before_time);
	if (view == VIEW_EVENTS) {
		take_events(items, shown, answer, whole);
		json_decref(shown);
	} else {
		json_decref(items->list);
		items->list = shown;
	}
	items->total = json_is_integer(total) ? (size_t)json_integer_value(total) :
						json_array_size(items->list);
	take_note(items, answer);
	json_decref(list);
	return 0;
}

void items_clear(struct items *items)
{
	json_decref(items->list);
	json_decref(items->now);
	json_decref(items->before);
	*items = (struct items){};
}
