/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Many things that several families are about, with their labels: made once for all these families. */
#include "export/sheet.h"

struct subject_row {
	const void *item; /* of the model */
	size_t labels_at, labels_size;
};

struct subjects {
	struct buffer labels; /* sheet_add_label() appends to it */
	struct subject_row *list;
	size_t count;
};

/* Room for so many; false: no memory. subjects_done() is due in both cases. */
bool subjects_reserve(struct subjects *subjects, size_t count);
void subjects_done(struct subjects *subjects);

/* One more, whose labels are those from `begin` to the end of the buffer. */
void subjects_add(struct subjects *subjects, const void *item, size_t begin);
/* For sheet_add(). */
struct subject subjects_get(const struct subjects *subjects, const struct subject_row *row,
			    uint64_t created_ns);
