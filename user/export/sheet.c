/* SPDX-License-Identifier: Apache-2.0 */
/* What all formats share: which families there are, which are wanted, how many series they have. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export/format.h"
#include "export/sheet.h"
#include "model/value.h"

#define FIRST_CAPACITY 64
#define NO_LIMIT SIZE_MAX

static const struct sheet_format *const formats[SHEET_BODIES] = {
	[SHEET_TEXT] = &format_text,
	[SHEET_OPENMETRICS] = &format_openmetrics,
	[SHEET_PROTOBUF] = &format_protobuf,
};

/* ---- the sheet ---- */

int sheet_new(enum sheet_body body, const struct sheet_choice *choice, struct buffer *out,
	      struct sheet **ret_sheet)
{
	static const struct sheet_choice all;
	struct sheet *sheet = calloc(1, sizeof(*sheet));

	if (!sheet)
		return -ENOMEM;
	sheet->format = formats[body];
	sheet->choice = choice ?: &all;
	sheet->shows_created = sheet->choice->created && sheet->format->has_created_samples;
	sheet->out = out;
	*ret_sheet = sheet;
	return 0;
}

void sheet_free(struct sheet *sheet)
{
	if (!sheet)
		return;
	pieces_done(&sheet->own);
	pieces_done(&sheet->tails);
	free(sheet->families.list);
	free(sheet->left_out.list);
	free(sheet);
}

static struct family *current_family(struct sheet *sheet)
{
	return &sheet->families.list[sheet->families.count - 1];
}

static void end_family(struct sheet *sheet)
{
	if (sheet->families.count == 0 || sheet->is_skipped)
		return;
	if (current_family(sheet)->series == 0)
		sheet->families.count--;
	else if (sheet->format->end_family && !sheet->out->failed)
		sheet->format->end_family(sheet);
}

void sheet_end(struct sheet *sheet)
{
	end_family(sheet);
	sheet->is_skipped = true;
	buffer_add_string(sheet->out, sheet->format->end);
}

const struct family *sheet_families(const struct sheet *sheet, size_t *ret_count)
{
	*ret_count = sheet->families.count;
	return sheet->families.list;
}

const struct family *sheet_left_out(const struct sheet *sheet, size_t *ret_count)
{
	*ret_count = sheet->left_out.count;
	return sheet->left_out.list;
}

void sheet_fail(struct sheet *sheet, bool is_failed)
{
	sheet->out->failed |= is_failed;
}

void sheet_add_label(const struct sheet *sheet, struct buffer *labels, size_t begin, const char *name,
		     const char *value, size_t limit)
{
	sheet->format->add_label(labels, labels->size == begin, name, value, limit);
	buffer_reserve(labels, TEXT_SLACK);
}

/* ---- families ---- */

static const char *const unit_names[] = {
	[UNIT_NONE] = "",
	[UNIT_SECONDS] = "seconds",
	[UNIT_BYTES] = "bytes",
	[UNIT_CORES] = "cores",
};

static size_t size_without(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);

	return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0 ? size - suffix_size :
										      size;
}

const char *format_unit(const struct family *family)
{
	const char *unit = unit_names[family->unit];
	size_t size = family->kind == METRIC_COUNTER ? size_without(family->name, "_total") :
						       strlen(family->name);
	size_t unit_size = strlen(unit);

	if (size > unit_size + 1 && family->name[size - unit_size - 1] == '_' &&
	    memcmp(family->name + size - unit_size, unit, unit_size) == 0)
		return unit;
	return "";
}

/* Whether `wanted` names the family or one of its samples. */
static bool is_named(const char *name, enum metric_kind kind, const char *wanted)
{
	static const char *const suffixes[] = { "_created", "_bucket", "_sum", "_count" };
	unsigned int suffix_count = kind == METRIC_HISTOGRAM ? 4 : kind == METRIC_COUNTER;
	size_t base = strlen(name);

	if (strcmp(wanted, name) == 0)
		return true;
	if (kind == METRIC_COUNTER)
		base = size_without(name, "_total");
	else if (kind == METRIC_INFO)
		base = size_without(name, "_info");
	if (strncmp(wanted, name, base) != 0)
		return false;
	if (wanted[base] == '\0')
		return true;
	for (unsigned int i = 0; i < suffix_count; i++) {
		if (strcmp(wanted + base, suffixes[i]) == 0)
			return true;
	}
	return false;
}

bool sheet_choice_has(const struct sheet_choice *choice, const char *name)
{
	for (size_t i = 0; i < choice->exclude_count; i++) {
		if (fnmatch(choice->exclude[i], name, 0) == 0)
			return false;
	}
	return true;
}

static bool is_wanted(const struct sheet_choice *choice, const char *name, enum metric_kind kind)
{
	if (!sheet_choice_has(choice, name))
		return false;
	for (size_t i = 0; i < choice->name_count; i++) {
		if (is_named(name, kind, choice->names[i]))
			return true;
	}
	return choice->name_count == 0;
}

/* Adds a family of that name; NULL when out of memory or the name is too long. */
static struct family *append(struct families *families, const char *name)
{
	size_t capacity = families->capacity ? families->capacity * 2 : FIRST_CAPACITY;
	struct family *list;

	if (strlen(name) >= FAMILY_NAME_SIZE)
		return NULL;
	if (families->count == families->capacity) {
		list = reallocarray(families->list, capacity, sizeof(*list));
		if (!list)
			return NULL;
		families->list = list;
		families->capacity = capacity;
	}
	list = &families->list[families->count++];
	*list = (struct family){};
	strcpy(list->name, name);
	return list;
}

bool sheet_begin_family(struct sheet *sheet, const char *name, const char *help, enum metric_kind kind,
			enum metric_unit unit)
{
	struct family *family;

	end_family(sheet);
	sheet->is_skipped = sheet->out->failed || !is_wanted(sheet->choice, name, kind);
	if (sheet->is_skipped)
		return false;
	family = append(&sheet->families, name);
	if (!family) {
		sheet->out->failed = sheet->is_skipped = true;
		return false;
	}
	family->help = help;
	family->kind = kind;
	family->unit = unit;
	family->decimals = value_decimals(unit);
	family->is_dated = kind == METRIC_HISTOGRAM ||
			   (kind == METRIC_COUNTER && size_without(name, "_total") < strlen(name));
	pieces_clear(&sheet->own);
	sheet->format->end_own(&sheet->own.data);
	pieces_close(&sheet->own);
	sheet->tails_of = 0;
	return true;
}

bool sheet_spend(struct sheet *sheet, size_t series)
{
	struct family *family;

	if (sheet->is_skipped)
		return false;
	if (sheet->choice->series_limit == 0 || sheet->spent + series <= sheet->choice->series_limit) {
		sheet->spent += series;
		return true;
	}
	family = append(&sheet->left_out, current_family(sheet)->name);
	if (family)
		family->series = series;
	else
		sheet->out->failed = true;
	sheet->is_skipped = true;
	sheet->families.count--;
	return false;
}

unsigned int sheet_add_own(struct sheet *sheet, const char *names, const char *values)
{
	struct pieces *own = &sheet->own;

	if (sheet->is_skipped || !*names)
		return 0;
	if (own->count == PIECES_LIMIT) {
		sheet->out->failed = true;
		return 0;
	}
	while (*names) {
		size_t name_size = strcspn(names, ","),
		       value_size = names[name_size] ? strcspn(values, ",") : strlen(values);
		char name[64], value[64];

		snprintf(name, sizeof(name), "%.*s", (int)name_size, names);
		snprintf(value, sizeof(value), "%.*s", (int)value_size, values);
		sheet->format->add_label(&own->data, false, name, value, NO_LIMIT);
		names += name_size + (names[name_size] == ',');
		values += value_size + (values[value_size] == ',');
	}
	sheet->format->end_own(&own->data);
	sheet->out->failed |= own->data.failed;
	return pieces_close(own);
}

/* ---- samples ---- */

void sheet_add(struct sheet *sheet, const struct subject *subject, unsigned int own, uint64_t value)
{
	struct family *family;

	if (sheet->is_skipped || sheet->out->failed)
		return;
	family = current_family(sheet);
	if (family->series == 0)
		sheet->format->begin_family(sheet, family);
	family->series += 1 + format_shows_created(sheet, family, subject);
	sheet->format->add(sheet, family, subject, pieces_at(&sheet->own, own), value);
}

size_t sheet_histogram_series(unsigned int first_octave)
{
	return HISTOGRAM_OCTAVES - first_octave + 1 + 3; /* +Inf, sum, count */
}

void sheet_add_histogram(struct sheet *sheet, const struct subject *subject, unsigned int own,
			 unsigned int first_octave, const struct histogram *histogram)
{
	struct family *family;

	if (sheet->is_skipped || sheet->out->failed)
		return;
	family = current_family(sheet);
	if (family->series == 0)
		sheet->format->begin_family(sheet, family);
	family->series += sheet_histogram_series(first_octave) + format_shows_created(sheet, family, subject);
	sheet->format->add_histogram(sheet, family, subject, own, first_octave, histogram);
}
