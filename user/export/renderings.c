/* SPDX-License-Identifier: Apache-2.0 */
#include "export/renderings.h"

#include <string.h>

static struct rendering *place_of(struct renderings *renderings, const struct http_request *request)
{
	return request->name_count > 0 ? &renderings->named : &renderings->whole;
}

static bool has_names(const struct rendering *rendering, const struct http_request *request)
{
	const char *at = rendering->names.data, *end = at + rendering->names.size;

	for (size_t i = 0; i < request->name_count; i++) {
		size_t size = strlen(request->names[i]) + 1;

		if ((size_t)(end - at) < size || memcmp(at, request->names[i], size) != 0)
			return false;
		at += size;
	}
	return at == end;
}

struct http_body *renderings_find(const struct renderings *renderings, const struct http_request *request,
				  enum sheet_body format, uint64_t read_ns)
{
	const struct rendering *rendering = request->name_count > 0 ? &renderings->named : &renderings->whole;

	if (!rendering->body || rendering->format != format || rendering->read_ns != read_ns ||
	    !has_names(rendering, request))
		return NULL;
	return http_body_ref(rendering->body);
}

struct http_body *renderings_begin(struct renderings *renderings, const struct http_request *request)
{
	struct rendering *rendering = place_of(renderings, request);
	struct http_body *body = rendering->body;

	rendering->body = NULL;
	if (body && http_body_reuse(body))
		return body;
	http_body_unref(body);
	return http_body_new();
}

void renderings_keep(struct renderings *renderings, const struct http_request *request,
		     enum sheet_body format, uint64_t read_ns, struct http_body *body)
{
	struct rendering *rendering = place_of(renderings, request);

	http_body_unref(rendering->body);
	rendering->body = NULL;
	buffer_clear(&rendering->names);
	for (size_t i = 0; i < request->name_count; i++)
		buffer_add(&rendering->names, request->names[i], strlen(request->names[i]) + 1);
	if (rendering->names.failed) /* then it is found by nobody */
		return;
	rendering->body = http_body_ref(body);
	rendering->format = format;
	rendering->read_ns = read_ns;
}

void renderings_done(struct renderings *renderings)
{
	http_body_unref(renderings->whole.body);
	http_body_unref(renderings->named.body);
	buffer_done(&renderings->whole.names);
	buffer_done(&renderings->named.names);
	*renderings = (struct renderings){};
}
