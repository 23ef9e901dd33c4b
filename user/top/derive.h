/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the views show and the API does not say as such: rates of totals, sums of two fields, rows of what is not a list. */
#include <jansson.h>

#include "top/view.h"

/* The items of an answer as it came: a new reference to an array, NULL when the answer has none. */
json_t *derive_list(enum view_id view, json_t *answer);

/* Items to show of `list`; `before`, which may be NULL, is the list `seconds` earlier (or later: negative). A new reference, perhaps
 * to `list` itself; neither list is changed. */
json_t *derive_items(enum view_id view, json_t *list, json_t *before, double seconds);

/* The fields of the API that a column of the view needs: itself, or what it is made of. At most two; returns their number. */
size_t derive_sources(enum view_id view, const char *field, const char *ret_fields[2]);
