/* SPDX-License-Identifier: Apache-2.0 */
#include "base/punctuality.h"

#include "base/time.h"

#define NS_PER_MINUTE (60 * NS_PER_S)

void punctuality_init(struct punctuality *punctuality, uint64_t now_ns, uint64_t interval_ns,
		      uint64_t late_ns)
{
	*punctuality = (struct punctuality){ .interval_ns = interval_ns,
					     .late_ns = late_ns,
					     .due_ns = now_ns + interval_ns,
					     .minute = now_ns / NS_PER_MINUTE };
}

void punctuality_note(struct punctuality *punctuality, uint64_t now_ns)
{
	uint64_t delay_ns = now_ns > punctuality->due_ns ? now_ns - punctuality->due_ns : 0;
	uint64_t minute = now_ns / NS_PER_MINUTE;

	if (minute != punctuality->minute) {
		bool is_next = minute == punctuality->minute + 1;

		punctuality->worst_before_ns = is_next ? punctuality->worst_ns : 0;
		punctuality->worst_ns = 0;
		punctuality->work_before_ns = is_next ? punctuality->work_ns : 0;
		punctuality->work_ns = 0;
		punctuality->minute = minute;
	}
	if (delay_ns > punctuality->worst_ns)
		punctuality->worst_ns = delay_ns;
	punctuality->late += delay_ns > punctuality->late_ns;
	punctuality->due_ns += (delay_ns / punctuality->interval_ns + 1) * punctuality->interval_ns;
}

uint64_t punctuality_worst_ns(const struct punctuality *punctuality)
{
	return punctuality->worst_ns > punctuality->worst_before_ns ? punctuality->worst_ns :
								      punctuality->worst_before_ns;
}

void punctuality_work(struct punctuality *punctuality, uint64_t work_ns)
{
	if (work_ns > punctuality->work_ns)
		punctuality->work_ns = work_ns;
}

bool punctuality_is_near(const struct punctuality *punctuality, uint64_t now_ns)
{
	uint64_t bound_ns = punctuality->interval_ns / 4, work_ns = punctuality->work_ns;

	if (work_ns < punctuality->work_before_ns)
		work_ns = punctuality->work_before_ns;
	return now_ns + (work_ns < bound_ns ? work_ns : bound_ns) > punctuality->due_ns;
}
