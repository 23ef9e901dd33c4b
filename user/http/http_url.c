/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_url.h"

#include <string.h>
#include <strings.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_valid(const char *text)
{
	while ((text = strchr(text, '%'))) {
		if (digit(text[1]) < 0 || digit(text[2]) < 0 || (text[1] == '0' && text[2] == '0'))
			return false;
		text += 3;
	}
	return true;
}

size_t http_url_decode(char *text, bool *ret_is_valid)
{
	char *to = text;

	*ret_is_valid = is_valid(text);
	if (!*ret_is_valid)
		return strlen(text);
	for (const char *at = text; *at; to++) {
		if (*at == '%') {
			*to = (char)(digit(at[1]) << 4 | digit(at[2]));
			at += 3;
		} else {
			*to = *at++;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

const char *http_url_path(const char *target)
{
	const char *host = strncasecmp(target, "http://", 7) == 0  ? target + 7 :
			   strncasecmp(target, "https://", 8) == 0 ? target + 8 :
								     NULL;

	if (!host)
		return target;
	host += strcspn(host, "/");
	return *host ? host : "/";
}
