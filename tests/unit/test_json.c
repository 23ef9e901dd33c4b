/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/json.h"

static struct buffer out;
static struct json json;

static void expect(const char *text)
{
	buffer_add(&out, "", 1);
	cr_assert_str_eq(out.data, text);
	buffer_done(&out);
}

static void expect_number(double value, const char *text)
{
	json = (struct json){ .out = &out };
	json_number(&json, NULL, value);
	expect(text);
}

static void expect_text(const char *value, const char *text)
{
	json = (struct json){ .out = &out };
	json_text(&json, NULL, value);
	expect(text);
}

Test(json, commas_stand_between_members_and_elements_only)
{
	json = (struct json){ .out = &out };
	json_begin_object(&json, NULL);
	json_begin_array(&json, "empty");
	json_end_array(&json);
	json_begin_array(&json, "list");
	json_fixed(&json, NULL, 1, 0);
	json_begin_object(&json, NULL);
	json_end_object(&json);
	json_null(&json, NULL);
	json_end_array(&json);
	json_key(&json, "a \"key\"");
	json_flag(&json, NULL, true);
	json_flag(&json, "no", false);
	json_end_object(&json);
	expect("{\"empty\":[],\"list\":[1,{},null],\"a \\\"key\\\"\":true,\"no\":false}");
}

Test(json, whole_numbers_are_exact_to_two_to_the_53)
{
	expect_number(0, "0");
	expect_number(7, "7");
	expect_number(999999, "999999");
	expect_number(1000003, "1000003");
	expect_number(999999999989, "999999999989");
	expect_number(1000000000039, "1000000000039");
	expect_number(9007199254740991, "9007199254740991");
	expect_number(-9007199254740991, "-9007199254740991");
}

Test(json, fractions_have_at_least_nine_digits)
{
	expect_number(1.0 / 3, "0.333333333333");
	expect_number(1e-9, "0.000000001");
	expect_number(1.23456789012e-4, "0.000123456789012");
	expect_number(1234.5678901, "1234.56789");
	expect_number(-0.25, "-0.25");
	expect_number(1700000000.123, "1700000000.123");
}

Test(json, numbers_past_that_are_doubles_as_they_are)
{
	char text[400];

	json = (struct json){ .out = &out };
	json_number(&json, NULL, 1.8446744073709552e19);
	buffer_add(&out, "", 1);
	cr_assert_eq(strtod(out.data, NULL), 1.8446744073709552e19);
	buffer_done(&out);
	snprintf(text, sizeof(text), "%.17g", 1.7e300);
	expect_number(1.7e300, text);
}

Test(json, what_is_not_known_is_left_out_of_objects_and_null_in_arrays)
{
	json = (struct json){ .out = &out };
	json_begin_object(&json, NULL);
	json_number(&json, "a", NAN);
	json_number(&json, "b", INFINITY);
	json_number(&json, "c", 5);
	json_begin_array(&json, "list");
	json_number(&json, NULL, NAN);
	json_number(&json, NULL, -INFINITY);
	json_number(&json, NULL, 2);
	json_end_array(&json);
	json_end_object(&json);
	expect("{\"c\":5,\"list\":[null,null,2]}");
}

Test(json, fixed_numbers_keep_all_their_digits)
{
	json = (struct json){ .out = &out };
	json_begin_array(&json, NULL);
	json_fixed(&json, NULL, 1700000000123456789, 9);
	json_fixed(&json, NULL, 1500, 3);
	json_fixed(&json, NULL, UINT64_MAX, 0);
	json_end_array(&json);
	expect("[1700000000.123456789,1.5,18446744073709551615]");
}

Test(json, texts_cannot_end_early_and_are_valid)
{
	expect_text("plain", "\"plain\"");
	expect_text("a\"b\\c", "\"a\\\"b\\\\c\"");
	expect_text("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
	expect_text("\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"");
	expect_text("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82",
		    "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x99\x82\"");
	expect_text(
		"\xff|\xc3|\xc0\x80|\xed\xa0\x80",
		"\"\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(json, texts_are_cut_between_characters)
{
	json = (struct json){ .out = &out, .text_limit = 4 };
	json_begin_array(&json, NULL);
	json_text(&json, NULL, "abcd");
	json_text(&json, NULL, "abcdefgh");
	json_text(&json, NULL, "ab\xe2\x82\xac");
	json_text(&json, NULL, "a\xe2\x82\xac|");
	json_text(&json, NULL, "abc\xff");
	json_text(&json, NULL, "\"\"\"\"\"");
	json_end_array(&json);
	expect("[\"abcd\",\"abcd\",\"ab\",\"a\xe2\x82\xac\",\"abc\",\"\\\"\\\"\\\"\\\"\"]");
}
