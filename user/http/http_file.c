/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_file.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/http_encoding.h"
#include "http/http_headers.h"

/* The page draws with scripts and styles of its own and asks its own server; nothing else, and nobody may frame it. */
#define PAGE_POLICY                                                                                           \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define TAG_SIZE 64

const struct web_file *http_file_find(const struct http_config *config, const char *path)
{
	for (size_t i = 0; i < config->file_count; i++) {
		if (strcmp(config->files[i].path, path) == 0)
			return &config->files[i];
	}
	return NULL;
}

/* A tag is quoted and of its own alphabet, so that finding it in the list is comparing it with each. */
static bool has_same(struct MHD_Connection *connection, const char *tag)
{
	_cleanup_(buffer_done) struct buffer list = {};
	const char *known = http_headers_list(connection, MHD_HTTP_HEADER_IF_NONE_MATCH, &list);

	return known && (strcmp(known, "*") == 0 || strstr(known, tag));
}

enum MHD_Result http_file_queue(struct MHD_Connection *connection, const struct web_state *state,
				const struct web_file *file)
{
	_cleanup_(buffer_done) struct buffer list = {};
	const char *accepted = http_headers_list(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, &list);
	bool is_gzip = file->gzip_size < file->size && http_encoding_takes_gzip(accepted), is_same;
	const void *data = is_gzip ? file->gzip : file->data;
	struct MHD_Response *response;
	enum MHD_Result result;
	char tag[TAG_SIZE];

	snprintf(tag, sizeof(tag), "\"%s\"", file->tag);
	is_same = has_same(connection, tag);
	response = MHD_create_response_from_buffer(is_same ? 0 :
						   is_gzip ? file->gzip_size :
							     file->size,
						   (void *)data, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	/* Weak: plain and compressed are the same content in other bytes. */
	snprintf(tag, sizeof(tag), "W/\"%s\"", file->tag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tag);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, file->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	if (is_gzip && !is_same)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	http_headers_add(response, state, PAGE_POLICY);
	result = MHD_queue_response(connection, is_same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}
