/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What CPUs count beside the records. Private to records*.c. */
#include "read/records_state.h"

/* Calls by number and errors by errno go to the model. */
void records_measure_calls(struct records *records);
/* Fills in records->statistics. */
void records_measure_statistics(struct records *records);
