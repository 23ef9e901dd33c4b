/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * How far something that is to happen at a steady interval happens behind its time, and why: for what the thread did itself, or
 * because it was ready to run and others had the CPUs.
 */
#include <stdbool.h>
#include <stdint.h>

enum punctuality_cause { PUNCTUALITY_SELF, PUNCTUALITY_CPU, PUNCTUALITY_CAUSES };

struct punctuality {
	uint64_t interval_ns, late_ns;
	uint64_t due_ns;    /* when the next is to happen */
	uint64_t waited_ns; /* for a CPU, as the thread last went to sleep before then */
	uint64_t minute;    /* of the clock, in which `worst_ns` and `work_ns` count */
	/* by cause; of one that was more than late_ns behind, the cause is the thread when its own part was that long */
	uint64_t worst_ns[PUNCTUALITY_CAUSES], worst_before_ns[PUNCTUALITY_CAUSES];
	uint64_t late[PUNCTUALITY_CAUSES];
	uint64_t work_ns, work_before_ns; /* the longest piece of other work */
};

extern const char *const punctuality_causes[PUNCTUALITY_CAUSES];

/* The first is due an interval after `now_ns`. `waited_ns`, here and below: how long the thread was ready to run and had no CPU, ever
 * since (time_waited_ns()). */
void punctuality_init(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns,
		      uint64_t interval_ns, uint64_t late_ns);
/* The thread is about to go to sleep. Of no effect when the next is due already. */
void punctuality_rest(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns);
/* It happens. What it is late is the waiting since the last rest as far as that goes, and the thread's own for the rest: so late it
 * would be with a CPU at each moment. After an overrun the next is due at the next multiple of the interval, as of a timerfd. */
void punctuality_note(struct punctuality *punctuality, uint64_t now_ns, uint64_t waited_ns);
/* A piece of other work has taken so much CPU time (of the thread: that others had the CPU meanwhile says nothing). Expected of
 * the next is the longest of this minute and the one before: who asks for much each 15 s is not forgotten for those who ask for little. */
void punctuality_work(struct punctuality *punctuality, uint64_t work_ns);
/* Whether it is due before a piece of work that begins now will have ended. At most a quarter of each interval, so that the work
 * has its turn however long it lasts. */
bool punctuality_is_near(const struct punctuality *punctuality, uint64_t now_ns);
/* The longest delay of this cause in this minute or the one before. */
uint64_t punctuality_worst_ns(const struct punctuality *punctuality, enum punctuality_cause cause);
