/* SPDX-License-Identifier: Apache-2.0 */
/* Ticks in the loop of the handlers, and how late they are, as the daemon has them. */
#pragma once
#include "base/punctuality.h"
#include "unit/http_world.h"

static struct punctuality ticks;

static int rest_between_ticks(void *context)
{
	(void)context;
	punctuality_rest(&ticks, time_monotonic_ns(), time_waited_ns());
	return -1;
}

static void note_tick(void *context)
{
	(void)context;
	punctuality_note(&ticks, time_monotonic_ns(), time_waited_ns());
	http_tick(http);
}

static void add_ticks(uint64_t interval_ns, uint64_t late_ns)
{
	loop_set_prepare(loop, rest_between_ticks, NULL);
	cr_assert_eq(loop_add_timer(loop, interval_ns, note_tick, NULL), 0);
	punctuality_init(&ticks, time_monotonic_ns(), 0, interval_ns, late_ns);
}
