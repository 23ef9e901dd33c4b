/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_text.h"

#include <stdbool.h>

/* A tree takes many times the memory of its text ("[[],[],..." 40 times): what may be a value in it is counted first. Commas and
 * brackets inside of strings count too. */
static bool is_bearable(const char *text, size_t size)
{
	size_t values = 0;

	for (size_t i = 0; i < size; i++)
		values += text[i] == ',' || text[i] == '[' || text[i] == '{';
	return values <= JSON_VALUES_MAX;
}

json_t *json_text_parse(const char *text, size_t size, size_t flags)
{
	return is_bearable(text, size) ? json_loadb(text, size, flags, NULL) : NULL;
}
