/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The files of the page, as the build put them into the binary (tools/embed). */
#include <stddef.h>

struct web_file {
	const char *path; /* as it is asked for: "/", "/web/main.js" */
	const char *type; /* Content-Type */
	const char *tag;  /* of this content, without quotes */
	const void *data, *gzip;
	size_t size, gzip_size;
};

extern const struct web_file web_files[];
extern const size_t web_file_count;
