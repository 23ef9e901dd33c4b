/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A sheet is one exposition being written, in any format: families one after the other, each with its samples. What many
 * samples have in common is made once, as bytes of the format: the labels of a subject once per exposition, the values
 * of a family's own label once per family.
 *
 * Families that are not rows of metrics.def are added like this (self_families.c is an example):
 *
 *     struct buffer labels = {};                          // kept while samples of this subject are added
 *     sheet_add_label(sheet, &labels, 0, "interface", name, limit);
 *     struct subject subject = { { labels.data, labels.size }, created_ns };
 *
 *     if (sheet_begin_family(sheet, "ktally_x_bytes_total", "Help.", METRIC_COUNTER, UNIT_BYTES)) {
 *             unsigned int in = sheet_add_own(sheet, "direction", "in");
 *
 *             sheet_add(sheet, &subject, in, value);     // for each subject: all samples of a family in one place
 *     }
 *
 * What a name from outside splits is a subject; own labels are for our own words.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "export/pieces.h"
#include "model/entity.h"
#include "model/metric.h"

#define FAMILY_NAME_SIZE 128

/* What a body is written as; see exposition_select() for what a client is told. */
enum sheet_body { SHEET_TEXT, SHEET_OPENMETRICS, SHEET_PROTOBUF, SHEET_BODIES };

/* Whom samples are about. */
struct subject {
	struct text
		labels; /* by sheet_add_label() for this sheet, the last of them at its end; empty: none */
	uint64_t created_ns; /* CLOCK_REALTIME since when its counters count; 0: not known */
};

/* Which families are written, and how. All 0: everything. */
struct sheet_choice {
	const char *const
		*names; /* only these: names of families, with or without _total, or of samples; none: all */
	size_t name_count;
	const char *const *exclude; /* not these: names of families as globs */
	size_t exclude_count;
	const char *const *drop; /* FAMILY:LABEL, see exposition_can_drop() */
	size_t drop_count;
	bool hides_zeros; /* of containers and programs: counters still at 0, histograms without observations */
	bool connections;    /* those of TCP connections by peer and port too */
	size_t series_limit; /* of sheet_spend(); 0: none */
	bool created;        /* OpenMetrics: a `_created` sample for each counter and histogram */
};

struct family {
	char name[FAMILY_NAME_SIZE];
	const char *help;
	enum metric_kind kind;
	enum metric_unit unit;
	unsigned int decimals; /* a value is kept in 10^-decimals of its unit */
	bool is_dated;         /* by its kind and name OpenMetrics allows `_created` */
	size_t series; /* samples so far, each bucket, sum and count of a classic histogram being one */
};

struct sheet;

/* Whether the settings let a family of that name be written. */
bool sheet_choice_has(const struct sheet_choice *choice, const char *name);

/* `choice` (NULL: all) and `out` must stay until sheet_free(). 0 or -ENOMEM. */
int sheet_new(enum sheet_body body, const struct sheet_choice *choice, struct buffer *out,
	      struct sheet **ret_sheet);
/* Writes what closes the exposition. Whether all went well is out->failed. */
void sheet_end(struct sheet *sheet);
void sheet_free(struct sheet *sheet);

/* The families with samples so far; the last may still have none. */
const struct family *sheet_families(const struct sheet *sheet, size_t *ret_count);
/* The family that has begun will have so many series, of those that the limit is for. False: they would go past it; it is left
 * out as a whole, what is added to it ignored. */
bool sheet_spend(struct sheet *sheet, size_t series);
/* The families that were left out: only name and series. */
const struct family *sheet_left_out(const struct sheet *sheet, size_t *ret_count);
/* Marks the output as failed if `is_failed`: for what the caller put together itself. */
void sheet_fail(struct sheet *sheet, bool is_failed);

/* Appends a label to a subject's labels, which begin at `begin` of the buffer. `value` may be any bytes: see label.h for
 * what becomes of it. */
void sheet_add_label(const struct sheet *sheet, struct buffer *labels, size_t begin, const char *name,
		     const char *value, size_t limit);

/* Begins a family; a previous one without samples is forgotten. Nothing is written before the first sample. `name` is that
 * of the samples: a counter's ends in _total, an info's in _info. `help` is kept. False: it is not wanted, and what is
 * added to it is ignored. A name that is too long marks the output as failed. */
bool sheet_begin_family(struct sheet *sheet, const char *name, const char *help, enum metric_kind kind,
			enum metric_unit unit);

/* Own labels of samples of this family, beside those of the subject: `names` "a" or "a,b" with the values "x" or "x,y". The
 * number is for sheet_add(); 0 is none, always. Less than PIECES_LIMIT in a family. */
unsigned int sheet_add_own(struct sheet *sheet, const char *names, const char *values);

/* One sample of a counter, gauge or info; `value` is kept in the family's unit (ns, bytes, thousandths of cores). */
void sheet_add(struct sheet *sheet, const struct subject *subject, unsigned int own, uint64_t value);

/* One histogram: classic buckets at the powers of two of the unit's scale, but for the lowest `first_octave` of them, and native ones
 * where the format has them. What is below the first bucket's end is told as one, however it lies in `histogram`. Cheapest when all
 * subjects of one `own` follow each other. */
void sheet_add_histogram(struct sheet *sheet, const struct subject *subject, unsigned int own,
			 unsigned int first_octave, const struct histogram *histogram);

/* Series of one histogram in its classic form. */
size_t sheet_histogram_series(unsigned int first_octave);
