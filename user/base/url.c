/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl's parser, so that what is checked here is what will be asked. */
#include "base/url.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

static void cleanup_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void cleanup_part(char **part)
{
	curl_free(*part);
}

static bool has_part(CURLU *url, CURLUPart what)
{
	_cleanup_(cleanup_part) char *part = NULL;

	return curl_url_get(url, what, &part, 0) == CURLUE_OK;
}

static bool is_local(CURLU *url)
{
	_cleanup_(cleanup_part) char *host = NULL;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0))
		return false;
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strncmp(host, "127.", 4) == 0;
}

/* One without user or password in it, which may be shown. */
static int check_parts(CURLU *url, const char *text, const struct message *message)
{
	_cleanup_(cleanup_part) char *scheme = NULL;

	if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		return message_fail(message, -EINVAL,
				    "address '%.200s' has a query, which ktally adds itself", text);
	if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		return message_fail(message, -EINVAL, "address '%.200s' is neither http nor https", text);
	return 0;
}

int url_parse_base(const char *text, char **ret_url, bool *ret_is_local, const struct message *message)
{
	_cleanup_(cleanup_url) CURLU *url = curl_url();
	_cleanup_(cleanup_part) char *whole = NULL;
	_cleanup_(buffer_done) struct buffer full = {};
	size_t length;
	int error;

	if (!strstr(text, "://"))
		buffer_add_string(&full, "http://");
	buffer_add(&full, text, strlen(text) + 1);
	if (!url || full.failed)
		return message_fail(message, -ENOMEM, "out of memory");
	/* Before all that could show it: a text with '@' may be a password. */
	if (strchr(text, '@'))
		return message_fail(
			message, -EINVAL,
			"no user or password in the address: there are --user and --password-file");
	if (curl_url_set(url, CURLUPART_URL, full.data, CURLU_NON_SUPPORT_SCHEME))
		return message_fail(message, -EINVAL, "'%.200s' is no address: http://HOST:PORT is one",
				    text);
	error = check_parts(url, text, message);
	if (error)
		return error;
	if (curl_url_get(url, CURLUPART_URL, &whole, 0))
		return message_fail(message, -ENOMEM, "out of memory");
	for (length = strlen(whole); length > 0 && whole[length - 1] == '/'; length--)
		whole[length - 1] = '\0';
	*ret_is_local = is_local(url);
	*ret_url = strdup(whole);
	return *ret_url ? 0 : message_fail(message, -ENOMEM, "out of memory");
}
