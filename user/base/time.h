/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Clocks, in nanoseconds. Asked for where the stages are wired (collector.c, daemon.c, verify.c); the model
 * and the readers get the time as an argument. */
#include <stdint.h>

#define NS_PER_S 1000000000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_US 1000ULL

uint64_t time_monotonic_ns(void); /* CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns() */
uint64_t time_boottime_ns(void);  /* CLOCK_BOOTTIME, the clock of task_struct.start_boottime */
uint64_t time_realtime_ns(void);
uint64_t time_thread_ns(void); /* CPU time of the calling thread */
/* How long the calling thread was ready to run and had no CPU, ever since; 0 where the kernel does not say (CONFIG_SCHED_INFO). */
uint64_t time_waited_ns(void);

/* "2026-11-22T03:39:55.332304756Z", or with an offset as +01:00 (RFC 3339, upper case), as CLOCK_REALTIME. Digits of the second
 * past the ninth do not count. 0, -EINVAL, or -ERANGE: before 1970 or after what 64 bits hold. */
int time_parse_rfc3339(const char *text, uint64_t *ret_realtime_ns);
