/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/time.h"

Test(time, reads_rfc_3339)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} times[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-22T03:49:18.232381663Z", 1795319358232381663 },
		{ "2026-11-22T04:49:18.232381663+01:00", 1795319358232381663 },
		{ "2026-11-21T22:19:18.232381663-05:30", 1795319358232381663 },
		{ "2026-11-22T03:49:18.2Z", 1795319358200000000 },
		{ "2026-11-22T03:49:18.2323816639999999999999999999Z", 1795319358232381663 },
		{ "2024-02-29T23:59:59Z", 1709251199000000000 },
		{ "2554-07-21T23:34:32.999999999Z", 18446744072999999999U },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		uint64_t ns = 7;

		cr_expect_eq(time_parse_rfc3339(times[i].text, &ns), 0, "%s", times[i].text);
		cr_expect_eq(ns, times[i].ns, "%s", times[i].text);
	}
}

Test(time, refuses_what_is_none)
{
	static const char *const wrong[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T03:49:18",
		"2026-11-22 03:49:18Z",
		"2026-11-22t03:49:18z",
		"2026-13-22T03:49:18Z",
		"2026-00-22T03:49:18Z",
		"2026-02-29T03:49:18Z",
		"2026-04-31T03:49:18Z",
		"2026-11-00T03:49:18Z",
		"2026-11-22T24:49:18Z",
		"2026-11-22T03:60:18Z",
		"2026-11-22T03:49:60Z",
		"2026-11-22T03:49:18.Z",
		"2026-11-22T03:49:18,5Z",
		"2026-11-22T03:49:18.5",
		"2026-11-22T03:49:18ZZ",
		"2026-11-22T03:49:18+1:00",
		"2026-11-22T03:49:18+01:00Z",
		"2026-11-22T03:49:18+24:00",
		"2026-11-22T03:49:18+01:60",
		"+026-11-22T03:49:18Z",
		"-2026-11-22T03:49:18Z",
	};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_expect_eq(time_parse_rfc3339(wrong[i], &ns), -EINVAL, "%s", wrong[i]);
}

Test(time, knows_no_time_before_1970_and_none_that_does_not_fit)
{
	uint64_t ns;

	cr_expect_eq(time_parse_rfc3339("0001-01-01T00:00:00Z", &ns), -ERANGE);
	cr_expect_eq(time_parse_rfc3339("1970-01-01T00:30:00+01:00", &ns), -ERANGE);
	cr_expect_eq(time_parse_rfc3339("2554-07-21T23:34:33Z", &ns), -ERANGE);
	cr_expect_eq(time_parse_rfc3339("9999-12-31T23:59:59Z", &ns), -ERANGE);
}
