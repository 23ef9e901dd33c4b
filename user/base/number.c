/* SPDX-License-Identifier: Apache-2.0 */
/* Some hundred thousand numbers a scrape: no printf, two digits a step. */
#include "base/number.h"

#include <string.h>

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

/* Writes the digits so that they end before `end`, at least `least` of them; returns where they begin. */
static char *put_digits(char *end, uint64_t value, unsigned int least)
{
	char *stop = end - least;

	while (value >= 100) {
		end -= 2;
		memcpy(end, digit_pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, digit_pairs + value * 2, 2);
	} else if (value > 0) {
		*--end = (char)('0' + value);
	}
	while (end > stop)
		*--end = '0';
	return end;
}

char *number_put(char *at, uint64_t value, unsigned int decimals)
{
	char digits[NUMBER_SIZE];
	char *end = digits + sizeof(digits);
	char *begin, *point;

	if (value < 10 && (decimals == 0 || value == 0)) {
		*at = (char)('0' + value);
		return at + 1;
	}
	begin = put_digits(end, value, decimals + 1);
	point = end - decimals;
	memcpy(at, begin, (size_t)(point - begin));
	at += point - begin;
	while (end > point && end[-1] == '0')
		end--;
	if (end > point) {
		*at++ = '.';
		memcpy(at, point, (size_t)(end - point));
		at += end - point;
	}
	return at;
}

double number_double(uint64_t value, unsigned int decimals)
{
	static const uint64_t power[NUMBER_DECIMALS + 1] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000
	};
	unsigned __int128 scaled, quotient;

	/* both are exact, so that the division is the only rounding */
	if (value <= 1ULL << 53)
		return (double)value / (double)power[decimals];
	/* past that: a quotient with more bits than a double has, and what is cut away seen in its last one */
	scaled = (unsigned __int128)value << 40;
	quotient = scaled / power[decimals];
	quotient |= scaled % power[decimals] != 0;
	return (double)quotient / (double)(1ULL << 40);
}
