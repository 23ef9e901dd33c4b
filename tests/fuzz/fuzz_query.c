/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of URLs, as clients write them and as streams have them inside a parameter; and the header Accept. */
#include "http/http_accept.c"
#include "http/http_url.c"
#include "http/query.c"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query_parameter parameters[QUERY_PARAMETERS_MAX];
	char *text = malloc(size + 1);
	struct query query;
	uint64_t number;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	http_accept_takes(text, "application/json");
	if (query_parse_number(text, 5, 1000, &number))
		assert(number >= 5 && number <= 1000);
	if (query_parse(text, parameters, &query)) {
		assert(query.count <= QUERY_PARAMETERS_MAX);
		for (size_t i = 0; i < query.count; i++) {
			const char *name = query.parameters[i].name;

			assert(name >= text && name + strlen(name) <= text + size);
			assert(query.parameters[i].value >= name);
			assert(query_find(&query, name) && query_count(&query, name) > 0);
		}
	}
	free(text);
	return 0;
}
