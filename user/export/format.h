/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The inside of a sheet: what sheet.c keeps and what a format has to do. For the formats alone. */
#include "export/pieces.h"
#include "export/sheet.h"

#define CLASSIC_TAILS (HISTOGRAM_OCTAVES + 1 + 2) /* le="+Inf", and without le */
#define HEADS 5

struct sheet_format {
	/* Appends one label; `is_first`: of its set. */
	void (*add_label)(struct buffer *labels, bool is_first, const char *name, const char *value,
			  size_t limit);
	/* Closes own labels, after none or more of add_label() with is_first false. */
	void (*end_own)(struct buffer *own);
	/* Before the first sample of a family, and after its last. */
	void (*begin_family)(struct sheet *sheet, const struct family *family);
	void (*end_family)(struct sheet *sheet);
	void (*add)(struct sheet *sheet, const struct family *family, const struct subject *subject,
		    struct text own, uint64_t value);
	void (*add_histogram)(struct sheet *sheet, const struct family *family, const struct subject *subject,
			      unsigned int own, unsigned int first_octave, const struct histogram *histogram);
	const char *end; /* of the exposition */
	bool has_created_samples;
};

extern const struct sheet_format format_text, format_openmetrics, format_protobuf;

struct families {
	struct family *list;
	size_t count, capacity;
};

struct sheet {
	const struct sheet_format *format;
	const struct sheet_choice *choice;
	struct buffer *out;
	struct families families, left_out;
	size_t spent; /* of the limit of series */
	bool shows_created;
	bool is_skipped;   /* the current family is not wanted */
	struct pieces own; /* of the current family; 0 is none */
	/* text: names of samples with their suffixes, and ends of the lines of one histogram's buckets */
	char head_data[HEADS][FAMILY_NAME_SIZE + 8 + TEXT_SLACK];
	struct text head[HEADS];
	struct pieces tails;
	unsigned int tails_of; /* own label that they are made for, + 1; 0: none */
	unsigned int tails_first_octave;
	/* protobuf: where the message of the current family begins */
	size_t message_at;
};

_Static_assert(CLASSIC_TAILS <= PIECES_LIMIT, "a tail for each bucket");

static inline bool format_shows_created(const struct sheet *sheet, const struct family *family,
					const struct subject *subject)
{
	return sheet->shows_created && family->is_dated && subject->created_ns;
}

/* "seconds"; "" without one, or where the name does not say it. */
const char *format_unit(const struct family *family);
