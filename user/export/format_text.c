/* SPDX-License-Identifier: Apache-2.0 */
/* The two text formats, 0.0.4 and OpenMetrics 1.0: the same lines under other headings. The inner loop of a scrape: one
 * reservation a line, then plain copies; no printf. */
#include <stdio.h>
#include <string.h>

#include "export/format.h"
#include "export/label.h"
#include "base/number.h"

enum head { HEAD_NAME, HEAD_BUCKET, HEAD_SUM, HEAD_COUNT, HEAD_CREATED };

static bool is_openmetrics(const struct sheet *sheet)
{
	return sheet->format == &format_openmetrics;
}

/* The labels of a subject are {a="b",c="d" and what ends them is ,e="f"} or just } with a blank. */
static void add_label(struct buffer *labels, bool is_first, const char *name, const char *value, size_t limit)
{
	buffer_add(labels, is_first ? "{" : ",", 1);
	label_add(labels, name, value, limit);
}

static void end_own(struct buffer *own)
{
	buffer_add(own, "} ", 2);
}

/* ---- headings ---- */

static void set_head(struct sheet *sheet, enum head head, const char *name, size_t size, const char *suffix)
{
	int length = snprintf(sheet->head_data[head], sizeof(sheet->head_data[head]), "%.*s%s", (int)size,
			      name, suffix);

	sheet->head[head] = (struct text){ sheet->head_data[head], (size_t)length };
}

static void set_heads(struct sheet *sheet, const char *name, size_t base_size)
{
	size_t size = strlen(name);

	set_head(sheet, HEAD_NAME, name, size, "");
	set_head(sheet, HEAD_CREATED, name, base_size, "_created");
	set_head(sheet, HEAD_BUCKET, name, size, "_bucket");
	set_head(sheet, HEAD_SUM, name, size, "_sum");
	set_head(sheet, HEAD_COUNT, name, size, "_count");
}

static void add_heading(struct buffer *out, const char *what, const char *name, size_t size)
{
	buffer_add_string(out, what);
	buffer_add(out, name, size);
	buffer_add(out, " ", 1);
}

static void begin_family_text(struct sheet *sheet, const struct family *family)
{
	static const char *const kinds[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_INFO] = "gauge",
	};
	size_t size = strlen(family->name);

	set_heads(sheet, family->name, size);
	add_heading(sheet->out, "# HELP ", family->name, size);
	label_escape_help(sheet->out, family->help, false);
	add_heading(sheet->out, "\n# TYPE ", family->name, size);
	buffer_add_string(sheet->out, kinds[family->kind]);
	buffer_add(sheet->out, "\n", 1);
}

/* The family is named without the suffix that its type demands of the samples. A counter or info that has none, which only
 * names of others are, cannot be one here. */
static void begin_family_openmetrics(struct sheet *sheet, const struct family *family)
{
	static const struct {
		const char *kind, *suffix;
	} kinds[] = {
		[METRIC_COUNTER] = { "counter", "_total" },
		[METRIC_GAUGE] = { "gauge", "" },
		[METRIC_HISTOGRAM] = { "histogram", "" },
		[METRIC_INFO] = { "info", "_info" },
	};
	const char *suffix = kinds[family->kind].suffix, *unit = format_unit(family);
	size_t size = strlen(family->name), suffix_size = strlen(suffix);
	bool is_kind = size > suffix_size && strcmp(family->name + size - suffix_size, suffix) == 0;
	struct buffer *out = sheet->out;

	size -= is_kind ? suffix_size : 0;
	set_heads(sheet, family->name, size);
	add_heading(out, "# TYPE ", family->name, size);
	buffer_add_string(out, is_kind ? kinds[family->kind].kind : "unknown");
	if (*unit) {
		add_heading(out, "\n# UNIT ", family->name, size);
		buffer_add_string(out, unit);
	}
	add_heading(out, "\n# HELP ", family->name, size);
	label_escape_help(out, family->help, true);
	buffer_add(out, "\n", 1);
}

/* ---- samples ---- */

static void add_line(struct sheet *sheet, enum head head_index, struct text labels, struct text tail,
		     uint64_t value, unsigned int decimals)
{
	struct text head = sheet->head[head_index];
	struct buffer *out = sheet->out;
	char *at;

	if (!buffer_reserve(out, head.size + labels.size + tail.size + NUMBER_SIZE + TEXT_SLACK))
		return;
	at = text_put(out->data + out->size, head);
	if (labels.size > 0) {
		at = text_put(text_put(at, labels), tail);
	} else if (tail.data[0] == ',') {
		*at++ = '{';
		at = text_put(at, (struct text){ tail.data + 1, tail.size - 1 });
	} else {
		*at++ = ' ';
	}
	at = number_put(at, value, decimals);
	*at++ = '\n';
	out->size = (size_t)(at - out->data);
}

static void add(struct sheet *sheet, const struct family *family, const struct subject *subject,
		struct text own, uint64_t value)
{
	add_line(sheet, HEAD_NAME, subject->labels, own, value, family->decimals);
	if (format_shows_created(sheet, family, subject))
		add_line(sheet, HEAD_CREATED, subject->labels, own, subject->created_ns, 9);
}

/* A power of two as Prometheus spells it: exact (at most 17 digits), with an exponent from a million on. OpenMetrics wants a point or
 * an exponent in each. */
static void spell_bound(char *text, size_t capacity, double bound, bool openmetrics)
{
	char *exponent, *end;

	if (bound < 1e6) {
		snprintf(text, capacity, openmetrics && bound == (double)(long)bound ? "%.1f" : "%.17g",
			 bound);
		return;
	}
	snprintf(text, capacity, "%.16e", bound);
	exponent = end = strchr(text, 'e');
	while (end[-1] == '0')
		end--;
	memmove(end, exponent, strlen(exponent) + 1);
}

/* Ends of the lines of the buckets, of +Inf, and of those without le. */
static void make_tails(struct sheet *sheet, const struct family *family, unsigned int own_index,
		       unsigned int first_octave)
{
	int min_exponent = metric_scale(family->unit).min_exponent;
	struct text own = pieces_at(&sheet->own, own_index);
	struct pieces *tails = &sheet->tails;
	char bound[40];

	pieces_clear(tails);
	for (unsigned int octave = first_octave; octave <= HISTOGRAM_OCTAVES + 1; octave++) {
		if (octave > HISTOGRAM_OCTAVES)
			strcpy(bound, "+Inf");
		else
			spell_bound(bound, sizeof(bound), __builtin_ldexp(1, min_exponent + (int)octave),
				    is_openmetrics(sheet));
		buffer_add(&tails->data, own.data, own.size - 2);
		add_label(&tails->data, false, "le", bound, SIZE_MAX);
		end_own(&tails->data);
		pieces_close(tails);
	}
	buffer_add(&tails->data, own.data, own.size);
	pieces_close(tails);
	sheet->tails_of = own_index + 1;
	sheet->tails_first_octave = first_octave;
	sheet->out->failed |= tails->data.failed;
}

/* Classic buckets are those that end at powers of two, each the sum of all below. The count is the
 * sum of the buckets, so that it cannot differ from le="+Inf". */
static void add_histogram(struct sheet *sheet, const struct family *family, const struct subject *subject,
			  unsigned int own, unsigned int first_octave, const struct histogram *histogram)
{
	unsigned int schema = metric_scale(family->unit).schema, bucket = 0, tail = 0;
	uint64_t sum = 0;

	if (sheet->tails_of != own + 1 || sheet->tails_first_octave != first_octave)
		make_tails(sheet, family, own, first_octave);
	if (sheet->out->failed)
		return;
	for (unsigned int octave = first_octave; octave <= HISTOGRAM_OCTAVES; octave++) {
		while (bucket <= octave << schema)
			sum += histogram->bucket[bucket++];
		add_line(sheet, HEAD_BUCKET, subject->labels, pieces_at(&sheet->tails, tail++), sum, 0);
	}
	while (bucket < HISTOGRAM_BUCKETS)
		sum += histogram->bucket[bucket++];
	add_line(sheet, HEAD_BUCKET, subject->labels, pieces_at(&sheet->tails, tail++), sum, 0);
	add_line(sheet, HEAD_SUM, subject->labels, pieces_at(&sheet->tails, tail), histogram->sum,
		 family->decimals);
	add_line(sheet, HEAD_COUNT, subject->labels, pieces_at(&sheet->tails, tail), sum, 0);
	if (format_shows_created(sheet, family, subject))
		add_line(sheet, HEAD_CREATED, subject->labels, pieces_at(&sheet->tails, tail),
			 subject->created_ns, 9);
}

const struct sheet_format format_text = {
	.add_label = add_label,
	.end_own = end_own,
	.begin_family = begin_family_text,
	.add = add,
	.add_histogram = add_histogram,
	.end = "",
};

const struct sheet_format format_openmetrics = {
	.add_label = add_label,
	.end_own = end_own,
	.begin_family = begin_family_openmetrics,
	.add = add,
	.add_histogram = add_histogram,
	.end = "# EOF\n",
	.has_created_samples = true,
};
