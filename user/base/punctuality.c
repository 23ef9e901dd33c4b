/* SPDX-License-Identifier: Apache-2.0 */
#include "base/punctuality.h"

#include "base/time.h"

#define NS_PER_MINUTE (60 * NS_PER_S)

const char *const punctuality_causes[PUNCTUALITY_CAUSES] = {
	[PUNCTUALITY_SELF] = "self",
	[PUNCTUALITY_CPU] = "cpu",
};

void punctuality_init(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns,
		      uint64_t interval_ns, uint64_t late_ns)
{
	*punctuality = (struct punctuality){ .interval_ns = interval_ns,
					     .late_ns = late_ns,
					     .due_ns = now_ns + interval_ns,
					     .waited_ns = waited_ns,
					     .minute = now_ns / NS_PER_MINUTE };
}

void punctuality_rest(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns)
{
	if (now_ns < punctuality->due_ns)
		punctuality->waited_ns = waited_ns;
}

static void begin_minute(struct punctuality *punctuality, uint64_t minute)
{
	bool is_next = minute == punctuality->minute + 1;

	for (unsigned int i = 0; i < PUNCTUALITY_CAUSES; i++) {
		punctuality->worst_before_ns[i] = is_next ? punctuality->worst_ns[i] : 0;
		punctuality->worst_ns[i] = 0;
	}
	punctuality->work_before_ns = is_next ? punctuality->work_ns : 0;
	punctuality->work_ns = 0;
	punctuality->minute = minute;
}

void punctuality_note(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns)
{
	uint64_t delay_ns = now_ns > punctuality->due_ns ? now_ns - punctuality->due_ns : 0;
	uint64_t wait_ns = waited_ns - punctuality->waited_ns;
	uint64_t cpu_ns = wait_ns < delay_ns ? wait_ns : delay_ns;
	uint64_t part_ns[] = { [PUNCTUALITY_SELF] = delay_ns - cpu_ns, [PUNCTUALITY_CPU] = cpu_ns };
	bool is_own = part_ns[PUNCTUALITY_SELF] > punctuality->late_ns;

	if (now_ns / NS_PER_MINUTE != punctuality->minute)
		begin_minute(punctuality, now_ns / NS_PER_MINUTE);
	for (unsigned int i = 0; i < PUNCTUALITY_CAUSES; i++)
		if (part_ns[i] > punctuality->worst_ns[i])
			punctuality->worst_ns[i] = part_ns[i];
	punctuality->late[is_own ? PUNCTUALITY_SELF : PUNCTUALITY_CPU] += delay_ns > punctuality->late_ns;
	punctuality->due_ns += (delay_ns / punctuality->interval_ns + 1) * punctuality->interval_ns;
	punctuality->waited_ns = waited_ns;
}

uint64_t punctuality_worst_ns(const struct punctuality *punctuality, enum punctuality_cause cause)
{
	uint64_t before_ns = punctuality->worst_before_ns[cause];

	return punctuality->worst_ns[cause] > before_ns ? punctuality->worst_ns[cause] : before_ns;
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
