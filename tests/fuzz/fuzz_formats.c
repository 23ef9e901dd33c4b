/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a name in each format: the exposition is valid, and all three say the same name. */
#include "export/sheet.c"

#include <stdint.h>

#include "exposition_check.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* One gauge and one counter about `name`; the labels are `before`, the name, then `after`. */
static void write_sheet(enum sheet_body body, const char *name, size_t limit, struct buffer *out)
{
	struct sheet *sheet;
	struct subject subject = { .created_ns = 1700000000000000001 };
	struct buffer labels = {};

	check(sheet_new(body, NULL, out, &sheet) == 0);
	sheet_add_label(sheet, &labels, 0, "before", "1", limit);
	sheet_add_label(sheet, &labels, 0, "name", name, limit);
	sheet_add_label(sheet, &labels, 0, "after", "2", SIZE_MAX);
	subject.labels = (struct text){ labels.data, labels.size };
	check(sheet_begin_family(sheet, "ktally_x", "Help.", METRIC_GAUGE, UNIT_NONE));
	sheet_add(sheet, &subject, 0, 1);
	check(sheet_begin_family(sheet, "ktally_y_total", "Help.", METRIC_COUNTER, UNIT_NONE));
	sheet_add(sheet, &subject, sheet_add_own(sheet, "own", "o"), 2);
	sheet_end(sheet);
	sheet_free(sheet);
	buffer_done(&labels);
	check(!out->failed);
}

/* What stands between `,name="` and `",after=`, without the escapes; returns its bytes. */
static size_t name_of_text(const struct buffer *out, char *ret_name)
{
	const char *at = memmem(out->data, out->size, ",name=\"", 7), *end = out->data + out->size;
	size_t size = 0;

	check(at != NULL);
	for (at += 7; at < end && *at != '"'; at++) {
		if (*at == '\\') {
			at++;
			check(at < end && (*at == '\\' || *at == '"' || *at == 'n'));
			ret_name[size++] = *at == 'n' ? '\n' : *at;
		} else {
			ret_name[size++] = *at;
		}
	}
	check(end - at > 9 && memcmp(at, "\",after=\"", 9) == 0);
	return size;
}

static uint64_t take_varint(const unsigned char **at, const unsigned char *end)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		check(*at < end);
		value |= (uint64_t)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			return value;
	}
	abort();
}

/* Goes down to the second label's value: MetricFamily.metric.label.value. */
static size_t name_of_protobuf(const struct buffer *out, const char **ret_name)
{
	static const unsigned int way[] = { 4, 1, 2 }, skip[] = { 0, 1, 0 };
	const unsigned char *at = (const unsigned char *)out->data, *end = at + out->size;
	uint64_t size = take_varint(&at, end);

	for (unsigned int step = 0; step < 3; step++) {
		unsigned int left = skip[step];

		check(size <= (uint64_t)(end - at));
		end = at + size;
		for (;;) {
			uint64_t tag = take_varint(&at, end);

			size = take_varint(&at, end);
			if ((tag & 7) == 0)
				continue;
			check((tag & 7) == 2 && size <= (uint64_t)(end - at));
			if (tag >> 3 == way[step] && left-- == 0)
				break;
			at += size;
		}
	}
	*ret_name = (const char *)at;
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buffer text, openmetrics, protobuf;
	size_t limit = size > 0 ? data[0] + 4 : 4, text_size;
	char *name = malloc(size + 1), *of_text, why[300];
	const char *of_protobuf;

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	buffer_clear(&text);
	buffer_clear(&openmetrics);
	buffer_clear(&protobuf);
	write_sheet(SHEET_TEXT, name, limit, &text);
	write_sheet(SHEET_OPENMETRICS, name, limit, &openmetrics);
	write_sheet(SHEET_PROTOBUF, name, limit, &protobuf);
	check(exposition_check(text.data, text.size, why) == 2);
	of_text = malloc(text.size + openmetrics.size);
	check(of_text != NULL);
	text_size = name_of_text(&text, of_text);
	check(text_size <= limit);
	check(name_of_protobuf(&protobuf, &of_protobuf) == text_size &&
	      memcmp(of_protobuf, of_text, text_size) == 0);
	check(name_of_text(&openmetrics, of_text) == text_size &&
	      memcmp(of_protobuf, of_text, text_size) == 0);
	check(openmetrics.size > 6 && memcmp(openmetrics.data + openmetrics.size - 6, "# EOF\n", 6) == 0);
	free(of_text);
	free(name);
	return 0;
}
