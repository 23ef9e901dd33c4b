/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * series.def as descriptors, and the numbers themselves.
 *
 * Those of kinds RATE and QUANTILE are of the last finished tick, over its exact length and the same for everybody who asks; what did
 * nothing in it has the rate 0. Those of files (memory, throttling, pressure) are as of the last reading, and their rates over the
 * time between the last two: up to 10 s, or 1 s for what is being looked at (model_view()). What is not known is NAN, never 0.
 */
#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"

enum series_id {
#define SERIES(name, levels, kind, metric, first, count, argument, history) SERIES_##name,
#include "model/series.def"
#undef SERIES
	SERIES_COUNT
};

enum series_kind { SERIES_RATE, SERIES_GAUGE, SERIES_SHARE, SERIES_RATIO, SERIES_QUANTILE };
/* Beside enum metric_level. */
#define LEVEL_PROCESS 16

struct series {
	const char *name;    /* of the JSON field */
	unsigned int levels; /* enum metric_level and LEVEL_PROCESS, or-ed */
	enum series_kind kind;
	enum metric_id metric;
	unsigned int value, count; /* indices of values */
	unsigned int argument;     /* see series.def */
	bool history;
};

extern const struct series series_table[SERIES_COUNT];

/* What windows keep: the first rows. series.c checks that these are the last ones of each. */
#define SERIES_PROCESS_RATES (SERIES_network_transmit_bytes_per_second + 1)
#define SERIES_PROGRAM_RATES (SERIES_process_failures_per_second + 1)
#define SERIES_RATES (SERIES_tcp_retransmits_per_second + 1) /* of a container or the node */

/* Fills model->fed. */
void series_feed(uint8_t fed[CONTAINER_VALUES][2]);

/* The series of this name, or SERIES_COUNT. */
enum series_id series_find(const char *name);

/*
 * Ends the tick under way: what grew since the call before is what the rates are made of from now on. Once per tick, after the
 * pass; the first call only begins.
 */
void series_tick(struct model *model, uint64_t now_ns);
/* Length of the last finished tick; 0 before there is one. */
uint64_t series_interval_ns(const struct model *model);

/* NAN when the series is not of that level. */
double series_of_container(const struct model *model, const struct container *container, enum series_id id);
double series_of_program(const struct model *model, const struct program *program, enum series_id id);
double series_of_process(const struct model *model, const struct process *process, enum series_id id);
double series_of_node(const struct model *model, enum series_id id);

/*
 * Sums over several containers, such as those of a pod: begins with all NAN; what is unknown of one is left out of the sum.
 * Series that do not add up (kinds SHARE, RATIO, QUANTILE) stay NAN.
 */
void series_sum_begin(double sums[SERIES_COUNT]);
void series_sum_add(double sums[SERIES_COUNT], const struct model *model, const struct container *container);
/* The sum over the containers of one pod. Looks at all containers: for one question, not for a list. */
double series_of_pod(const struct model *model, const char *namespace, const char *pod, enum series_id id);

/*
 * The value below which the fraction `quantile` of the run-queue waits in `bucket` lies, in seconds; NAN when there are none. Inside
 * a bucket the place is found as Prometheus does for native histograms: on a logarithmic scale, but linear in the first bucket,
 * which begins at 0. Past the last bound it is that bound.
 */
double series_quantile(const uint32_t bucket[WAIT_BUCKETS], double quantile);
/* WAIT_BUCKETS - 1 inclusive upper bounds. */
void series_wait_bounds_seconds(double bounds[WAIT_BUCKETS - 1]);
