/* SPDX-License-Identifier: Apache-2.0 */
/* The library takes the first header of a kind and a chunked body before a length. A proxy that takes another sees other
 * requests in the same bytes: what one of its clients sends could be answered to the next. */
#include "http/http_framing.h"

#include <string.h>
#include <strings.h>

struct framing {
	unsigned int hosts, lengths, codings;
	bool is_chunked, has_blank;
};

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *framing = cls;

	(void)kind;
	framing->has_blank |= name[strcspn(name, " \t")] != '\0';
	if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
		framing->hosts++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		framing->lengths++;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		framing->codings++;
		framing->is_chunked = value && strcasecmp(value, "chunked") == 0;
	}
	return MHD_YES;
}

bool http_framing_is_clear(struct MHD_Connection *connection, const char *version)
{
	bool is_1_1 = strcasecmp(version, MHD_HTTP_VERSION_1_1) == 0;
	struct framing framing = {};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &framing);
	if (framing.has_blank || framing.hosts > 1 || (is_1_1 && framing.hosts == 0) ||
	    framing.lengths + framing.codings > 1)
		return false;
	return framing.codings == 0 || (is_1_1 && framing.is_chunked);
}
