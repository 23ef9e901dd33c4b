/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Numbers are equal to the last bit, or the test says what they are and goes on. */
#include <criterion/criterion.h>
#include <math.h>

#define eq(actual, expected)                                                                            \
	do {                                                                                            \
		double actual_ = (actual), expected_ = (expected);                                      \
		cr_expect(actual_ == expected_, "%s is %.17g, not %.17g", #actual, actual_, expected_); \
	} while (0)

#define unknown(actual) cr_expect(isnan(actual), "%s is known", #actual)
