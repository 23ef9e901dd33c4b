/* SPDX-License-Identifier: Apache-2.0 */
#include "base/duration.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"

int duration_parse(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ns", 1 },          { "us", 1000 },         { "ms", 1000000 },      { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }
	};
	uint64_t total = 0;

	if (strcmp(text, "0") == 0) {
		*ret_ns = 0;
		return 0;
	}
	if (*text == '\0')
		return -EINVAL;
	while (*text) {
		size_t digits = strspn(text, "0123456789"), letters, unit;
		char number[21] = {};
		uint64_t value;

		if (digits == 0 || digits >= sizeof(number))
			return -EINVAL;
		memcpy(number, text, digits);
		if (file_parse_u64(number, &value))
			return -EINVAL;
		text += digits;
		letters = strcspn(text, "0123456789");
		for (unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
			if (strlen(units[unit].name) == letters &&
			    memcmp(text, units[unit].name, letters) == 0)
				break;
		}
		if (unit == sizeof(units) / sizeof(units[0]) ||
		    __builtin_mul_overflow(value, units[unit].ns, &value) ||
		    __builtin_add_overflow(total, value, &total))
			return -EINVAL;
		text += letters;
	}
	*ret_ns = total;
	return 0;
}
