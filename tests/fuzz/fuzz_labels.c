/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a name: the label value is valid UTF-8, correctly escaped, within its limit, and says the name
 * character by character, with U+FFFD for each byte that is none. */
#include "export/label.c"

#include <stdlib.h>

#include "exposition_check.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* Undoes the escaping; returns the bytes. */
static size_t unescape(char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++, used++) {
		text[used] = text[i];
		if (text[i] == '\\') {
			i++;
			text[used] = text[i] == 'n' ? '\n' : text[i];
		}
	}
	return used;
}

/* Each character of the result is the name's next, or stands for one byte of it that begins none. */
static void check_same(const char *result, size_t size, const char *name)
{
	for (size_t i = 0; i < size;) {
		size_t valid = check_character((const unsigned char *)name);

		check(*name);
		check(memcmp(result + i, valid ? name : UTF8_REPLACEMENT, valid ?: UTF8_REPLACEMENT_SIZE) ==
		      0);
		i += valid ?: UTF8_REPLACEMENT_SIZE;
		name += valid ?: 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer out = {};
	size_t limit = size > 0 ? data[0] : 0, value_size;
	char *name = malloc(size + 1), why[300];

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	buffer_add_string(&out, "# HELP x y\n# TYPE x gauge\nx{");
	label_add(&out, "a", name, limit);
	buffer_add(&out, ",", 1);
	label_add(&out, "b", name, SIZE_MAX);
	buffer_add_string(&out, "} 1\n");
	check(exposition_check(out.data, out.size, why) == 1);
	buffer_clear(&out);
	label_escape(&out, name, limit);
	value_size = unescape(out.data, out.size);
	check(value_size <= limit);
	check_same(out.data, value_size, name);
	buffer_done(&out);
	free(name);
	return 0;
}
