/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.prometheus.client.MetricFamily, each message after its length (encoding=delimited), written by hand: numbers of the
 * fields are from io/prometheus/client/metrics.proto of client_model 0.6. No field of ours is in a later version alone.
 *
 * A histogram is native and classic in one message. How the buckets of struct histogram become native ones of its scale
 * (metric_scale(): bounds at 2^(i / 2^schema) of the unit, upper bound inclusive):
 * - all up to the end of its first octave is the zero bucket, with that as its threshold. It is the one bucket whose width a sender
 *   chooses, it includes its bound, and without negative values readers take it to begin at 0: what is known of a wait that
 *   is in it is just that it lies between 0 and the threshold. (In any other bucket the shortest waits would seem to be
 *   about as long as the bound.)
 * - bucket i above is native bucket i + min_exponent * 2^schema, with the same bounds.
 * - what is beyond the scale goes to the bucket that follows, whose upper bound it may exceed: as in the
 *   classic form, a quantile that falls among these is told too short. (The schema's bucket up to +Inf would make every
 *   quantile and deviation there infinite.)
 */
#include <string.h>

#include "export/format.h"
#include "export/label.h"
#include "base/number.h"

#define LENGTH_SIZE 3 /* kept free for the length of a family: fits most, so that little has to be moved */
#define VARINT_SIZE 10
#define VALUE_SIZE 32 /* a counter or gauge with all around it but labels */
#define GAP_MAX 2     /* so many empty buckets are cheaper as zeros than as another span */
#define HEAD_SIZE (1 + VARINT_SIZE)
#define POSITIVE_BUCKETS (HISTOGRAM_BUCKETS - 1)
#define SPAN_SIZE (2 + 2 * (1 + 5))
#define BUCKET_SIZE (2 + (1 + VARINT_SIZE) + (1 + 8))
#define HISTOGRAM_SIZE                                                                          \
	(CLASSIC_TAILS * BUCKET_SIZE + POSITIVE_BUCKETS * VARINT_SIZE + 2 * (1 + VARINT_SIZE) + \
	 (POSITIVE_BUCKETS / (GAP_MAX + 2) + 2) * SPAN_SIZE + 64 /* sum, schema, threshold, time */)

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2 };
#define TAG(field, wire) (char)((field) << 3 | (wire))

enum { FAMILY_NAME = 1, FAMILY_HELP = 2, FAMILY_TYPE = 3, FAMILY_METRIC = 4, FAMILY_UNIT = 5 };
enum { TYPE_COUNTER = 0, TYPE_GAUGE = 1, TYPE_HISTOGRAM = 4 };
enum { METRIC_LABEL = 1, METRIC_GAUGE_VALUE = 2, METRIC_COUNTER_VALUE = 3, METRIC_HISTOGRAM_VALUE = 7 };
enum { LABEL_NAME = 1, LABEL_VALUE = 2 };
enum { VALUE = 1, COUNTER_CREATED = 3 };
enum { TIME_SECONDS = 1, TIME_NANOS = 2 };
enum { SPAN_OFFSET = 1, SPAN_LENGTH = 2 };
enum { BUCKET_COUNT = 1, BUCKET_BOUND = 2 };
enum {
	SAMPLE_COUNT = 1,
	SAMPLE_SUM = 2,
	BUCKET = 3,
	SCHEMA = 5,
	ZERO_THRESHOLD = 6,
	ZERO_COUNT = 7,
	POSITIVE_SPAN = 12,
	POSITIVE_DELTA = 13,
	CREATED = 15
};

/* ---- the wire ---- */

static char *put_varint(char *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (char)value;
	return at;
}

static uint64_t zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static char *put_number(char *at, unsigned int field, uint64_t value)
{
	*at++ = TAG(field, VARINT);
	return put_varint(at, value);
}

static char *put_double(char *at, unsigned int field, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	*at++ = TAG(field, FIXED64);
	for (int i = 0; i < 8; i++)
		*at++ = (char)(bits >> 8 * i);
	return at;
}

/* A message of less than 128 bytes: begun before its fields, ended after them. */
static char *begin_small(char *at, unsigned int field)
{
	*at++ = TAG(field, BYTES);
	return at + 1;
}

static char *end_small(char *begin, char *at)
{
	begin[-1] = (char)(at - begin);
	return at;
}

static char *put_time(char *at, unsigned int field, uint64_t time_ns)
{
	char *begin = at = begin_small(at, field);

	at = put_number(at, TIME_SECONDS, time_ns / 1000000000);
	at = put_number(at, TIME_NANOS, time_ns % 1000000000);
	return end_small(begin, at);
}

static void add_bytes(struct buffer *out, unsigned int field, const char *data, size_t size)
{
	char head[1 + VARINT_SIZE];

	head[0] = TAG(field, BYTES);
	buffer_add(out, head, (size_t)(put_varint(head + 1, size) - head));
	buffer_add(out, data, size);
}

/* ---- labels ---- */

/* The value goes first to where it will not stay: its size is known only when it is clean. */
static void add_label(struct buffer *labels, bool is_first, const char *name, const char *value, size_t limit)
{
	size_t begin = labels->size, name_size = strlen(name), value_size, head_size;
	char head[FAMILY_NAME_SIZE + 3 * (1 + VARINT_SIZE)], sizes[VARINT_SIZE], *at = head;

	(void)is_first;
	label_clean(labels, value, limit);
	value_size = labels->size - begin;
	if (name_size >= FAMILY_NAME_SIZE || !buffer_reserve(labels, sizeof(head))) {
		labels->failed = true;
		return;
	}
	*at++ = TAG(METRIC_LABEL, BYTES);
	at = put_varint(at, 1 + (size_t)(put_varint(sizes, name_size) - sizes) + name_size + 1 +
				    (size_t)(put_varint(sizes, value_size) - sizes) + value_size);
	*at++ = TAG(LABEL_NAME, BYTES);
	at = put_varint(at, name_size);
	memcpy(at, name, name_size);
	at += name_size;
	*at++ = TAG(LABEL_VALUE, BYTES);
	at = put_varint(at, value_size);
	head_size = (size_t)(at - head);
	memmove(labels->data + begin + head_size, labels->data + begin, value_size);
	memcpy(labels->data + begin, head, head_size);
	labels->size += head_size;
}

static void end_own(struct buffer *own)
{
	(void)own;
}

/* ---- families ---- */

static void begin_family(struct sheet *sheet, const struct family *family)
{
	static const unsigned char types[] = {
		[METRIC_COUNTER] = TYPE_COUNTER,
		[METRIC_GAUGE] = TYPE_GAUGE,
		[METRIC_HISTOGRAM] = TYPE_HISTOGRAM,
		[METRIC_INFO] = TYPE_GAUGE,
	};
	const char *unit = format_unit(family);
	struct buffer *out = sheet->out;
	char type[2] = { TAG(FAMILY_TYPE, VARINT), (char)types[family->kind] };

	sheet->message_at = out->size;
	buffer_add(out, "\0\0", LENGTH_SIZE);
	add_bytes(out, FAMILY_NAME, family->name, strlen(family->name));
	add_bytes(out, FAMILY_HELP, family->help, strlen(family->help));
	buffer_add(out, type, sizeof(type));
	if (*unit)
		add_bytes(out, FAMILY_UNIT, unit, strlen(unit));
}

static void end_family(struct sheet *sheet)
{
	struct buffer *out = sheet->out;
	size_t size = out->size - sheet->message_at - LENGTH_SIZE, length_size;
	char length[VARINT_SIZE];

	length_size = (size_t)(put_varint(length, size) - length);
	if (!buffer_reserve(out, VARINT_SIZE))
		return;
	if (length_size != LENGTH_SIZE)
		memmove(out->data + sheet->message_at + length_size,
			out->data + sheet->message_at + LENGTH_SIZE, size);
	memcpy(out->data + sheet->message_at, length, length_size);
	out->size += length_size - LENGTH_SIZE;
}

/* ---- samples ---- */

/* One Metric: the labels and `value`, a field with its tag. */
static void add_metric(struct buffer *out, struct text labels, struct text own, struct text value)
{
	size_t size = labels.size + own.size + value.size;
	char *at;

	if (!buffer_reserve(out, 1 + VARINT_SIZE + size))
		return;
	at = out->data + out->size;
	*at++ = TAG(FAMILY_METRIC, BYTES);
	at = put_varint(at, size);
	memcpy(at, labels.data ?: "", labels.size);
	at += labels.size;
	memcpy(at, own.data, own.size);
	at += own.size;
	memcpy(at, value.data, value.size);
	out->size = (size_t)(at + value.size - out->data);
}

static void add(struct sheet *sheet, const struct family *family, const struct subject *subject,
		struct text own, uint64_t value)
{
	bool is_counter = family->kind == METRIC_COUNTER;
	char data[VALUE_SIZE], *begin, *at;

	begin = at = begin_small(data, is_counter ? METRIC_COUNTER_VALUE : METRIC_GAUGE_VALUE);
	at = put_double(at, VALUE, number_double(value, family->decimals));
	if (is_counter && subject->created_ns)
		at = put_time(at, COUNTER_CREATED, subject->created_ns);
	end_small(begin, at);
	add_metric(sheet->out, subject->labels, own, (struct text){ data, (size_t)(at - data) });
}

static char *put_span(char *at, int offset, unsigned int length)
{
	char *begin = at = begin_small(at, POSITIVE_SPAN);

	at = put_number(at, SPAN_OFFSET, zigzag(offset));
	at = put_number(at, SPAN_LENGTH, length);
	return end_small(begin, at);
}

/* First bucket from `bucket` on that is not empty; HISTOGRAM_BUCKETS: none. */
static int next_filled(const struct histogram *histogram, int bucket)
{
	while (bucket < HISTOGRAM_BUCKETS && histogram->bucket[bucket] == 0)
		bucket++;
	return bucket;
}

/* Spans and differences of the buckets from `first` on. A histogram without any has a span of none: a sign that it is native. */
static char *put_native(char *at, const struct histogram *histogram, struct histogram_scale scale, int first)
{
	char deltas[POSITIVE_BUCKETS * VARINT_SIZE], *deltas_at = deltas;
	int span_end = -scale.min_exponent * (1 << scale.schema); /* the first offset is from 0 */
	int bucket = next_filled(histogram, first);
	uint64_t last = 0;

	if (bucket == HISTOGRAM_BUCKETS)
		return put_span(at, 0, 0);
	while (bucket < HISTOGRAM_BUCKETS) {
		int begin = bucket, next = bucket;

		do {
			for (; bucket <= next; bucket++) {
				deltas_at = put_varint(deltas_at,
						       zigzag((int64_t)(histogram->bucket[bucket] - last)));
				last = histogram->bucket[bucket];
			}
			next = next_filled(histogram, bucket);
		} while (next < HISTOGRAM_BUCKETS && next - bucket <= GAP_MAX);
		at = put_span(at, begin - span_end, (unsigned int)(bucket - begin));
		span_end = bucket;
		bucket = next;
	}
	*at++ = TAG(POSITIVE_DELTA, BYTES);
	at = put_varint(at, (uint64_t)(deltas_at - deltas));
	memcpy(at, deltas, (size_t)(deltas_at - deltas));
	return at + (deltas_at - deltas);
}

/* The classic buckets but +Inf, which is the count; returns how many are at most at the first one's bound. */
static char *put_classic(char *at, const struct histogram *histogram, struct histogram_scale scale,
			 unsigned int first_octave, uint64_t *ret_zero)
{
	unsigned int bucket = 0;
	uint64_t sum = 0;

	for (unsigned int octave = first_octave; octave <= HISTOGRAM_OCTAVES; octave++) {
		char *begin = at = begin_small(at, BUCKET);

		while (bucket <= octave << scale.schema)
			sum += histogram->bucket[bucket++];
		if (octave == first_octave)
			*ret_zero = sum;
		at = put_number(at, BUCKET_COUNT, sum);
		at = put_double(at, BUCKET_BOUND, __builtin_ldexp(1, scale.min_exponent + (int)octave));
		at = end_small(begin, at);
	}
	return at;
}

static void add_histogram(struct sheet *sheet, const struct family *family, const struct subject *subject,
			  unsigned int own, unsigned int first_octave, const struct histogram *histogram)
{
	struct histogram_scale scale = metric_scale(family->unit);
	char data[HEAD_SIZE + HISTOGRAM_SIZE], *message = data + HEAD_SIZE, *at = message;
	char head[HEAD_SIZE] = { TAG(METRIC_HISTOGRAM_VALUE, BYTES) };
	uint64_t count = 0, zero = 0;
	size_t head_size;

	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->bucket[i];
	at = put_number(at, SAMPLE_COUNT, count);
	at = put_double(at, SAMPLE_SUM, number_double(histogram->sum, family->decimals));
	at = put_classic(at, histogram, scale, first_octave, &zero);
	at = put_number(at, SCHEMA, zigzag(scale.schema));
	at = put_double(at, ZERO_THRESHOLD, __builtin_ldexp(1, scale.min_exponent + (int)first_octave));
	at = put_number(at, ZERO_COUNT, zero);
	at = put_native(at, histogram, scale, (int)(first_octave << scale.schema) + 1);
	if (subject->created_ns)
		at = put_time(at, CREATED, subject->created_ns);
	head_size = (size_t)(put_varint(head + 1, (uint64_t)(at - message)) - head);
	message = memcpy(message - head_size, head, head_size);
	add_metric(sheet->out, subject->labels, pieces_at(&sheet->own, own),
		   (struct text){ message, (size_t)(at - message) });
}

const struct sheet_format format_protobuf = {
	.add_label = add_label,
	.end_own = end_own,
	.begin_family = begin_family,
	.end_family = end_family,
	.add = add,
	.add_histogram = add_histogram,
	.end = "",
};
