/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The last renderings, so that all who ask the same before the next reading share one: the last of everything, and the last of
 * those that were asked for by name. */
#include <stdint.h>

#include "base/buffer.h"
#include "base/time.h"
#include "http/http.h"
#include "export/sheet.h"

#define RENDERINGS_FRESH_NS (100 * NS_PER_MS)

struct rendering {
	struct http_body *body;
	enum sheet_body format;
	uint64_t read_ns;    /* the reading it was made from */
	uint64_t work_ns;    /* CPU time that it took */
	struct buffer names; /* that were asked for, each with its NUL */
};

struct renderings {
	struct rendering whole, named;
};

/* How old a reading may be that an answer is made from. 100 ms; where a rendering takes long twice that time, so that those who
 * ask without pause have no more than a third of a processor; a second while `http` sends so much that room is scarce, and five
 * while there is none for another rendering: then the last is given on. */
uint64_t renderings_age_ns(const struct renderings *renderings, const struct http_request *request,
			   const struct http *http);
/* A reference to what was rendered from a reading not before `oldest_ns` for the same request; NULL: it is to be rendered. */
struct http_body *renderings_find(const struct renderings *renderings, const struct http_request *request,
				  enum sheet_body format, uint64_t oldest_ns, uint64_t *ret_read_ns);
/* An empty body with one reference, where it can be with the memory of the one that it will replace. NULL: out of memory. */
struct http_body *renderings_begin(struct renderings *renderings, const struct http_request *request);
/* Keeps a reference to what was rendered into it, in `work_ns` of CPU time. */
void renderings_keep(struct renderings *renderings, const struct http_request *request,
		     enum sheet_body format, uint64_t read_ns, uint64_t work_ns, struct http_body *body);
void renderings_done(struct renderings *renderings);
