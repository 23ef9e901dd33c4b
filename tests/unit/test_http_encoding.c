/* SPDX-License-Identifier: Apache-2.0 */
/* What a client says it accepts, and what it writes into its URL. */
#include <criterion/criterion.h>
#include <string.h>

#include "http/http_encoding.h"
#include "http/http_url.h"

Test(http_encoding, gzip_where_it_is_accepted_and_not_less_wanted)
{
	static const char *const yes[] = {
		"gzip",
		"GZip",
		"x-gzip",
		"deflate, gzip",
		"gzip;q=1.0, identity;q=0.5, *;q=0",
		"gzip ; q=0.001",
		"*",
		"*;q=0.5, deflate",
		"identity;q=0.3 , gzip;q=0.3",
		"br;q=1, gzip;q=0.2",
		"gzip;Q=1",
		",,gzip,,",
		"identity;q=0, gzip;q=0.1",
		"identity, *", /* wanted alike */
	};
	static const char *const no[] = {
		NULL,
		"",
		"identity",
		"deflate",
		"gzip;q=0",
		"gzip;q=0.000",
		"*;q=0",
		"gzip;q=0, *;q=1",
		"gzip2",
		"agzip",
		"gzip;q=",
		"gzip;q=2",
		"gzip;q=1.5",
		"gzip;q=0.1234",
		"gzip;q=-1",
		"gzip;foo=1",
		"gzip;",
		"gzip;q=0.5;x",
		"gzip q=1",
		"gzip;q=0.2, identity;q=0.7",
		"*;q=0.1, identity",
		";q=1",
		", ;,",
		"gzip;q=0.5, gzip;q=0",
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		cr_assert(http_encoding_takes_gzip(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		cr_assert_not(http_encoding_takes_gzip(no[i]), "%s", no[i]);
}

static void expect(const char *text, bool valid, const char *decoded)
{
	char copy[64];
	bool is_valid;

	strcpy(copy, text);
	cr_assert_eq(http_url_decode(copy, &is_valid), strlen(decoded), "%s", text);
	cr_assert_str_eq(copy, decoded, "%s", text);
	cr_assert_eq(is_valid, valid, "%s", text);
}

Test(http_encoding, percent_codes)
{
	expect("", true, "");
	expect("plain", true, "plain");
	expect("a%20b%2f%2F", true, "a b//");
	expect("%e2%82%ac%Ff", true, "\xe2\x82\xac\xff");
	expect("name%5B%5D", true, "name[]");
	expect("%2525", true, "%25"); /* once */
	expect("%", false, "%");
	expect("%2", false, "%2");
	expect("a%zz", false, "a%zz");
	expect("%20%", false, "%20%");
	expect("%00", false, "%00");
	expect("a%000", false, "a%000");
	expect("%-1", false, "%-1");
}

Test(http_encoding, the_path_of_a_whole_url)
{
	static const char *const cases[][2] = {
		{ "/metrics", "/metrics" },
		{ "http://node-1:10077/metrics", "/metrics" },
		{ "HTTPS://[::1]/", "/" },
		{ "http://node-1", "/" },
		{ "http://", "/" },
		{ "http:/metrics", "http:/metrics" },
		{ "ftp://node-1/metrics", "ftp://node-1/metrics" },
		{ "*", "*" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_str_eq(http_url_path(cases[i][0]), cases[i][1], "%s", cases[i][0]);
}
