/* SPDX-License-Identifier: Apache-2.0 */
/* The books: sums of records against totals of CPUs. */
#include <criterion/criterion.h>

#include "read/totals.h"

#define CPUS 3

static struct cpu_state cpus[CPUS];
static struct table table = { .cpus = cpus, .cpu_count = CPUS };

static void set_up(void)
{
	for (uint32_t i = 0; i < CPUS; i++)
		cpus[i] = (struct cpu_state){ .calls = 101 + i,
					      .switches = 211 + i,
					      .births = 307 + i,
					      .deaths = 401 + i,
					      .bytes = 503 + i };
}

TestSuite(totals, .init = set_up, .timeout = 20);

Test(totals, are_the_sums_over_all_cpus)
{
	struct totals totals = totals_read(&table);

	cr_expect_eq(totals.calls, 306);
	cr_expect_eq(totals.switches, 636);
	cr_expect_eq(totals.births, 924);
	cr_expect_eq(totals.deaths, 1206);
	cr_expect_eq(totals.bytes, 1512);
}

Test(totals, a_record_adds_what_it_has_more_than_was_read)
{
	const struct thread thread = { .calls = 13,
				       .switches = 17,
				       .last = { [V_FILE_READ] = 1000, [V_NETWORK_TRANSMIT_LAST] = 10 } };
	const struct record record = { .calls = 113,
				       .switches = 17,
				       .value = { [V_FILE_READ] = 1101, [V_NETWORK_TRANSMIT_LAST] = 113 } };
	struct totals sums = { .calls = 5, .switches = 7, .bytes = 11 };

	totals_add_record(&sums, &record, &thread);
	cr_expect_eq(sums.calls, 105);
	cr_expect_eq(sums.switches, 7);
	cr_expect_eq(sums.bytes, 11 + 101 + 103);
}

Test(totals, bytes_that_are_in_no_record_are_a_difference)
{
	struct totals before = totals_read(&table), sums = before;
	uint64_t difference[ACCOUNTS];

	sums.bytes -= 7;
	totals_compare(&before, &sums, &table, difference);
	cr_expect_eq(difference[ACCOUNT_BYTES], 7);
	cr_expect_eq(difference[ACCOUNT_SYSCALLS], 0);
}

static void expect(const struct totals *before, const struct totals *sums, uint64_t calls, uint64_t switches,
		   uint64_t births, uint64_t deaths)
{
	uint64_t difference[ACCOUNTS];

	totals_compare(before, sums, &table, difference);
	cr_expect_eq(difference[ACCOUNT_SYSCALLS], calls, "calls: %lu",
		     (unsigned long)difference[ACCOUNT_SYSCALLS]);
	cr_expect_eq(difference[ACCOUNT_SWITCHES], switches, "switches: %lu",
		     (unsigned long)difference[ACCOUNT_SWITCHES]);
	cr_expect_eq(difference[ACCOUNT_BIRTHS], births, "births: %lu",
		     (unsigned long)difference[ACCOUNT_BIRTHS]);
	cr_expect_eq(difference[ACCOUNT_DEATHS], deaths, "deaths: %lu",
		     (unsigned long)difference[ACCOUNT_DEATHS]);
}

Test(totals, a_sum_between_before_and_after_is_no_difference)
{
	struct totals before = totals_read(&table), sums = before;

	expect(&before, &sums, 0, 0, 0, 0);
	cpus[1].calls += 19;
	cpus[2].deaths += 23;
	expect(&before, &sums, 0, 0, 0, 0);
	sums.calls += 19;
	sums.deaths += 11;
	expect(&before, &sums, 0, 0, 0, 0);
}

Test(totals, a_sum_below_before_is_as_much_lost)
{
	struct totals before = totals_read(&table), sums = before;

	sums.calls -= 1;
	sums.switches -= 3;
	sums.births -= 5;
	sums.deaths -= 7;
	expect(&before, &sums, 1, 3, 5, 7);
}

Test(totals, a_sum_that_the_totals_do_not_catch_up_with_is_too_much)
{
	struct totals before = totals_read(&table), sums = before;

	sums.calls += 11;
	sums.births += 13;
	expect(&before, &sums, 11, 0, 13, 0);
}
