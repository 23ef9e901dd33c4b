/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Containers that somebody looks at closely: their system calls one by one, with errors and latencies. Whoever is asked about one asks
 * here; that holds a place for the container, of which there are few, until FOCUS_LEASE_NS after the last question. read/focus.h begins
 * and ends the counting and brings the numbers.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "focus_record.h"

#define FOCUS_LEASE_NS 10000000000ULL

enum focus_state {
	FOCUS_OFF,      /* not possible here: focus->reason */
	FOCUS_STARTING, /* counts from the next turn on, a quarter of a second at most */
	FOCUS_ON,
	FOCUS_BUSY, /* all places are others' */
};

struct focus_place {
	bool is_taken;
	bool is_counting;
	char *namespace, *pod, *container;
	uint64_t asked_ns; /* CLOCK_MONOTONIC of the last question */
	uint64_t free_ns; /* a place that was given up is nobody's before this: a hook may still be running */
	uint64_t began_ns;           /* CLOCK_REALTIME of the beginning */
	uint64_t read_ns;            /* CLOCK_REALTIME of the numbers; 0: none yet */
	uint64_t interval_ns;        /* between the last two readings; 0: there were not two */
	struct focus_counts *counts; /* since the beginning; NULL before the first reading */
	uint64_t *calls_before;      /* [SYSCALL_NUMBERS] at the reading before the last */
};

struct focus {
	struct focus_place place[FOCUS_PLACES];
	const char *reason; /* why there can be none; NULL when there can */
	uint64_t refused;   /* questions answered by FOCUS_BUSY */
};

void focus_done(struct focus *focus);

/* A question about the container of these names, which there is. *ret_place is its place when the answer is FOCUS_STARTING or FOCUS_ON. */
enum focus_state focus_ask(struct focus *focus, const char *namespace, const char *pod, const char *container,
			   uint64_t now_ns, const struct focus_place **ret_place);
/* "off", "starting", "on", "busy". */
const char *focus_state_name(enum focus_state state);

/* Of a place with counts: calls of a number per second between the last two readings, NAN when not known. */
double focus_calls_per_second(const struct focus_place *place, unsigned int number);
/* The latency in seconds that the share `quantile` of the calls of a number does not pass; NAN without a timed call. Bounds of buckets are a factor
 * of 1.41 apart, between them it is linear. */
double focus_latency(const struct focus_place *place, unsigned int number, double quantile);

/* ---- for read/focus.h ---- */

bool focus_is_due(const struct focus_place *place, uint64_t now_ns); /* its lease is over */
/* Takes numbers just read. */
void focus_take(struct focus_place *place, const struct focus_counts *counts, uint64_t realtime_ns);
/* Nobody's from now on; not given away for a second. */
void focus_release(struct focus_place *place, uint64_t now_ns);
