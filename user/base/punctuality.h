/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* How far something that is to happen at a steady interval happens behind its time. */
#include <stdbool.h>
#include <stdint.h>

struct punctuality {
	uint64_t interval_ns, late_ns;
	uint64_t due_ns; /* when the next is to happen */
	uint64_t minute; /* of the clock, in which `worst_ns` and `work_ns` count */
	uint64_t worst_ns, worst_before_ns;
	uint64_t late;                    /* how often it was more than late_ns behind */
	uint64_t work_ns, work_before_ns; /* the longest piece of other work */
};

/* The first is due an interval after `now_ns`. */
void punctuality_init(struct punctuality *punctuality, uint64_t now_ns, uint64_t interval_ns,
		      uint64_t late_ns);
/* It happens. After an overrun the next is due at the next multiple of the interval, as of a timerfd. */
void punctuality_note(struct punctuality *punctuality, uint64_t now_ns);
/* A piece of other work has taken so much CPU time (of the thread: that others had the CPU meanwhile says nothing). Expected of
 * the next is the longest of this minute and the one before: who asks for much each 15 s is not forgotten for those who ask for little. */
void punctuality_work(struct punctuality *punctuality, uint64_t work_ns);
/* Whether it is due before a piece of work that begins now will have ended. At most a quarter of each interval, so that the work
 * has its turn however long it lasts. */
bool punctuality_is_near(const struct punctuality *punctuality, uint64_t now_ns);
/* The longest delay in this minute or the one before. */
uint64_t punctuality_worst_ns(const struct punctuality *punctuality);
