/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* JSON from outside, taken for hostile. */
#include <jansson.h>
#include <stddef.h>

#define JSON_VALUES_MAX 262144 /* in one text; the tree of one takes up to 300 bytes each */

/* The tree of a text, NULL when it is refused: no JSON, more than JSON_VALUES_MAX values, or out of memory. `flags` are jansson's. To
 * be let go with json_decref(). */
json_t *json_text_parse(const char *text, size_t size, size_t flags);
