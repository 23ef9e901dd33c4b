/* SPDX-License-Identifier: Apache-2.0 */
#include "model/focus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REST_NS 1000000000ULL

static void forget(struct focus_place *place)
{
	free(place->namespace);
	free(place->pod);
	free(place->container);
	free(place->counts);
	free(place->calls_before);
	*place = (struct focus_place){};
}

void focus_done(struct focus *focus)
{
	for (unsigned int i = 0; i < FOCUS_PLACES; i++)
		forget(&focus->place[i]);
}

void focus_release(struct focus_place *place, uint64_t now_ns)
{
	forget(place);
	place->free_ns = now_ns + REST_NS;
}

static struct focus_place *find(struct focus *focus, const char *namespace, const char *pod,
				const char *container)
{
	for (unsigned int i = 0; i < FOCUS_PLACES; i++) {
		struct focus_place *place = &focus->place[i];

		if (place->is_taken && strcmp(place->container, container) == 0 &&
		    strcmp(place->pod, pod) == 0 && strcmp(place->namespace, namespace) == 0)
			return place;
	}
	return NULL;
}

static struct focus_place *take_free(struct focus *focus, uint64_t now_ns)
{
	for (unsigned int i = 0; i < FOCUS_PLACES; i++) {
		struct focus_place *place = &focus->place[i];

		if (!place->is_taken && place->free_ns <= now_ns)
			return place;
	}
	return NULL;
}

enum focus_state focus_ask(struct focus *focus, const char *namespace, const char *pod, const char *container,
			   uint64_t now_ns, const struct focus_place **ret_place)
{
	struct focus_place *place = find(focus, namespace, pod, container);

	*ret_place = NULL;
	if (focus->reason)
		return FOCUS_OFF;
	if (!place) {
		place = take_free(focus, now_ns);
		if (!place) {
			focus->refused++;
			return FOCUS_BUSY;
		}
		place->namespace = strdup(namespace);
		place->pod = strdup(pod);
		place->container = strdup(container);
		if (!place->namespace || !place->pod || !place->container) {
			forget(place);
			focus->refused++;
			return FOCUS_BUSY;
		}
		place->is_taken = true;
	}
	place->asked_ns = now_ns;
	*ret_place = place;
	return place->is_counting && place->counts ? FOCUS_ON : FOCUS_STARTING;
}

const char *focus_state_name(enum focus_state state)
{
	static const char *const names[] = { "off", "starting", "on", "busy" };

	return names[state];
}

bool focus_is_due(const struct focus_place *place, uint64_t now_ns)
{
	return place->is_taken && now_ns > place->asked_ns && now_ns - place->asked_ns > FOCUS_LEASE_NS;
}

void focus_take(struct focus_place *place, const struct focus_counts *counts, uint64_t realtime_ns)
{
	bool is_first = !place->counts;

	if (is_first) {
		place->counts = malloc(sizeof(*place->counts));
		place->calls_before = calloc(SYSCALL_NUMBERS, sizeof(*place->calls_before));
		if (!place->counts || !place->calls_before) {
			free(place->counts);
			free(place->calls_before);
			place->counts = NULL;
			place->calls_before = NULL;
			return; /* tried again at the next reading */
		}
	} else {
		memcpy(place->calls_before, place->counts->calls, sizeof(place->counts->calls));
		place->interval_ns = realtime_ns > place->read_ns ? realtime_ns - place->read_ns : 0;
	}
	memcpy(place->counts, counts, sizeof(*counts));
	place->read_ns = realtime_ns;
}

double focus_calls_per_second(const struct focus_place *place, unsigned int number)
{
	if (!place->interval_ns)
		return NAN;
	return (double)(place->counts->calls[number] - place->calls_before[number]) /
	       ((double)place->interval_ns / 1e9);
}

/* Upper bound of a bucket in seconds; the last one has none and counts as its lower one. */
static double get_bound(unsigned int bucket)
{
	if (bucket == FOCUS_BUCKETS - 1)
		bucket--;
	return ldexp(bucket % 2 ? M_SQRT2 : 1, HISTOGRAM_MIN_EXPONENT + (int)(bucket / 2));
}

double focus_latency(const struct focus_place *place, unsigned int number, double quantile)
{
	const uint32_t *bucket = &place->counts->latency[number * FOCUS_BUCKETS];
	uint64_t total = 0, below = 0;
	double rank;

	for (unsigned int i = 0; i < FOCUS_BUCKETS; i++)
		total += bucket[i];
	if (!total)
		return NAN;
	rank = quantile * (double)total;
	for (unsigned int i = 0; i < FOCUS_BUCKETS; i++) {
		double lower = i ? get_bound(i - 1) : 0, upper = get_bound(i);

		if (bucket[i] && (double)(below + bucket[i]) >= rank)
			return lower + (upper - lower) * (rank - (double)below) / bucket[i];
		below += bucket[i];
	}
	return get_bound(FOCUS_BUCKETS - 1);
}
