/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "http/query.h"

static struct query_parameter parameters[QUERY_PARAMETERS_MAX];
static struct query query;
static char text[4096];

static bool parse(const char *from)
{
	snprintf(text, sizeof(text), "%s", from);
	return query_parse(text, parameters, &query);
}

Test(query, names_and_values_are_decoded)
{
	cr_assert(parse("a=1&b=two%20words+here&c%3d=%26%3D&d&=e&f=x=y"));
	cr_assert_eq(query.count, 6);
	cr_assert_str_eq(query_find(&query, "a"), "1");
	cr_assert_str_eq(query_find(&query, "b"), "two words here");
	cr_assert_str_eq(query_find(&query, "c="), "&=");
	cr_assert_str_eq(query_find(&query, "d"), "");
	cr_assert_str_eq(query_find(&query, ""), "e");
	cr_assert_str_eq(query_find(&query, "f"), "x=y");
	cr_assert_null(query_find(&query, "e"));
}

Test(query, empty_parts_are_no_parameters)
{
	cr_assert(parse(""));
	cr_assert_eq(query.count, 0);
	cr_assert(parse("&&a=1&&=&"));
	cr_assert_eq(query.count, 1);
}

Test(query, parameters_given_twice_are_counted)
{
	cr_assert(parse("path=a&path=b&path=c"));
	cr_assert_eq(query_count(&query, "path"), 3);
	cr_assert_str_eq(query_find(&query, "path"), "a");
	cr_assert_eq(query_count(&query, "x"), 0);
}

Test(query, wrong_codes_are_refused)
{
	static const char *const wrong[] = { "a=%", "a=%4", "a=%zz", "%0=1", "a=%00", "a=1&b=%g1" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_not(parse(wrong[i]), "%s", wrong[i]);
}

Test(query, more_parameters_than_there_is_room_for_are_refused)
{
	char many[4 * (QUERY_PARAMETERS_MAX + 2)] = "";

	for (int i = 0; i < QUERY_PARAMETERS_MAX; i++)
		strcat(many, "a=1&");
	cr_assert(parse(many));
	cr_assert_eq(query.count, QUERY_PARAMETERS_MAX);
	strcat(many, "b=1");
	cr_assert_not(parse(many));
}

Test(query, numbers_are_digits_within_their_range)
{
	static const char *const wrong[] = { "",    "-1", "+1",
					     " 1",  "1 ", "0x1",
					     "1.0", "8",  "18446744073709551616" };
	uint64_t number;

	cr_assert(query_parse_number("0", 0, 7, &number) && number == 0);
	cr_assert(query_parse_number("007", 0, 7, &number) && number == 7);
	cr_assert(query_parse_number("18446744073709551615", 0, UINT64_MAX, &number) && number == UINT64_MAX);
	cr_assert_not(query_parse_number("4", 5, 7, &number));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_not(query_parse_number(wrong[i], 0, 7, &number), "'%s'", wrong[i]);
}
