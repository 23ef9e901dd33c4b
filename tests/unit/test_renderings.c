/* SPDX-License-Identifier: Apache-2.0 */
/* Renderings are shared by those who ask the same, and only by them; compressed forms belong to what was compressed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "export/renderings.h"

static const char *const two[] = { "up", "down" }, *const other[] = { "up", "dow" },
			 *const joined[] = { "up" };
static struct renderings renderings;

static struct http_body *find(const char *const *names, size_t count, uint64_t read_ns)
{
	struct http_request request = { .names = names, .name_count = count };

	uint64_t found_ns = 0;
	struct http_body *body = renderings_find(&renderings, &request, 0, read_ns, &found_ns);

	if (body)
		cr_assert_geq(found_ns, read_ns);
	return body;
}

static struct http_body *make(const char *const *names, size_t count, uint64_t read_ns)
{
	struct http_request request = { .names = names, .name_count = count };
	struct http_body *body = renderings_begin(&renderings, &request);

	cr_assert_eq(body->buffer.size, 0);
	buffer_add_string(&body->buffer, "x 1\n");
	renderings_keep(&renderings, &request, 0, read_ns, 1, body);
	return body;
}

Test(renderings, are_found_by_what_was_asked)
{
	struct http_body *whole, *named;
	uint64_t read_ns;

	cr_assert_null(find(NULL, 0, 1));
	whole = make(NULL, 0, 1);
	named = make(two, 2, 1);
	cr_assert_eq(find(NULL, 0, 1), whole);
	cr_assert_eq(find(two, 2, 1), named);
	cr_assert_null(find(NULL, 0, 2));
	cr_assert_null(find(other, 2, 1));
	cr_assert_null(find(joined, 1, 1));
	cr_assert_null(renderings_find(&renderings, &(struct http_request){}, 1, 1, &read_ns),
		       "another format");
	/* ours, the cache's, and one found */
	cr_assert_eq(whole->refs, 3);
	/* somebody has it: the next is made in other memory */
	cr_assert_neq(make(NULL, 0, 2), whole);
	cr_assert_eq(whole->refs, 2);
	http_body_unref(whole);
	http_body_unref(whole);
	http_body_unref(named);
	http_body_unref(named);
	http_body_unref(renderings.whole.body);
	whole = renderings.whole.body;
	cr_assert_eq(make(NULL, 0, 3), whole, "nobody had it");
	http_body_unref(whole);
	renderings_done(&renderings);
	cr_assert_null(find(NULL, 0, 3));
}

static void expand(const struct buffer *gzip, char *to, size_t size)
{
	z_stream stream = { .next_in = (unsigned char *)gzip->data,
			    .avail_in = (unsigned int)gzip->size,
			    .next_out = (unsigned char *)to,
			    .avail_out = (unsigned int)size };

	cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	cr_assert_eq(stream.total_out, size);
	inflateEnd(&stream);
}

Test(renderings, a_body_is_compressed_once_and_forgotten_when_reused)
{
	struct http_body *body = http_body_new(), *gzip;
	unsigned int state = 1;
	char *text;

	for (int i = 0; i < 100000; i++)
		buffer_printf(&body->buffer, "some_metric{label=\"%d\"} %d\n", i, i * 7);
	gzip = http_body_gzip(body);
	cr_assert_not_null(gzip);
	cr_assert_eq(http_body_gzip(body), gzip);
	cr_assert_lt(gzip->buffer.size, body->buffer.size / 4);
	text = malloc(body->buffer.size);
	expand(&gzip->buffer, text, body->buffer.size);
	cr_assert_eq(memcmp(text, body->buffer.data, body->buffer.size), 0);
	free(text);
	cr_assert(http_body_reuse(body));
	cr_assert_null(http_body_gzip(body), "empty: not worth it");
	cr_assert(http_body_reuse(body));
	for (int i = 0; i < 100000; i++)
		buffer_add(&body->buffer, &(char){ (char)(rand_r(&state) >> 8) }, 1);
	cr_assert_null(http_body_gzip(body), "noise: not worth it");
	cr_assert_null(http_body_gzip(body));
	http_body_ref(body);
	cr_assert_not(http_body_reuse(body));
	cr_assert_eq(body->buffer.size, 100000);
	http_body_unref(body);
	http_body_unref(body);
}
