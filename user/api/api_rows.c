/* SPDX-License-Identifier: Apache-2.0 */
/* Selection before sorting: a page of 100 out of 10,000 costs a few passes over them, not a sort of all. */
#include "api/api_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256
#define SMALL 32 /* rows that are sorted at once */

bool api_rows_add(struct api_rows *rows, const struct api_row *row)
{
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? rows->capacity * 2 : FIRST_CAPACITY;
		struct api_row *list = reallocarray(rows->rows, capacity, sizeof(*list));

		if (!list)
			return false;
		rows->rows = list;
		rows->capacity = capacity;
	}
	rows->rows[rows->count++] = *row;
	return true;
}

void api_rows_done(struct api_rows *rows)
{
	free(rows->rows);
	*rows = (struct api_rows){};
}

static int compare_numbers(const struct api_rows *rows, double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return rows->is_descending ? (a < b) - (a > b) : (a > b) - (a < b);
}

static int compare_texts(const struct api_rows *rows, const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return rows->is_descending ? strcmp(b, a) : strcmp(a, b);
}

static int compare(const void *one, const void *other, void *context)
{
	const struct api_row *a = one, *b = other;
	const struct api_rows *rows = context;
	int order = rows->is_text ? compare_texts(rows, a->text, b->text) :
				    compare_numbers(rows, a->number, b->number);

	return order ?: (a->order > b->order) - (a->order < b->order);
}

static void swap(struct api_row *a, struct api_row *b)
{
	struct api_row old = *a;

	*a = *b;
	*b = old;
}

/* The middle one of three, so that rows in order, or in reverse, are no bad case. */
static void choose_pivot(struct api_rows *rows, size_t begin, size_t end)
{
	struct api_row *first = &rows->rows[begin], *middle = &rows->rows[begin + (end - begin) / 2],
		       *last = &rows->rows[end - 1];

	if (compare(middle, first, rows) < 0)
		swap(middle, first);
	if (compare(last, first, rows) < 0)
		swap(last, first);
	if (compare(last, middle, rows) < 0)
		swap(last, middle);
	swap(middle, last); /* the pivot waits at the end */
}

/* Puts what comes before the pivot in front of it; returns its place. */
static size_t partition(struct api_rows *rows, size_t begin, size_t end)
{
	struct api_row *list = rows->rows;
	size_t place = begin;

	choose_pivot(rows, begin, end);
	for (size_t i = begin; i + 1 < end; i++) {
		if (compare(&list[i], &list[end - 1], rows) < 0)
			swap(&list[i], &list[place++]);
	}
	swap(&list[place], &list[end - 1]);
	return place;
}

/* Afterwards no row before `wanted` comes after one from there on. */
static void divide(struct api_rows *rows, size_t wanted)
{
	size_t begin = 0, end = rows->count;

	/* With pivots as bad as can be it would last for ever: a list that is made for that is sorted as a whole. */
	for (int rounds = 64; end - begin > SMALL && rounds > 0; rounds--) {
		size_t place = partition(rows, begin, end);

		if (place == wanted)
			return;
		if (place < wanted)
			begin = place + 1;
		else
			end = place;
	}
	qsort_r(rows->rows + begin, end - begin, sizeof(*rows->rows), compare, rows);
}

void api_rows_sort(struct api_rows *rows, size_t begin, size_t end)
{
	if (end > rows->count)
		end = rows->count;
	if (begin >= end)
		return;
	if (begin > 0)
		divide(rows, begin);
	if (end < rows->count) {
		struct api_rows rest = *rows;

		rest.rows += begin;
		rest.count -= begin;
		divide(&rest, end - begin);
	}
	qsort_r(rows->rows + begin, end - begin, sizeof(*rows->rows), compare, rows);
}
