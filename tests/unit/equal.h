/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Whole numbers are equal, or the test says what they are and goes on. */
#include <criterion/criterion.h>

#define eq(actual, expected)                                                                          \
	do {                                                                                          \
		unsigned long long actual_ = (actual), expected_ = (expected);                        \
		cr_expect(actual_ == expected_, "%s is %llu, not %llu", #actual, actual_, expected_); \
	} while (0)
