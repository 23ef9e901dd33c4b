/* SPDX-License-Identifier: Apache-2.0 */
/* What clients write: Accept-Encoding, and percent codes in the URL. */
#include "http/http_encoding.c"
#include "http/http_url.c"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *decoded = malloc(size + 1);
	bool is_valid;

	if (text && decoded) {
		memcpy(text, data, size);
		text[size] = '\0';
		if (http_encoding_takes_gzip(text))
			assert(strchr(text, '*') || strcasestr(text, "gzip"));
		assert(*http_url_path(text) || !*text);
		strcpy(decoded, text);
		size = http_url_decode(decoded, &is_valid);
		assert(size == strlen(decoded));
		assert(is_valid ? strlen(text) == size || strchr(text, '%') : strcmp(text, decoded) == 0);
	}
	free(text);
	free(decoded);
	return 0;
}
