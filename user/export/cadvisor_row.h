/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One cgroup as cAdvisor shows it, and what of it is not just one number of the kernel: the inside of cadvisor.c. */
#include <stdbool.h>
#include <stdint.h>

#include "export/cadvisor.h"

struct cadvisor_row {
	const struct cadvisor_input *in;
	const struct cgroup *cgroup;
	struct subject subject;
	size_t labels_at; /* in the buffer of all labels, until they are all there */
	uint64_t scheduled[SCHEDULED_VALUES];
};

/* The rows FROM_ROW of cadvisor.def: each is true, and gives the value, where it is known. */
#define CADVISOR_FUNCTION(name) bool cadvisor_row_##name(const struct cadvisor_row *row, uint64_t *ret_value);
#define CADVISOR_FUNCTIONS(F)                                                                       \
	F(scheduled_run)                                                                            \
	F(scheduled_wait)                                                                           \
	F(scheduled_periods)                                                                        \
	F(working_set) F(swap) F(usage) F(faults) F(major_faults) F(processes) F(threads) F(shares) \
		F(memory_limit) F(swap_limit) F(start_time) F(last_seen)
CADVISOR_FUNCTIONS(CADVISOR_FUNCTION)

/* Is it to be shown: alive, its files are read, and not one around others. */
bool cadvisor_row_is_shown(const struct cgroup *cgroup);
/* Appends the six labels for the sheet. */
void cadvisor_row_label(const struct cadvisor_row *row, const struct sheet *sheet, struct buffer *labels);
