/* SPDX-License-Identifier: Apache-2.0 */
#include "http/query.h"

#include <string.h>

#include "http/http_url.h"

static bool decode(char *text)
{
	bool is_valid;

	for (char *at = strchr(text, '+'); at; at = strchr(at, '+'))
		*at = ' ';
	http_url_decode(text, &is_valid);
	return is_valid;
}

bool query_parse(char *text, struct query_parameter parameters[QUERY_PARAMETERS_MAX], struct query *ret_query)
{
	*ret_query = (struct query){ .parameters = parameters };
	while (*text) {
		char *end = text + strcspn(text, "&"), *next = *end ? end + 1 : end, *value;

		*end = '\0';
		value = text + strcspn(text, "=");
		if (*value)
			*value++ = '\0';
		if (*text || *value) {
			if (ret_query->count == QUERY_PARAMETERS_MAX || !decode(text) || !decode(value))
				return false;
			parameters[ret_query->count++] = (struct query_parameter){ text, value };
		}
		text = next;
	}
	return true;
}

const char *query_find(const struct query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->parameters[i].name, name) == 0)
			return query->parameters[i].value;
	}
	return NULL;
}

size_t query_count(const struct query *query, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < query->count; i++)
		count += strcmp(query->parameters[i].name, name) == 0;
	return count;
}

bool query_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	*ret_number = number;
	return number >= least && number <= most;
}
