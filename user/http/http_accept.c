/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9110 12.5.1, for routes with one type: the range that names it most closely decides. */
#include "http/http_accept.h"

#include <string.h>
#include <strings.h>

/* 0: the range, of `size` bytes, is about other types. */
static int closeness(const char *range, size_t size, const char *type)
{
	size_t main_size = strcspn(type, "/") + 1;

	if (size == strlen(type) && strncasecmp(range, type, size) == 0)
		return 3;
	if (size == main_size + 1 && range[main_size] == '*' && strncasecmp(range, type, main_size) == 0)
		return 2;
	return size == 3 && memcmp(range, "*/*", 3) == 0;
}

/* A weight of 0 is "0", or "0." with zeros: whatever else there is takes it. */
static bool is_refused(const char *at, const char *end)
{
	for (; at < end; at++) {
		const char *value;

		at += strspn(at, " \t;");
		value = at + 2;
		if (end - at > 2 && (*at == 'q' || *at == 'Q') && at[1] == '=')
			return *value == '0' && strspn(value, "0. \t") >= (size_t)(end - value);
		at += strcspn(at, ";,");
	}
	return false;
}

bool http_accept_takes(const char *accept, const char *type)
{
	int best = 0;
	bool takes = !accept || !accept[strspn(accept, " \t,")];

	while (accept && *accept) {
		const char *end = accept + strcspn(accept, ",");
		size_t size;
		int close;

		accept += strspn(accept, " \t");
		size = strcspn(accept, " \t;,");
		close = closeness(accept, size, type);
		if (close > best) {
			best = close;
			takes = !is_refused(accept + size, end);
		}
		accept = *end ? end + 1 : NULL;
	}
	return takes;
}
