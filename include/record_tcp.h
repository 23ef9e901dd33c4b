/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/* What record.h says, for TCP, and for what UDP drops. */
#include "record.h"

/* One per group; atomic adds. The values are those of source CGROUP in metrics.def. Histograms grow before the counters that
 * tell of them. */
#define TCP_VALUE(id) (V_TCP_##id - V_TCP_OPENED)
#define UDP_VALUE(id) (V_UDP_##id - V_TCP_OPENED)
#define TCP_VALUES TCP_VALUE(CONNECTIONS) /* those of UDP are the last */

enum tcp_histogram { TCP_CONNECT_LATENCY, TCP_ROUND_TRIP, TCP_DURATION, TCP_TIMES };
enum tcp_bytes { TCP_SENT, TCP_RECEIVED, TCP_BYTES };
#define TCP_HISTOGRAMS (TCP_TIMES + TCP_BYTES) /* in the model, in the order of metrics.def */

/* Payload of a connection: bounds at powers of two of a byte, upper bound inclusive, and as many octaves as for times. Bucket 0 takes
 * all up to 2^BYTES_MIN_EXPONENT, the last all beyond 2^(BYTES_MIN_EXPONENT + HISTOGRAM_OCTAVES). */
#define BYTES_MIN_EXPONENT 6 /* 64 B, so that the last bound is 8 GiB */
#define BYTES_BUCKETS (HISTOGRAM_OCTAVES + 2)

struct group_tcp {
	__u64 value[TCP_VALUES];
	__u64 found;  /* connections that were there before ktally */
	__u64 closed; /* of those opened and found */
	__u64 ended;  /* of those closed: nothing comes to them any more, their bytes are told */
	struct {
		__u64 sum_ns;
		__u32 bucket[HISTOGRAM_BUCKETS]; /* may wrap: differences count */
	} histogram[TCP_TIMES];
	struct {
		__u64 sum_bytes;
		__u32 bucket[BYTES_BUCKETS]; /* may wrap */
	} bytes[TCP_BYTES];
	__u32 connections; /* entries of connections[] that its cgroup has, but those of address 0; the reader subtracts */
	__u32 padding;
} __attribute__((aligned(64)));
