/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {};

	/* Cannot fail: the three clocks exist on every kernel that has BPF. */
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t time_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t time_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t time_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}
