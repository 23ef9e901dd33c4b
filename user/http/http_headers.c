/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http_headers.h"

#include <string.h>

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
