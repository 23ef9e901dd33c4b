/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of metrics.def and classes.def as constant data. What the rest of ktally takes for granted about the rows (order,
 * levels) is asserted here, so that a bad row does not compile. */
#include "model/metric.h" /* before errno.h: `errno` is also a dimension */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Letters of the column `levels`; only in this file. */
#define C LEVEL_CONTAINER
#define P LEVEL_PROGRAM
#define N LEVEL_NODE
#define POD LEVEL_POD

/* label_of_<dimension>[]: the label's name, and by its address the dimension itself */
#define LABEL(dimension, name) static const char label_of_##dimension[] = name;
#define VALUE(dimension, id, text)
#define LABEL_END(dimension)
#include "metrics.def"
#undef LABEL
#undef VALUE
#undef LABEL_END

static const struct {
	const char *label;
	const char *text;
} label_values[LABEL_VALUES] = {
#define LABEL(dimension, name)
#define VALUE(dimension, id, text) [dimension##_AT_##id] = { label_of_##dimension, text },
#define LABEL_END(dimension)
#include "metrics.def"
#undef LABEL
#undef VALUE
#undef LABEL_END
};

/* DIMENSION_WIDTH() would expand a dimension that is a macro elsewhere (errno), pasting does not. */
#define METRIC(id_, levels_, kind_, unit_, name_, dimension, source_, needs_, help_) \
	[M_##id_] = {                                                                \
		.id = #id_,                                                          \
		.name = name_,                                                       \
		.help = help_,                                                       \
		.label = label_of_##dimension,                                       \
		.levels = levels_,                                                   \
		.kind = METRIC_##kind_,                                              \
		.unit = UNIT_##unit_,                                                \
		.source = SOURCE_##source_,                                          \
		.needs = NEEDS_##needs_,                                             \
		.value = V_##id_,                                                    \
		.width = V_##id_##_LAST - V_##id_ + 1,                               \
		.label_base = dimension##_BEGIN,                                     \
	},
const struct metric metrics[METRICS] = {
#include "metrics.def"
};
#undef METRIC

/* Rows are sorted by source: each source is a range of values, and the narrower tables are a prefix of the wider. */
#define METRIC(id, levels, kind, unit, name, dimension, source, needs, help)                               \
	_Static_assert((SOURCE_##source == SOURCE_TASK) == (V_##id##_LAST < TASK_VALUES), #id);            \
	_Static_assert((SOURCE_##source <= SOURCE_RECORD) == (V_##id##_LAST < RECORD_VALUES), #id);        \
	_Static_assert((SOURCE_##source <= SOURCE_NARROW) == (V_##id##_LAST < THREAD_VALUES), #id);        \
	_Static_assert((SOURCE_##source <= SOURCE_MODEL) == (V_##id##_LAST < PROGRAM_VALUES), #id);        \
	_Static_assert((SOURCE_##source <= SOURCE_CGROUP) == (V_##id##_LAST < CONTAINER_VALUES), #id);     \
	_Static_assert(!((levels)&P) || SOURCE_##source <= SOURCE_MODEL, #id " is not kept for programs"); \
	_Static_assert(!((levels)&C) || SOURCE_##source != SOURCE_CPU, #id " is not kept for containers"); \
	_Static_assert(METRIC_##kind != METRIC_HISTOGRAM || SOURCE_##source == SOURCE_GROUP ||             \
			       SOURCE_##source == SOURCE_DISK,                                             \
		       #id);                                                                               \
	_Static_assert(METRIC_##kind == METRIC_HISTOGRAM || SOURCE_##source != SOURCE_GROUP, #id);         \
	_Static_assert(SOURCE_##source != SOURCE_DISK || (levels) == N, #id);                              \
	_Static_assert((SOURCE_##source == SOURCE_NETDEV) == (V_##id >= V_NETDEV_RECEIVE), #id);           \
	_Static_assert((SOURCE_##source >= SOURCE_NETNS) == (V_##id >= V_NETNS_ACCEPT_OVERFLOWS), #id);    \
	_Static_assert(SOURCE_##source != SOURCE_PEER || (levels) == C, #id);                              \
	_Static_assert((SOURCE_##source >= SOURCE_NETNS) == ((levels) == POD), #id);
#include "metrics.def"
#undef METRIC

#undef C
#undef P
#undef N
#undef POD

static const char *const syscall_names[SYSCALL_NUMBERS] = {
#define SYSCALL(number, name, class, wait) [number] = #name,
#include "classes.def"
#undef SYSCALL
};

#define SYSCALL(number, name, class, wait) _Static_assert((number) < SYSCALL_NUMBERS - 1, #name);
#include "classes.def"
#undef SYSCALL

const char *metric_level_name(enum metric_level level)
{
	switch (level) {
	case LEVEL_CONTAINER:
		return "container";
	case LEVEL_PROGRAM:
		return "program";
	case LEVEL_NODE:
		return "node";
	case LEVEL_POD:
		return "pod";
	}
	assert(!"one level");
	return "";
}

int metric_compose_name(const char *level, const char *name, enum metric_unit unit, enum metric_kind kind,
			char *text, size_t capacity)
{
	static const char *const unit_suffix[] = {
		[UNIT_NONE] = "",
		[UNIT_SECONDS] = "_seconds",
		[UNIT_BYTES] = "_bytes",
		[UNIT_CORES] = "_cores",
	};
	int length = snprintf(text, capacity, "ktally_%s_%s%s%s", level, name, unit_suffix[unit],
			      kind == METRIC_COUNTER ? "_total" : "");

	if (length < 0 || (size_t)length >= capacity)
		return -ENAMETOOLONG;
	return length;
}

int metric_family_name(const struct metric *metric, enum metric_level level, char *name, size_t capacity)
{
	return metric_compose_name(metric_level_name(level), metric->name, metric->unit, metric->kind, name,
				   capacity);
}

const char *metric_label_value(const struct metric *metric, unsigned int index)
{
	unsigned int at = metric->label_base + index;

	/* The numbered dimensions have no rows: what stands at their base is another dimension's, or nothing. */
	if (at >= COUNT_OF(label_values) || label_values[at].label != metric->label)
		return NULL;
	return label_values[at].text;
}

const char *metric_syscall_name(unsigned int number)
{
	if (number >= SYSCALL_NUMBERS - 1)
		return "other";
	return syscall_names[number];
}

const char *metric_errno_name(unsigned int number)
{
	if (number == 0)
		return NULL;
	if (number >= ERRNO_NUMBERS - 1)
		return "other";
	return strerrorname_np((int)number);
}

void metric_histogram_bounds_ns(uint64_t bounds_ns[HISTOGRAM_BOUNDS])
{
	/* floor(1e9 * 2^(i/4) * 2^20): shifting right gives the floor of every octave below exactly */
	static const uint64_t quarter[4] = { 1048576000000000, 1246974039821093, 1482910400378930,
					     1763487599042157 };

	_Static_assert(HISTOGRAM_SCHEMA == 2, "four bounds an octave");
	_Static_assert(HISTOGRAM_MAX_EXPONENT <= 20 && HISTOGRAM_MIN_EXPONENT > -44, "within the shift");
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++)
		bounds_ns[i] = quarter[i % 4] >> (20 - (HISTOGRAM_MIN_EXPONENT + i / 4));
}
