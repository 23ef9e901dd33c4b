/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a view lists, made of an answer of the API: its items, with what follows from them (rates of totals between two answers, sums,
 * one row per number of the node). Pure: no clock, no terminal. */
#include <jansson.h>
#include <stdbool.h>

#include "top/view.h"

struct items {
	json_t *list;         /* array of objects; NULL before the first answer */
	double time;          /* of the reading, Unix */
	size_t total;         /* in the daemon, perhaps more than listed */
	char note[128];       /* of system calls: how the focus stands */
	json_t *now, *before; /* the two last answers that differ in time; for rates */
	double now_time, before_time;
};

/* Takes another answer of the view. `whole`: it repeats what earlier ones said (files), else events only continue.
 * 0, or -EPROTO: it is not such an answer, and nothing changed. */
int items_take(struct items *items, enum view_id view, json_t *answer, bool whole);
/* Forgets all: another subject, another time. */
void items_clear(struct items *items);

/* The value of a column: a number, NaN where there is none, and text where it is text, else NULL. */
double items_number(const json_t *item, const struct column *column);
const char *items_text(const json_t *item, const struct column *column);
/* What a cell shows. `time`: of the reading, for ages. The result is in `out` or belongs to the item. */
const char *items_cell(const json_t *item, const struct column *column, double time, char out[FORMAT_SIZE]);

/* The names that tell the item from others, as one text; cut at `size`. */
void items_key(const json_t *item, enum view_id view, char *key, size_t size);
#define ITEMS_KEY_SIZE 1024
#define ITEMS_EVENTS_MAX 1024
