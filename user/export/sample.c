/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loop of a scrape: some hundred thousand lines. One reservation a line, then plain copies; no printf. */
#include "export/sample.h"

#include <string.h>

#include "export/label.h"

#define NUMBER_SIZE 32 /* 20 digits, point, "0." in front, newline */

static const char *const kind_names[] = {
	[METRIC_COUNTER] = "counter",
	[METRIC_GAUGE] = "gauge",
	[METRIC_HISTOGRAM] = "histogram",
};

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
				  "25262728293031323334353637383940414243444546474849"
				  "50515253545556575859606162636465666768697071727374"
				  "75767778798081828384858687888990919293949596979899";

/* Writes the digits so that they end before `end`, at least `least` of them; returns where they begin. */
static char *put_digits(char *end, uint64_t value, unsigned int least)
{
	char *stop = end - least;

	while (value >= 100) {
		end -= 2;
		memcpy(end, digit_pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, digit_pairs + value * 2, 2);
	} else if (value > 0) {
		*--end = (char)('0' + value);
	}
	while (end > stop)
		*--end = '0';
	return end;
}

/* Writes the number at `at`, which has room for NUMBER_SIZE; returns its end. */
static char *put_number(char *at, uint64_t value, unsigned int decimals)
{
	char digits[NUMBER_SIZE];
	char *end = digits + sizeof(digits);
	char *begin, *point;

	if (value < 10 && (decimals == 0 || value == 0)) {
		*at = (char)('0' + value);
		return at + 1;
	}
	begin = put_digits(end, value, decimals + 1);
	point = end - decimals;
	memcpy(at, begin, (size_t)(point - begin));
	at += point - begin;
	while (end > point && end[-1] == '0')
		end--;
	if (end > point) {
		*at++ = '.';
		memcpy(at, point, (size_t)(end - point));
		at += end - point;
	}
	return at;
}

void sample_add_number(struct buffer *out, uint64_t value, unsigned int decimals)
{
	if (buffer_reserve(out, NUMBER_SIZE))
		out->size = (size_t)(put_number(out->data + out->size, value, decimals) - out->data);
}

unsigned int sample_decimals(enum metric_unit unit)
{
	switch (unit) {
	case UNIT_SECONDS:
		return 9;
	case UNIT_CORES:
		return 3;
	case UNIT_NONE:
	case UNIT_BYTES:
		break;
	}
	return 0;
}

void sample_begin_family(struct sheet *sheet, const char *name, const char *help, enum metric_kind kind,
			 enum metric_unit unit)
{
	struct family *family;
	size_t size = strlen(name);

	if (sheet->count > 0 && sheet->families[sheet->count - 1].series == 0)
		sheet->count--;
	if (sheet->count == FAMILY_LIMIT || size >= FAMILY_NAME_SIZE) {
		sheet->out->failed = true;
		return;
	}
	family = &sheet->families[sheet->count++];
	*family = (struct family){ .help = help, .kind = kind, .decimals = sample_decimals(unit) };
	memcpy(family->name, name, size);
}

static void add_headings(struct buffer *out, const struct family *family)
{
	buffer_add(out, "# HELP ", 7);
	buffer_add_string(out, family->name);
	buffer_add(out, " ", 1);
	label_escape_help(out, family->help);
	buffer_add(out, "\n# TYPE ", 8);
	buffer_add_string(out, family->name);
	buffer_add(out, " ", 1);
	buffer_add_string(out, kind_names[family->kind]);
	buffer_add(out, "\n", 1);
}

void sample_add(struct sheet *sheet, struct text head, struct text labels, struct text tail, uint64_t value,
		unsigned int decimals)
{
	struct buffer *out = sheet->out;
	struct family *family;
	char *at;

	if (out->failed)
		return;
	family = &sheet->families[sheet->count - 1];
	if (family->series++ == 0)
		add_headings(out, family);
	if (!buffer_reserve(out, head.size + labels.size + tail.size + NUMBER_SIZE))
		return;
	at = out->data + out->size;
	memcpy(at, head.data, head.size);
	at += head.size;
	memcpy(at, labels.data, labels.size);
	at += labels.size;
	memcpy(at, tail.data, tail.size);
	at = put_number(at + tail.size, value, decimals);
	*at++ = '\n';
	out->size = (size_t)(at - out->data);
}

void sample_add_one(struct sheet *sheet, struct text labels, uint64_t value)
{
	char head[FAMILY_NAME_SIZE + 1];
	struct family *family;
	size_t size;

	if (sheet->out->failed)
		return;
	family = &sheet->families[sheet->count - 1];
	size = strlen(family->name);
	memcpy(head, family->name, size);
	if (labels.size > 0)
		head[size++] = '{';
	sample_add(sheet, (struct text){ head, size }, labels, labels.size > 0 ? TEXT("} ") : TEXT(" "),
		   value, family->decimals);
}
