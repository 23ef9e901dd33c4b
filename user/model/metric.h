/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* metrics.def as descriptors: what the model, every output and the docs loop over. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk_record.h"
#include "metrics.h"
#include "record.h"
#include "record_tcp.h"

enum metric_level { LEVEL_CONTAINER = 1, LEVEL_PROGRAM = 2, LEVEL_NODE = 4, LEVEL_POD = 8 };
/* Rows are of the first three; an info is a gauge of 1 that says something by its labels. */
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };
enum metric_unit { UNIT_NONE, UNIT_SECONDS, UNIT_BYTES, UNIT_CORES };
enum metric_source {
	SOURCE_TASK,
	SOURCE_RECORD,
	SOURCE_NARROW,
	SOURCE_MODEL,
	SOURCE_FILE,
	SOURCE_CGROUP,
	SOURCE_GROUP,
	SOURCE_CPU,
	SOURCE_DISK,
	SOURCE_PEER,
	SOURCE_NETNS,
	SOURCE_NETDEV
};

enum metric_needs {
	NEEDS_TASKS,
	NEEDS_SWITCHES,
	NEEDS_CALLS,
	NEEDS_LATENCY,
	NEEDS_DISKS,
	NEEDS_VICTIMS,
	NEEDS_RESIDENT,
	NEEDS_USAGE,
	NEEDS_TCP,
	NEEDS_RETRANSMITS,
	NEEDS_RESETS,
	NEEDS_UDP,
	NEEDS_FILES
};

struct metric {
	const char *id;
	const char *name; /* without level, unit and _total */
	const char *help;
	const char *label;   /* label name, "a,b" for two, "" for none */
	unsigned int levels; /* enum metric_level, or-ed */
	enum metric_kind kind;
	enum metric_unit unit;
	enum metric_source source;
	enum metric_needs needs;
	unsigned int value;      /* index of the first value */
	unsigned int width;      /* number of label values, at least 1 */
	unsigned int label_base; /* enum label_value of the first */
};

extern const struct metric metrics[METRICS];

/* The level's word in family names: "container", "program", "node", "pod". */
const char *metric_level_name(enum metric_level level);

/* Writes "ktally_<level>_<name>_<unit>[_total]" with its NUL, for any level; returns its length or -ENAMETOOLONG. */
int metric_compose_name(const char *level, const char *name, enum metric_unit unit, enum metric_kind kind,
			char *text, size_t capacity);
/* Writes "ktally_<level>_<name>_<unit>[_total]" with its NUL; returns its length or -ENAMETOOLONG. */
int metric_family_name(const struct metric *metric, enum metric_level level, char *name, size_t capacity);

/* Text of label value `index` (0 <= index < width) of a metric split by an enumerated label; "a,b" for two labels.
 * NULL for the numbered ones (syscall, errno), see syscall_name() and errno_name(). */
const char *metric_label_value(const struct metric *metric, unsigned int index);

/* Name of a system call by its number on this architecture, "other" past the table. Never NULL for known calls;
 * NULL where the number is unassigned. */
const char *metric_syscall_name(unsigned int number);
/* "ENOENT"; NULL where the number is unassigned. */
const char *metric_errno_name(unsigned int number);

/* Bucket i of a histogram ends at 2^(min_exponent + i / 2^schema) of the unit, inclusive; the last takes all beyond
 * 2^(min_exponent + HISTOGRAM_OCTAVES). */
struct histogram_scale {
	int min_exponent;
	unsigned int schema;
};

static inline struct histogram_scale metric_scale(enum metric_unit unit)
{
	return unit == UNIT_BYTES ? (struct histogram_scale){ BYTES_MIN_EXPONENT, 0 } :
				    (struct histogram_scale){ HISTOGRAM_MIN_EXPONENT, HISTOGRAM_SCHEMA };
}

/* Fills floor(1e9 * 2^(MIN_EXPONENT + i/4)), i < HISTOGRAM_BOUNDS: the inclusive upper bounds of the buckets in ns. */
void metric_histogram_bounds_ns(uint64_t bounds_ns[HISTOGRAM_BOUNDS]);
