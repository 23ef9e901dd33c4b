/* SPDX-License-Identifier: Apache-2.0 */
/* Any header: an answer that is one of ours, and the same again; a range of its own in front is always understood. */
#include "export/exposition_select.c"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char front[] = "application/openmetrics-text;version=1.0.0;q=1,";
	char *header = malloc(sizeof(front) + size);
	const struct exposition_format *format;

	if (!header)
		return 0;
	memcpy(header, data, size);
	header[size] = '\0';
	format = exposition_select(header);
	if (!format || !format->content_type || format->body >= SHEET_BODIES ||
	    format != exposition_select(header))
		abort();
	memcpy(header, front, sizeof(front) - 1);
	memcpy(header + sizeof(front) - 1, data, size);
	header[sizeof(front) - 1 + size] = '\0';
	if (!strchr(header + sizeof(front) - 1, '/') && exposition_select(header)->body != SHEET_OPENMETRICS)
		abort();
	free(header);
	return 0;
}
