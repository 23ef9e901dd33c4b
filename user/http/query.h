/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The parameters of a URL, decoded. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUERY_PARAMETERS_MAX 96

struct query_parameter {
	const char *name, *value; /* never NULL; "" where there is no `=` */
};

struct query {
	const struct query_parameter *parameters;
	size_t count; /* at most QUERY_PARAMETERS_MAX */
};

/* Splits `text` ("a=1&b=two%20words"), which it overwrites and which must stay, into at most QUERY_PARAMETERS_MAX parameters.
 * False: there are more, or a code is wrong or NUL. */
bool query_parse(char *text, struct query_parameter parameters[QUERY_PARAMETERS_MAX],
		 struct query *ret_query);

/* The value of the first parameter of this name, or NULL. */
const char *query_find(const struct query *query, const char *name);
size_t query_count(const struct query *query, const char *name);

/* A whole number of decimal digits alone, from `least` to `most`. */
bool query_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_number);
