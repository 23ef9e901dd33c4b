/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Values of the SELF rows of metrics.def: what ktally says about itself. Filled anew for each rendering. */
#include <stddef.h>
#include <stdint.h>

#include "model/metric.h"

enum self_id {
#define SELF(id, kind, unit, name, labels, help) SELF_##id,
#include "metrics.def"
#undef SELF
	SELF_METRICS
};

struct self_metric {
	const char *name;
	const char *labels; /* "", "a" or "a,b" */
	const char *help;
	enum metric_kind kind;
	enum metric_unit unit;
};

extern const struct self_metric self_metrics[SELF_METRICS];

struct self_value {
	enum self_id id;
	char label[2][128]; /* values; cut at 127 bytes */
	uint64_t value;     /* in the unit the metric is kept in: ns, bytes, a count */
};

struct self {
	struct self_value *values;
	size_t count, capacity;
	uint64_t lost; /* values that found no memory */
};

/* ktally's own process, for the `process_*` families. */
struct self_process {
	uint64_t cpu_ns;
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t open_fds;
	uint64_t max_fds;
	uint64_t start_time_ns; /* CLOCK_REALTIME */
};

/* Writes "ktally_self_<name>_<unit>[_total]" with its NUL; returns its length or -ENAMETOOLONG. */
int self_family_name(enum self_id id, char *name, size_t capacity);

void self_done(struct self *self);
void self_clear(struct self *self);
/* label_a, label_b: NULL where the metric has fewer labels. */
void self_set(struct self *self, enum self_id id, const char *label_a, const char *label_b, uint64_t value);
