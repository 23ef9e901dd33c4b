/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What is asked: a view, narrowed to some names. A scope is a JSON object of names ({"namespace": "", "container": "web"}), or NULL. */
#include <jansson.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "top/view.h"

#define SCOPE_LIMIT 1000 /* the most that the API gives at once */

/* The scope that an item of `view` gives when it is entered: a new reference. */
json_t *scope_of(enum view_id view, const json_t *item);
/* What of `scope` narrows `view`: a new reference, NULL when nothing does. */
json_t *scope_narrow(enum view_id view, json_t *scope);
/* Whether the item is in the scope; a name that the item does not tell does not exclude it. */
bool scope_matches(const json_t *item, json_t *scope);
/* "container web (shop/web-1)" for the title. */
void scope_describe(struct buffer *text, json_t *scope);

struct scope_part {
	const char *sort; /* field, "-" before it: descending; NULL: as the API likes */
	const char *filter;
	const char *const *fields; /* only these, NULL: all; ends with NULL */
};

/* "/api/v1/containers?limit=1000&..." of at most SCOPE_LIMIT items. `part` may be NULL. */
void scope_path(struct buffer *path, enum view_id view, json_t *scope, const struct scope_part *part);
/* Adds "?name=value" or "&name=value", escaped. */
void scope_add(struct buffer *path, const char *name, const char *value);
