/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: one rendering is sent to any number of clients at once. All of them on the loop's thread, so plain counts. */
#include <stdlib.h>

#include "export/http.h"

struct http_body *http_body_new(void)
{
	struct http_body *body = calloc(1, sizeof(*body));

	if (body)
		body->refs = 1;
	return body;
}

struct http_body *http_body_ref(struct http_body *body)
{
	body->refs++;
	return body;
}

void http_body_unref(struct http_body *body)
{
	if (!body || --body->refs > 0)
		return;
	buffer_done(&body->buffer);
	free(body);
}
