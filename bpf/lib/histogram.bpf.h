/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Bucket of a duration, with bounds at 2^(i/4) seconds, or of bytes; upper bound inclusive. Pure; compiled for the host by the unit
 * tests. */

/* floor(log2(value)) for value > 0, without branches. */
static __always_inline __u32 log2_floor(__u64 value)
{
	__u64 result, step;

	step = ((0xffffffffULL - value) >> 63) << 5;
	value >>= step;
	result = step;
	step = ((0xffffULL - value) >> 63) << 4;
	value >>= step;
	result |= step;
	step = ((0xffULL - value) >> 63) << 3;
	value >>= step;
	result |= step;
	step = ((0xfULL - value) >> 63) << 2;
	value >>= step;
	result |= step;
	step = ((3ULL - value) >> 63) << 1;
	value >>= step;
	result |= step;
	return result | value >> 1;
}

/* The cell of (octave, 3 mantissa bits) a value lies in: it holds at most one bound, for octaves are cut in 8 and bounds in 4. */
static __always_inline __u32 histogram_cell(__u64 value_ns)
{
	__u32 octave;

	if (value_ns >> 62)
		value_ns =
			1ULL << 62; /* log2_floor() takes the sign bit for its own; far past the last bound */
	if (value_ns < 8)
		return value_ns;
	octave = log2_floor(value_ns);
	return ((octave - 2) << 3) + ((value_ns >> (octave - 3)) & 7);
}

/* 0 .. HISTOGRAM_BUCKETS - 1. The masks are for verifiers that lose the range of a shifted value (5.10, 6.1). */
static __always_inline __u32 histogram_bucket(const volatile struct probe_config *table, __u64 value_ns)
{
	__u32 cell = histogram_cell(value_ns), bucket;

	barrier_var(cell);
	cell &= 511;
	bucket = table->histogram_first[cell];
	barrier_var(bucket);
	bucket &= 127;
	return bucket + (value_ns > table->histogram_bound_ns[bucket]);
}

/* 0 .. BYTES_BUCKETS - 1: bounds at 2^BYTES_MIN_EXPONENT, and at each power of two after it. */
static __always_inline __u32 histogram_bytes_bucket(__u64 bytes)
{
	__u32 bucket;

	if (bytes <= 1ULL << BYTES_MIN_EXPONENT)
		return 0;
	if (bytes >> (BYTES_MIN_EXPONENT + HISTOGRAM_OCTAVES + 1))
		return BYTES_BUCKETS - 1;
	bucket = log2_floor(bytes - 1) + 1 - BYTES_MIN_EXPONENT;
	barrier_var(bucket);
	return bucket & 31;
}
