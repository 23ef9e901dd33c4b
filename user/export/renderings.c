/* SPDX-License-Identifier: Apache-2.0 */
#include "export/renderings.h"

#include <string.h>

#define SCARCE_NS NS_PER_S
#define NONE_NS (5 * NS_PER_S)

static struct rendering *place_of(struct renderings *renderings, const struct http_request *request)
{
	return request->name_count > 0 ? &renderings->named : &renderings->whole;
}

static const struct rendering *last_of(const struct renderings *renderings,
				       const struct http_request *request)
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

uint64_t renderings_age_ns(const struct renderings *renderings, const struct http_request *request,
			   const struct http *http)
{
	const struct rendering *last = last_of(renderings, request);

	switch (http_room(http, last->body ? last->body->buffer.size : 0)) {
	case HTTP_ROOM_ENOUGH:
		break;
	case HTTP_ROOM_SCARCE:
		return SCARCE_NS;
	case HTTP_ROOM_NONE:
		return NONE_NS;
	}
	if (2 * last->work_ns <= RENDERINGS_FRESH_NS)
		return RENDERINGS_FRESH_NS;
	return 2 * last->work_ns < SCARCE_NS ? 2 * last->work_ns : SCARCE_NS;
}

struct http_body *renderings_find(const struct renderings *renderings, const struct http_request *request,
				  enum sheet_body format, uint64_t oldest_ns, uint64_t *ret_read_ns)
{
	const struct rendering *rendering = last_of(renderings, request);

	if (!rendering->body || rendering->format != format || rendering->read_ns < oldest_ns ||
	    !has_names(rendering, request))
		return NULL;
	*ret_read_ns = rendering->read_ns;
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
		     enum sheet_body format, uint64_t read_ns, uint64_t work_ns, struct http_body *body)
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
	rendering->work_ns = work_ns;
}

void renderings_done(struct renderings *renderings)
{
	http_body_unref(renderings->whole.body);
	http_body_unref(renderings->named.body);
	buffer_done(&renderings->whole.names);
	buffer_done(&renderings->named.names);
	*renderings = (struct renderings){};
}
