/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_body.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_SMALLEST 1400 /* one packet anyway */
/* Measured on an exposition of 2.6 MB: level 1 makes it 20 times smaller in 4 ms, level 6 21 times in 11 ms; on one of 7.9 MB with
 * random numbers 7.8 times in 23 ms and 9.5 times in 61 ms. */
#define GZIP_LEVEL 1
#define GZIP_WINDOW (15 + 16) /* the largest window, and gzip's header */
#define GZIP_MEMORY 8         /* zlib's default */

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
	http_body_unref(body->gzip);
	if (body->account)
		*body->account -= body->buffer.size;
	buffer_done(&body->buffer);
	free(body);
}

void http_body_account(struct http_body *body, atomic_size_t *account)
{
	body->account = account;
	*account += body->buffer.size;
}

bool http_body_reuse(struct http_body *body)
{
	if (body->refs > 1)
		return false;
	http_body_unref(body->gzip);
	body->gzip = NULL;
	body->is_compressed = false;
	buffer_clear(&body->buffer);
	return true;
}

static bool compress_into(struct http_body *to, const struct buffer *from)
{
	z_stream stream = {};
	size_t room;
	bool is_whole;

	if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return false;
	/* What does not come out at half the size is sent as it is: the bound makes the memory small. */
	room = from->size / 2;
	if (!buffer_reserve(&to->buffer, room)) {
		deflateEnd(&stream);
		return false;
	}
	stream.next_in = (unsigned char *)from->data;
	stream.avail_in = (unsigned int)from->size;
	stream.next_out = (unsigned char *)to->buffer.data;
	stream.avail_out = (unsigned int)room;
	is_whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
	to->buffer.size = stream.total_out;
	deflateEnd(&stream);
	return is_whole;
}

struct http_body *http_body_gzip(struct http_body *body)
{
	struct http_body *gzip;

	if (body->is_compressed)
		return body->gzip;
	body->is_compressed = true;
	if (body->buffer.size < GZIP_SMALLEST || body->buffer.size > UINT_MAX)
		return NULL;
	gzip = http_body_new();
	if (gzip && compress_into(gzip, &body->buffer))
		body->gzip = gzip;
	else
		http_body_unref(gzip);
	return body->gzip;
}
