/* SPDX-License-Identifier: Apache-2.0 */
#include "export/subjects.h"

#include <stdlib.h>

bool subjects_reserve(struct subjects *subjects, size_t count)
{
	subjects->list = calloc(count + 1, sizeof(*subjects->list));
	return subjects->list;
}

void subjects_done(struct subjects *subjects)
{
	buffer_done(&subjects->labels);
	free(subjects->list);
}

void subjects_add(struct subjects *subjects, const void *item, size_t begin)
{
	subjects->list[subjects->count++] = (struct subject_row){ item, begin,
								  subjects->labels.size - begin };
}

struct subject subjects_get(const struct subjects *subjects, const struct subject_row *row,
			    uint64_t created_ns)
{
	return (struct subject){ .labels = { subjects->labels.data + row->labels_at, row->labels_size },
				 .created_ns = created_ns };
}
