/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Values as the formats spell them. A value is kept as a whole number of 10^-decimals of its unit. */
#include <stdint.h>

#include "base/buffer.h"

#define NUMBER_SIZE 32 /* 20 digits, point, "0." in front, newline */
#define NUMBER_DECIMALS 9

/* Writes `value` / 10^decimals exactly, no exponent, no zeros at the end, at `at`, which has room for NUMBER_SIZE.
 * Returns its end. */
char *number_put(char *at, uint64_t value, unsigned int decimals);

/* The double nearest to `value` / 10^decimals: what a reader makes of the text. At most NUMBER_DECIMALS. */
double number_double(uint64_t value, unsigned int decimals);
