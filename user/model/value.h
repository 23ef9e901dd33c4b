/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Where the model keeps what a row of metrics.def says. */
#include "model/model.h"

/* Absent is not 0: files that are not there, operations that no disk was ever asked for. */
static inline bool value_is_known(const struct container *container, const struct metric *metric,
				  unsigned int index)
{
	if (metric->source == SOURCE_FILE)
		return container->has_file[metric->value + index - PROGRAM_VALUES];
	if (metric == &metrics[M_DISK_TRANSFERRED])
		return container->disk && container->disk[index].count;
	return true;
}
/* Of value `index` of a metric of kind histogram; NULL: it has none. */
const struct histogram *value_histogram(const struct container *container, unsigned int metric_id,
					unsigned int index);
/* So many octaves of its scale are in its first bucket. */
unsigned int value_first_octave(const struct metric *metric);
/* Values are whole numbers of 10 to the power of minus this of their unit. */
unsigned int value_decimals(enum metric_unit unit);
