/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * JSON written piece by piece, on one line. `name` is the member's name, one of ours, which needs no escaping; NULL for elements of
 * an array and for the outermost value. Texts may be any bytes: they come out as valid UTF-8, escaped. Out of memory is remembered
 * by the buffer.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct json {
	struct buffer *out;
	bool needs_comma;
	size_t text_limit; /* bytes of a text, whole characters; 0: no limit */
};

void json_begin_object(struct json *json, const char *name);
void json_end_object(struct json *json);
void json_begin_array(struct json *json, const char *name);
void json_end_array(struct json *json);

void json_text(struct json *json, const char *name, const char *text);
/* A member whose name is as foreign as a text may be. */
void json_key(struct json *json, const char *text);
/* At least nine significant digits, whole numbers below 2^53 exactly. What is not finite is absent: a member is left out, an
 * element is null. */
void json_number(struct json *json, const char *name, double value);
/* The same with at least six digits, for what a float holds. */
void json_float(struct json *json, const char *name, float value);
/* `value` / 10^decimals, exactly. */
void json_fixed(struct json *json, const char *name, uint64_t value, unsigned int decimals);
void json_flag(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);
