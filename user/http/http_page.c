/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_page.h"

#include "http/http_server.h"

#define TEXT_TYPE "text/plain; charset=utf-8"

static struct http_body *text_body(const char *text)
{
	struct http_body *body = http_body_new();

	if (body)
		buffer_add_string(&body->buffer, text);
	return body;
}

/* In the loop like any other: a loop that hangs is not healthy. */
static void answer_healthz(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	(void)request;
	reply->body = text_body("ok\n");
}

static void answer_readyz(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct http *http = context;
	bool is_ready = !http->config.is_ready || http->config.is_ready(http->config.context);

	(void)request;
	reply->status = is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
	reply->body = text_body(is_ready ? "ready\n" : "not ready\n");
}

const struct http_route http_pages[HTTP_PAGES] = {
	{ "/healthz", answer_healthz, TEXT_TYPE, NULL },
	{ "/readyz", answer_readyz, TEXT_TYPE, NULL },
};
