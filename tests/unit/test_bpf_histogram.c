/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of durations and of bytes against integer arithmetic, at and beside every bound. */
#include "bpf_host_setup.h"

static struct probe_config config;

static void set_up(void)
{
	host_settings(&config);
}

TestSuite(bpf_histogram, .init = set_up, .timeout = 60);

/* The definition: the number of bounds below the value. */
static unsigned int expected_bucket(uint64_t value_ns)
{
	unsigned int bucket = 0;

	while (bucket < HISTOGRAM_BOUNDS && value_ns > config.histogram_bound_ns[bucket])
		bucket++;
	return bucket;
}

static void check(uint64_t value_ns)
{
	unsigned int bucket = host_histogram_bucket(&config, value_ns);

	cr_assert(bucket == expected_bucket(value_ns), "%llu ns is in bucket %u, not %u",
		  (unsigned long long)value_ns, bucket, expected_bucket(value_ns));
}

Test(bpf_histogram, bounds_are_floored_powers_of_the_fourth_root_of_two)
{
	const int top = HISTOGRAM_BOUNDS - 1;
	uint64_t half = config.histogram_bound_ns[top - 2];

	eq(config.histogram_bound_ns[top], 1000000000ULL << HISTOGRAM_MAX_EXPONENT);
	cr_expect((unsigned __int128)half * half * 2 <= (unsigned __int128)128000000000 * 128000000000);
	cr_expect((unsigned __int128)(half + 1) * (half + 1) * 2 >
		  (unsigned __int128)128000000000 * 128000000000);
	for (int i = 0; i + 4 <= top; i++) /* floor(floor(2x) / 2) = floor(x) */
		eq(config.histogram_bound_ns[i], config.histogram_bound_ns[i + 4] >> 1);
}

Test(bpf_histogram, values_at_and_beside_every_bound_are_in_their_bucket)
{
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++)
		for (int step = -2; step <= 2; step++)
			check(config.histogram_bound_ns[i] + step);
}

Test(bpf_histogram, a_value_at_a_bound_is_in_the_bucket_that_ends_there)
{
	for (unsigned int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		eq(host_histogram_bucket(&config, config.histogram_bound_ns[i]), i);
		eq(host_histogram_bucket(&config, config.histogram_bound_ns[i] + 1), i + 1);
	}
}

Test(bpf_histogram, values_at_and_beside_every_power_of_two_are_in_their_bucket)
{
	for (int i = 0; i < 64; i++)
		for (int step = -2; step <= 2; step++)
			check((1ULL << i) + step);
}

Test(bpf_histogram, every_value_up_to_ten_microseconds_is_in_its_bucket)
{
	for (uint64_t value_ns = 0; value_ns <= 10007; value_ns++)
		check(value_ns);
}

Test(bpf_histogram, values_from_a_nanosecond_to_a_thousand_seconds_are_in_their_bucket)
{
	for (uint64_t value_ns = 1; value_ns <= 1000000000000; value_ns += 1 + value_ns / 997)
		check(value_ns);
}

Test(bpf_histogram, nothing_is_in_the_first_bucket_and_the_most_in_the_last)
{
	eq(host_histogram_bucket(&config, 0), 0);
	eq(host_histogram_bucket(&config, 1), 0);
	eq(host_histogram_bucket(&config, UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	eq(host_histogram_bucket(&config, UINT64_MAX - 1), HISTOGRAM_BUCKETS - 1);
	eq(host_histogram_bucket(&config, 1ULL << 63), HISTOGRAM_BUCKETS - 1);
}

Test(bpf_histogram, cells_are_inside_their_table_and_never_go_back)
{
	unsigned int last = 0;

	for (uint64_t value_ns = 0; value_ns < 1ULL << 62; value_ns += 1 + value_ns / 31) {
		unsigned int cell = host_histogram_cell(value_ns);

		cr_assert(cell < 512 && cell >= last, "cell %u after %u", cell, last);
		last = cell;
	}
	cr_expect(host_histogram_cell(UINT64_MAX) < 512);
}

Test(bpf_histogram, bytes_at_and_beside_every_power_of_two_are_in_their_bucket)
{
	for (unsigned int exponent = 0; exponent < 64; exponent++)
		for (int step = -2; step <= 2; step++) {
			uint64_t bytes = (1ULL << exponent) + (uint64_t)step;
			unsigned int expected = 0;

			while (expected < BYTES_BUCKETS - 1 &&
			       bytes > 1ULL << (BYTES_MIN_EXPONENT + expected))
				expected++;
			eq(host_histogram_bytes_bucket(bytes), expected);
		}
}

Test(bpf_histogram, bytes_at_a_bound_are_in_the_bucket_that_ends_there)
{
	eq(host_histogram_bytes_bucket(0), 0);
	eq(host_histogram_bytes_bucket(64), 0);
	eq(host_histogram_bytes_bucket(65), 1);
	eq(host_histogram_bytes_bucket(128), 1);
	eq(host_histogram_bytes_bucket(1ULL << 33), BYTES_BUCKETS - 2);
	eq(host_histogram_bytes_bucket((1ULL << 33) + 1), BYTES_BUCKETS - 1);
	eq(host_histogram_bytes_bucket(UINT64_MAX), BYTES_BUCKETS - 1);
}
