/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The last renderings, so that all who ask the same before the next reading share one: the last of everything, and the last of
 * those that were asked for by name. */
#include <stdint.h>

#include "base/buffer.h"
#include "export/http.h"
#include "export/sheet.h"

struct rendering {
	struct http_body *body;
	enum sheet_body format;
	uint64_t read_ns;    /* the reading it was made from */
	struct buffer names; /* that were asked for, each with its NUL */
};

struct renderings {
	struct rendering whole, named;
};

/* A reference to what was rendered from the reading `read_ns` for the same request; NULL: it is to be rendered. */
struct http_body *renderings_find(const struct renderings *renderings, const struct http_request *request,
				  enum sheet_body format, uint64_t read_ns);
/* An empty body with one reference, where it can be with the memory of the one that it will replace. NULL: out of memory. */
struct http_body *renderings_begin(struct renderings *renderings, const struct http_request *request);
/* Keeps a reference to what was rendered into it. */
void renderings_keep(struct renderings *renderings, const struct http_request *request,
		     enum sheet_body format, uint64_t read_ns, struct http_body *body);
void renderings_done(struct renderings *renderings);
