/* SPDX-License-Identifier: Apache-2.0 */
#include "api/json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "base/number.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

/* Some thousand times in an answer: one look at the room there is for all of it. */
static void begin_value(struct json *json, const char *name)
{
	size_t size = name ? strlen(name) : 0;
	char *at;

	if (!buffer_reserve(json->out, size + 4))
		return;
	at = json->out->data + json->out->size;
	if (json->needs_comma)
		*at++ = ',';
	json->needs_comma = true;
	if (name) {
		*at++ = '"';
		memcpy(at, name, size);
		at += size;
		*at++ = '"';
		*at++ = ':';
	}
	json->out->size = (size_t)(at - json->out->data);
}

static void begin_group(struct json *json, const char *name, const char *bracket)
{
	begin_value(json, name);
	buffer_add(json->out, bracket, 1);
	json->needs_comma = false;
}

static void end_group(struct json *json, const char *bracket)
{
	buffer_add(json->out, bracket, 1);
	json->needs_comma = true;
}

void json_begin_object(struct json *json, const char *name)
{
	begin_group(json, name, "{");
}

void json_end_object(struct json *json)
{
	end_group(json, "}");
}

void json_begin_array(struct json *json, const char *name)
{
	begin_group(json, name, "[");
}

void json_end_array(struct json *json)
{
	end_group(json, "]");
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_escaped(struct buffer *out, unsigned char c)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
		if (letters[i] == (char)c) {
			buffer_add(out, (char[]){ '\\', letters[i + 1] }, 2);
			return;
		}
	}
	buffer_printf(out, "\\u%04x", c);
}

static void add_quoted(struct json *json, const char *text)
{
	size_t room = json->text_limit ?: SIZE_MAX;

	buffer_add(json->out, "\"", 1);
	while (*text) {
		size_t size = 0;

		while (size < room && is_plain((unsigned char)text[size]))
			size++;
		buffer_add(json->out, text, size);
		text += size;
		room -= size;
		if (!*text || room == 0)
			break;
		if ((unsigned char)*text < 0x80) {
			add_escaped(json->out, (unsigned char)*text++);
			room--;
			continue;
		}
		size = utf8_size(text);
		if ((size ?: UTF8_REPLACEMENT_SIZE) > room)
			break;
		if (size > 0)
			buffer_add(json->out, text, size);
		else
			buffer_add(json->out, UTF8_REPLACEMENT, UTF8_REPLACEMENT_SIZE);
		room -= size ?: UTF8_REPLACEMENT_SIZE;
		text += size ?: 1;
	}
	buffer_add(json->out, "\"", 1);
}

void json_text(struct json *json, const char *name, const char *text)
{
	begin_value(json, name);
	add_quoted(json, text);
}

void json_key(struct json *json, const char *text)
{
	begin_value(json, NULL);
	add_quoted(json, text);
	buffer_add(json->out, ":", 1);
	json->needs_comma = false;
}

void json_fixed(struct json *json, const char *name, uint64_t value, unsigned int decimals)
{
	begin_value(json, name);
	if (buffer_reserve(json->out, NUMBER_SIZE))
		json->out->size = (size_t)(number_put(json->out->data + json->out->size, value, decimals) -
					   json->out->data);
}

struct step {
	double below, scale;
	unsigned int decimals;
};

/* So that value * scale is below 2^53. */
static const struct step exact_steps[] = {
	{ 1e-3, 1e15, 15 }, { 1, 1e12, 12 }, { 1e3, 1e9, 9 }, { 1e6, 1e6, 6 }, { 1e12, 1e3, 3 },
};
static const struct step float_steps[] = {
	{ 1e-3, 1e10, 10 },
	{ 1, 1e7, 7 },
	{ 1e3, 1e4, 4 },
	{ 1e6, 1e1, 1 },
};

static void add_number(struct json *json, const char *name, double value, const struct step *steps,
		       size_t step_count)
{
	struct step step = { .scale = 1 };

	if (!isfinite(value)) {
		if (!name)
			json_null(json, NULL);
		return;
	}
	if (fabs(value) >= EXACT_MAX) {
		begin_value(json, name);
		buffer_printf(json->out, "%.17g", value);
		return;
	}
	if (value < 0) {
		begin_value(json, name);
		buffer_add(json->out, "-", 1);
		json->needs_comma = false;
		name = NULL;
	}
	value = fabs(value);
	while (step_count-- > 0) {
		if (value < steps[step_count].below)
			step = steps[step_count];
	}
	json_fixed(json, name, (uint64_t)llround(value * step.scale), step.decimals);
}

void json_number(struct json *json, const char *name, double value)
{
	add_number(json, name, value, exact_steps, sizeof(exact_steps) / sizeof(exact_steps[0]));
}

void json_float(struct json *json, const char *name, float value)
{
	add_number(json, name, (double)value, float_steps, sizeof(float_steps) / sizeof(float_steps[0]));
}

void json_flag(struct json *json, const char *name, bool value)
{
	begin_value(json, name);
	buffer_add_string(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *name)
{
	begin_value(json, name);
	buffer_add_string(json->out, "null");
}
