/* SPDX-License-Identifier: Apache-2.0 */
#include "top/rows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "top/items.h"
#include "top/scope.h"

static uint64_t key_of(const json_t *item, enum view_id view)
{
	char key[ITEMS_KEY_SIZE];
	uint64_t hash = 14695981039346656037ULL + view;

	items_key(item, view, key, sizeof(key));
	for (const char *byte = key; *byte; byte++)
		hash = (hash ^ (unsigned char)*byte) * 1099511628211ULL; /* FNV-1a */
	return hash;
}

static bool matches(const json_t *item, enum view_id view, const char *filter)
{
	bool inverse = filter[0] == '!', found = false;
	size_t length;
	const char *name;

	filter += inverse;
	if (!filter[0])
		return true;
	for (unsigned int n = 0; !found && (name = view_name(view, n, &length), length > 0); n++) {
		const json_t *value = json_object_getn(item, name, length);
		char number[32];

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		if (json_is_string(value))
			found = strcasestr(json_string_value(value), filter);
		else if (json_is_integer(value))
			found = strstr(number, filter);
	}
	return found != inverse;
}

const char *rows_name(const struct row *row)
{
	const struct column *column = view_column_by_name(row->kind,
							  row->kind == VIEW_PODS       ? "pod" :
							  row->kind == VIEW_CONTAINERS ? "container" :
											 "program",
							  row->kind == VIEW_PODS       ? 3 :
							  row->kind == VIEW_CONTAINERS ? 9 :
											 7);

	return (column ? items_text(row->item, column) : NULL) ?: "";
}

static bool add_row(struct rows *rows, const struct rows_choice *choice, json_t *item, enum view_id kind)
{
	struct row *row = &rows->row[rows->count];

	if (!json_is_object(item))
		return false;
	*row = (struct row){
		.item = item,
		.kind = kind,
		.key = key_of(item, kind),
		.number = items_number(item, choice->sort),
		.matches = matches(item, kind, choice->filter),
	};
	row->text = strcmp(choice->sort->field, "tree") == 0 ? rows_name(row) :
							       items_text(item, choice->sort);
	rows->count++;
	return true;
}

static int reserve(struct rows *rows, size_t count)
{
	struct row *row = reallocarray(rows->row, count + 1, sizeof(*row));

	if (!row)
		return -ENOMEM;
	rows->row = row;
	rows->count = 0;
	return 0;
}

static int compare_names(const struct row *a, const struct row *b)
{
	char name_a[ITEMS_KEY_SIZE], name_b[ITEMS_KEY_SIZE];

	items_key(a->item, a->kind, name_a, sizeof(name_a));
	items_key(b->item, b->kind, name_b, sizeof(name_b));
	return strcmp(name_a, name_b);
}

static int compare_rows(const void *first, const void *second, void *context)
{
	const struct rows_choice *choice = context;
	const struct row *a = first, *b = second;
	bool known_a = !isnan(a->number) || a->text, known_b = !isnan(b->number) || b->text;
	int order;

	if (known_a != known_b)
		return known_a ? -1 : 1;
	if (!isnan(a->number) && !isnan(b->number))
		order = (a->number > b->number) - (a->number < b->number);
	else
		order = a->text && b->text ? strcasecmp(a->text, b->text) : !a->text - !b->text;
	if (order)
		return choice->descending ? -order : order;
	return compare_names(a, b);
}

int rows_build(struct rows *rows, const struct rows_choice *choice, json_t *list)
{
	json_t *item;
	size_t i;
	int error = reserve(rows, json_array_size(list));

	if (error)
		return error;
	json_array_foreach(list, i, item)
	{
		if (scope_matches(item, choice->scope) && add_row(rows, choice, item, choice->view))
			rows->count -= !rows->row[rows->count - 1].matches;
	}
	qsort_r(rows->row, rows->count, sizeof(*rows->row), compare_rows, (void *)choice);
	return 0;
}

/* ---- the tree ----------------------------------------------------------------------------------------------------- */

/* "namespace pod [container]", by which a row finds what it is part of */
static void part_key(const json_t *item, bool container, char *key, size_t size)
{
	const char *namespace = json_string_value(json_object_get(item, "namespace"));
	const char *pod = json_string_value(json_object_get(item, "pod"));

	snprintf(key, size, "%s\x1f%s\x1f%s", namespace ?: "", pod ?: "",
		 container ? json_string_value(json_object_get(item, "container")) ?: "" : "\x1f");
}

static void add_list(struct rows *rows, const struct rows_choice *choice, json_t *list, enum view_id kind,
		     json_t *index)
{
	char key[ITEMS_KEY_SIZE];
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct row *row;

		if (!add_row(rows, choice, item, kind))
			continue;
		row = &rows->row[rows->count - 1];
		if (kind != VIEW_PODS) {
			part_key(item, kind == VIEW_PROGRAMS, key, sizeof(key));
			row->parent = (size_t)json_integer_value(json_object_get(index, key));
			/* names with separators, or longer than a key, must not make a chain as deep as the list is long */
			if (row->parent && rows->row[row->parent - 1].kind == kind)
				row->parent = 0;
		}
		if (kind != VIEW_PROGRAMS) {
			part_key(item, kind == VIEW_CONTAINERS, key, sizeof(key));
			json_object_set_new(index, key, json_integer((json_int_t)rows->count));
		}
	}
}

static bool is_folded(const struct rows_choice *choice, uint64_t key)
{
	for (size_t i = 0; i < choice->folded_count; i++)
		if (choice->folded[i] == key)
			return true;
	return false;
}

/* What leads to a match is kept, and what is below one; parents stand before their children. */
static void spread_matches(struct rows *rows, const struct rows_choice *choice)
{
	bool inverse = choice->filter[0] == '!';

	for (size_t i = 0; i < rows->count; i++)
		if (rows->row[i].parent && !inverse)
			rows->row[i].matches |= rows->row[rows->row[i].parent - 1].matches;
	for (size_t i = rows->count; i-- > 0;)
		if (rows->row[i].parent && rows->row[i].matches)
			rows->row[rows->row[i].parent - 1].matches = true;
}

struct tree {
	const struct rows_choice *choice;
	struct row *row;
	struct rows *out;
};

static void emit(struct tree *tree, size_t at, unsigned int depth)
{
	for (; at; at = tree->row[at - 1].next) {
		struct row *row = &tree->row[at - 1];

		if (!row->matches)
			continue;
		row->depth = depth;
		row->has_children = row->child;
		row->is_folded = is_folded(tree->choice, row->key);
		tree->out->row[tree->out->count++] = *row;
		if (!row->is_folded)
			emit(tree, row->child, depth + 1);
	}
}

/* Links children to parents in order: `order` holds indices of `all`, sorted. Returns the first root. */
static size_t link_rows(struct row *all, const size_t *order, size_t count)
{
	size_t roots = 0;

	for (size_t i = count; i-- > 0;) {
		struct row *row = &all[order[i]];
		size_t *list = row->parent ? &all[row->parent - 1].child : &roots;

		row->next = *list;
		*list = order[i] + 1;
	}
	return roots;
}

struct order {
	const struct rows_choice *choice;
	const struct row *row;
};

static int compare_order(const void *a, const void *b, void *context)
{
	const struct order *order = context;

	return compare_rows(&order->row[*(const size_t *)a], &order->row[*(const size_t *)b],
			    (void *)order->choice);
}

int rows_build_tree(struct rows *rows, const struct rows_choice *choice, json_t *pods, json_t *containers,
		    json_t *programs)
{
	size_t count = json_array_size(pods) + json_array_size(containers) + json_array_size(programs);
	_cleanup_(cleanup_free) size_t *sorted = calloc(count + 1, sizeof(*sorted));
	struct rows all = {};
	json_t *index;
	int error = sorted ? reserve(rows, count) : -ENOMEM;

	if (!error)
		error = reserve(&all, count);
	if (error)
		return error;
	index = json_object();
	add_list(&all, choice, pods, VIEW_PODS, index);
	add_list(&all, choice, containers, VIEW_CONTAINERS, index);
	add_list(&all, choice, programs, VIEW_PROGRAMS, index);
	json_decref(index);
	spread_matches(&all, choice);
	for (size_t i = 0; i < all.count; i++)
		sorted[i] = i;
	qsort_r(sorted, all.count, sizeof(*sorted), compare_order,
		&(struct order){ .choice = choice, .row = all.row });
	emit(&(struct tree){ choice, all.row, rows }, link_rows(all.row, sorted, all.count), 0);
	rows_done(&all);
	return 0;
}

void rows_done(struct rows *rows)
{
	free(rows->row);
	*rows = (struct rows){};
}

size_t rows_find(const struct rows *rows, uint64_t key)
{
	size_t i = 0;

	while (i < rows->count && rows->row[i].key != key)
		i++;
	return i;
}
