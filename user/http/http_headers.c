/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_headers.h"

#include <string.h>
#include <strings.h>

/* The headers of the web-config file replace those that are sent anyway; an empty one takes it away. */
void http_headers_add(struct MHD_Response *response, const struct web_state *state, const char *policy)
{
	const char *const defaults[][2] = { { "Content-Security-Policy", policy },
					    { "X-Content-Type-Options", "nosniff" } };

	for (size_t i = 0; i < web_header_count; i++) {
		const char *value = state ? state->config.headers.values[i] : NULL;

		for (size_t j = 0; !value && j < sizeof(defaults) / sizeof(defaults[0]); j++) {
			if (strcmp(defaults[j][0], web_header_names[i]) == 0)
				value = defaults[j][1];
		}
		if (value && *value)
			MHD_add_response_header(response, web_header_names[i], value);
	}
}

struct list {
	const char *name, *first;
	struct buffer *all;
};

static enum MHD_Result add_value(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct list *list = cls;

	(void)kind;
	if (!value || strcasecmp(name, list->name) != 0)
		return MHD_YES;
	if (!list->first) {
		list->first = value;
		return MHD_YES;
	}
	if (list->all->size == 0)
		buffer_add_string(list->all, list->first);
	buffer_add_string(list->all, ",");
	buffer_add_string(list->all, value);
	return MHD_YES;
}

const char *http_headers_list(struct MHD_Connection *connection, const char *name, struct buffer *storage)
{
	struct list list = { .name = name, .all = storage };

	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_value, &list);
	if (storage->size == 0)
		return list.first;
	buffer_add(storage, "", 1);
	return storage->failed ? list.first : storage->data;
}
