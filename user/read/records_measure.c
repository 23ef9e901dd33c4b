/* SPDX-License-Identifier: Apache-2.0 */
/* What CPUs count beside the records: calls by number, errors, and what could not be attributed. */
#include "read/records_measure.h"

#include <string.h>

void records_measure_calls(struct records *records)
{
	struct model *model = records->model;

	memset(model->calls_by_number, 0, sizeof(model->calls_by_number));
	memset(model->errors_by_number, 0, sizeof(model->errors_by_number));
	for (uint32_t i = 0; i < records->table.cpu_count; i++) {
		const struct cpu_state *cpu = &records->table.cpus[i];

		for (unsigned int j = 0; j < SYSCALL_NUMBERS; j++)
			model->calls_by_number[j] += cpu->calls_by_number[j];
		for (unsigned int j = 0; j < ERRNO_NUMBERS; j++)
			model->errors_by_number[j] += cpu->errors_by_number[j];
	}
}

void records_measure_statistics(struct records *records)
{
	struct records_statistics *statistics = &records->statistics;
	uint64_t starts = 0, exits[DIMENSION_WIDTH(exit_status)] = { 0 };
	struct totals *sums = &records->sums;

	statistics->live = records->live;
	statistics->capacity = records->table.slot_count - records->table.cpu_count;
	statistics->groups = groups_count(records->groups);
	statistics->group_capacity = records->table.group_count - 1;
	statistics->unattributed_connections = groups_unattributed_connections(records->groups);
	statistics->unattributed_calls = statistics->unattributed_switches = 0;
	statistics->unattributed_births = statistics->no_group = statistics->stale_slots = 0;
	statistics->crowded = 0;
	statistics->unattributed_bytes = statistics->unattributed_messages = 0;
	statistics->unattributed_uring = 0;
	for (uint32_t i = 0; i < records->table.cpu_count; i++) {
		const struct cpu_state *cpu = &records->table.cpus[i];

		statistics->unattributed_calls += records->threads[i].calls;
		statistics->unattributed_switches += records->threads[i].switches;
		statistics->unattributed_births += cpu->no_slot;
		statistics->unattributed_bytes += thread_bytes(&records->threads[i]) + cpu->unknown_bytes;
		statistics->unattributed_messages += cpu->unknown_messages;
		statistics->unattributed_uring += cpu->unknown_uring;
		statistics->no_group += cpu->no_group;
		statistics->crowded += cpu->crowded;
		statistics->stale_slots += cpu->stale_slot;
		starts += cpu->slotless_starts;
		for (unsigned int j = 0; j < DIMENSION_WIDTH(exit_status); j++)
			exits[j] += cpu->slotless_exits[j];
	}
	model_count(records->model, NULL, V_STARTS, starts - sums->slotless_starts);
	sums->slotless_starts = starts;
	for (unsigned int j = 0; j < DIMENSION_WIDTH(exit_status); j++) {
		model_count(records->model, NULL, V_EXITS + j, exits[j] - sums->slotless_exits[j]);
		sums->slotless_exits[j] = exits[j];
	}
}
