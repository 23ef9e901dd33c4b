/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * metrics.def as indices. Both sides use them: a value of a thread, program, container or of the node is value[V_x + i],
 * where i is VALUE_INDEX(dimension, id) for a metric that is split by a label.
 */

/* One sequence over all dimensions; <dimension>_BEGIN and _END frame each. */
enum label_value {
#define LABEL(dimension, name) dimension##_BEGIN, dimension##_BEFORE = dimension##_BEGIN - 1,
#define VALUE(dimension, id, text) dimension##_AT_##id,
#define LABEL_END(dimension) dimension##_END, dimension##_LAST = dimension##_END - 1,
#include "metrics.def"
#undef LABEL
#undef VALUE
#undef LABEL_END
	LABEL_VALUES
};

#define VALUE_INDEX(dimension, id) (dimension##_AT_##id - dimension##_BEGIN)
#define DIMENSION_WIDTH(dimension) (dimension##_END - dimension##_BEGIN)

enum metric_id {
#define METRIC(id, levels, kind, unit, name, dimension, source, needs, help) M_##id,
#include "metrics.def"
#undef METRIC
	METRICS
};

/* Where the values of a metric begin. Histograms and per-CPU tables live elsewhere and only hold the place of one. */
enum value_index {
#define METRIC(id, levels, kind, unit, name, dimension, source, needs, help) \
	V_##id, V_##id##_LAST = V_##id + (DIMENSION_WIDTH(dimension) ?: 1) - 1,
#include "metrics.def"
#undef METRIC
	VALUES
};

/* The sources are sorted, so each is a range of indices and the narrower tables are a prefix of the wider. */
#define TASK_VALUES V_SYSCALLS              /* copied from task_struct */
#define RECORD_VALUES V_FILE_READS          /* kept in a thread's record */
#define THREAD_VALUES V_STARTS              /* and those kept there in 32 bits */
#define PROGRAM_VALUES V_START_TIME         /* kept for a program */
#define CONTAINER_VALUES V_RUNQUEUE_LATENCY /* kept for a container and the node */
/* Kept for a pod, at value[V_NETNS_x - V_NETNS_ACCEPT_OVERFLOWS]. */
#define NETNS_VALUES (V_NETDEV_RECEIVE - V_NETNS_ACCEPT_OVERFLOWS)
/* The last: kept for an interface, at value[V_NETDEV_x - V_NETDEV_RECEIVE]. */
#define NETDEV_VALUES (VALUES - V_NETDEV_RECEIVE)

#define NARROW_VALUES (THREAD_VALUES - RECORD_VALUES)

/* Payload: what each CPU also counts as one total. */
#define BYTES_BEGIN V_FILE_READ
#define BYTES_END (V_NETWORK_TRANSMIT_LAST + 1)
