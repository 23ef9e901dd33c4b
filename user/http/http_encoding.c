/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9110 12.5.3: codings with weights, "gzip;q=0.5, *;q=0". */
#include "http/http_encoding.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define ABSENT (-1)

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t");
}

/* A weight in thousandths from "0.5", "1", "1.000"; 0 when it is none. */
static int parse_weight(const char *at, const char *end)
{
	int weight, place = 100;

	if (at == end || (*at != '0' && *at != '1'))
		return 0;
	weight = *at++ == '1' ? 1000 : 0;
	if (at < end && *at == '.') {
		for (at++; at < end && isdigit((unsigned char)*at) && place > 0; at++, place /= 10)
			weight += (*at - '0') * place;
	}
	return at == end && weight <= 1000 ? weight : 0;
}

/* Weight of the element from `at` to `end`, which begins with a coding of `size` bytes. */
static int weight_of(const char *at, size_t size, const char *end)
{
	at = skip_space(at + size);
	if (at >= end)
		return 1000;
	if (*at != ';')
		return 0;
	at = skip_space(at + 1);
	if (end - at < 2 || (*at != 'q' && *at != 'Q') || at[1] != '=')
		return 0;
	at += 2;
	while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return parse_weight(at, end);
}

static bool is_coding(const char *at, size_t size, const char *name)
{
	return strlen(name) == size && strncasecmp(at, name, size) == 0;
}

bool http_encoding_takes_gzip(const char *at)
{
	int gzip = ABSENT, identity = ABSENT, any = ABSENT;

	while (at && *at) {
		const char *end = at + strcspn(at, ",");
		size_t size;

		at = skip_space(at);
		size = strcspn(at, " \t;,");
		if (is_coding(at, size, "gzip") || is_coding(at, size, "x-gzip"))
			gzip = weight_of(at, size, end);
		else if (is_coding(at, size, "identity"))
			identity = weight_of(at, size, end);
		else if (is_coding(at, size, "*"))
			any = weight_of(at, size, end);
		at = *end ? end + 1 : NULL;
	}
	if (gzip == ABSENT)
		gzip = any;
	return gzip > 0 && gzip >= identity;
}
