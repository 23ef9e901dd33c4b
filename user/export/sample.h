/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Lines of the text format: families with their HELP and TYPE, samples, numbers. One sheet is one exposition. */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/metric.h"
#include "model/self.h"

#define FAMILY_NAME_SIZE 128
/* Every metric on three levels, everything about ktally, and what has no row: info, build, process. */
#define FAMILY_LIMIT (3 * METRICS + SELF_METRICS + 16)

struct text {
	const char *data;
	size_t size;
};

#define TEXT(literal) ((struct text){ literal, sizeof(literal) - 1 })

struct family {
	char name[FAMILY_NAME_SIZE];
	const char *help;
	enum metric_kind kind;
	unsigned int decimals; /* a value is kept in 10^-decimals of its unit */
	size_t series;         /* sample lines so far */
};

struct sheet {
	struct buffer *out;
	size_t count;
	struct family families[FAMILY_LIMIT]; /* those with samples; the last may still have none */
};

/* Begins a family; a previous one without samples is forgotten. Nothing is written before the first sample. `help` is
 * kept. A name that is too long marks the output as failed. */
void sample_begin_family(struct sheet *sheet, const char *name, const char *help, enum metric_kind kind,
			 enum metric_unit unit);

/* Decimals in which the unit is kept: 9 for seconds (ns), 3 for cores (thousandths), else 0. */
unsigned int sample_decimals(enum metric_unit unit);

/* One line of the current family: the texts `head` `labels` `tail`, together "name{labels} " with its blank, then the
 * value. HELP and TYPE go before the first. */
void sample_add(struct sheet *sheet, struct text head, struct text labels, struct text tail, uint64_t value,
		unsigned int decimals);

/* The same for a single sample: name of the family, `labels` as a="b",c="d" or empty. */
void sample_add_one(struct sheet *sheet, struct text labels, uint64_t value);

/* Appends `value` / 10^decimals exactly: no exponent, no zeros at the end. */
void sample_add_number(struct buffer *out, uint64_t value, unsigned int decimals);
