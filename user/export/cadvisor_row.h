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
bool cadvisor_row_scheduled_run(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_scheduled_wait(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_scheduled_periods(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_working_set(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_swap(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_usage(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_faults(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_major_faults(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_processes(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_threads(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_shares(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_memory_limit(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_swap_limit(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_start_time(const struct cadvisor_row *row, uint64_t *ret_value);
bool cadvisor_row_last_seen(const struct cadvisor_row *row, uint64_t *ret_value);

/* Is it to be shown: alive, its files are read, and not one around others. */
bool cadvisor_row_is_shown(const struct cgroup *cgroup);
/* Appends the six labels for the sheet. */
void cadvisor_row_label(const struct cadvisor_row *row, const struct sheet *sheet, struct buffer *labels);
