/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "read/records_lost.h"
#include "read/records_measure.h"
#include "read/slot.h"

#define PREFETCHED 4 /* records ahead: each is several lines of cold memory */
#define FREE_RUN \
	64 /* fresh slots are taken in order: so many unused ones in a row past the highest end a pass */

static void survey_drops(void *context)
{
	struct records *records = context;

	probe_survey(records->probe, PROBE_survey_drops); /* -ENOENT where owners are known at once */
}

static void survey_connections(void *context)
{
	struct records *records = context;

	probe_survey(records->probe, PROBE_survey_connections); /* -ENOENT before 5.11 */
}

int records_new(struct probe *probe, const struct feature *feature, struct model *model,
		struct records **ret_records)
{
	_cleanup_(cleanup_records) struct records *records = calloc(1, sizeof(*records));
	int error;

	if (!records)
		return -ENOMEM;
	records->probe = probe;
	records->model = model;
	records->surveys = !probe_status(probe, PROBE_sched_switch)->loaded;
	error = table_map(&records->table, probe, feature->possible_cpus);
	if (error)
		return error;
	records->threads = mmap(NULL, (size_t)records->table.slot_count * sizeof(*records->threads),
				PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (records->threads == MAP_FAILED) {
		records->threads = NULL;
		return -ENOMEM;
	}
	records->drained = calloc(records->table.cpu_count, sizeof(*records->drained));
	if (!records->drained)
		return -ENOMEM;
	error = table_fill(records->table.free_slots, records->table.cpu_count,
			   records->table.slot_count - 1);
	if (error)
		return error;
	records->high = records->table.cpu_count;
	error = groups_new(&records->table, survey_drops, records, &records->groups);
	/* entry 0 is for what finds none */
	error = error ?: table_fill(records->table.free_disks, 1, records->table.disk_count - 1);
	error = error ?: disks_new(&records->table, &records->disks);
	error = error ?: focus_reader_new(&records->table, model, &records->focus);
	error = error ?:
			table_fill(records->table.free_connections, CONNECTION_FIRST,
				   records->table.connection_count - 1);
	error = error ?: connections_new(&records->table, survey_connections, records, &records->connections);
	if (error)
		return error;
	*ret_records = take_ptr(records);
	return 0;
}

void records_free(struct records *records)
{
	if (!records)
		return;
	groups_free(records->groups);
	disks_free(records->disks);
	focus_reader_free(records->focus);
	connections_free(records->connections);
	if (records->threads)
		munmap(records->threads, (size_t)records->table.slot_count * sizeof(*records->threads));
	free(records->drained);
	table_done(&records->table);
	free(records);
}

void records_drain(struct records *records, const struct thread_owner *owner)
{
	for (uint32_t i = 0; i < records->table.cpu_count; i++) {
		const struct cpu_state *cpu = &records->table.cpus[i];
		uint64_t head = __atomic_load_n(&cpu->retired, __ATOMIC_ACQUIRE);

		/* more than the list holds: the pass finds the rest */
		if (head - records->drained[i] > RETIRED_SLOTS)
			records->drained[i] = head - RETIRED_SLOTS;
		for (; records->drained[i] < head; records->drained[i]++) {
			uint32_t slot = cpu->retired_slot[records->drained[i] % RETIRED_SLOTS];

			if (slot >= records->table.cpu_count && slot < records->table.slot_count &&
			    __atomic_load_n(&records->table.records[slot].state, __ATOMIC_ACQUIRE) ==
				    RECORD_DEAD)
				slot_read(records, slot, owner);
		}
	}
	table_give(&records->table);
}

/*
 * What a thread did since it came to its CPU is in no record yet: up to a whole tick, or for ever when it never switches. So
 * every CPU that is not idle is asked, about 30 us each; an idle machine has none.
 */
static void poke_running(struct records *records)
{
	for (uint32_t i = 0; i < records->table.cpu_count; i++)
		if (!records->table.cpus[i].idle && probe_poke(records->probe, i) == 0)
			records->statistics.poked++;
}

static void follow_renamings(struct records *records, const struct thread_owner *owner)
{
	if (records->renamings == records->model->renamings)
		return;
	records->renamings = records->model->renamings;
	for (uint32_t slot = records->table.cpu_count; slot < records->high; slot++)
		if (records->threads[slot].live && thread_has_moved(&records->threads[slot]))
			slot_rename(records, slot, &records->table.records[slot], owner);
}

/* What is looked at of each: most sleep, and then that is all. */
static void prefetch(const struct records *records, uint32_t slot)
{
	const struct record *record = &records->table.records[slot];
	const struct thread *thread = &records->threads[slot];

	if (slot >= records->high)
		return;
	__builtin_prefetch(record);
	__builtin_prefetch(thread);
	__builtin_prefetch(&thread->wait_value);
	__builtin_prefetch(&thread->last[V_WAIT]);
}

static void read_all(struct records *records, const struct thread_owner *owner)
{
	uint32_t free_run = 0, slot;

	for (slot = 0; slot < records->table.cpu_count; slot++)
		slot_count_catch_all(records, slot, owner);
	for (; slot < records->table.slot_count && (slot < records->high || free_run < FREE_RUN); slot++) {
		prefetch(records, slot + PREFETCHED);
		if (__atomic_load_n(&records->table.records[slot].state, __ATOMIC_ACQUIRE) == RECORD_FREE) {
			free_run += slot >= records->high;
			continue;
		}
		free_run = 0;
		slot_read(records, slot, owner);
	}
}

void records_pass(struct records *records, const struct thread_owner *owner)
{
	struct totals before;

	if (records->surveys)
		records_survey(records, true);
	else
		poke_running(records);
	follow_renamings(records, owner);
	before = totals_read(&records->table);
	read_all(records, owner);
	if (records->surveys)
		records_lost_retire(records, owner);
	totals_compare(&before, &records->sums, &records->table, records->statistics.difference);
	if (records->surveys) /* nothing counts calls and switches on its own there */
		records->statistics.difference[ACCOUNT_SYSCALLS] =
			records->statistics.difference[ACCOUNT_SWITCHES] =
				records->statistics.difference[ACCOUNT_BYTES] = 0;
	model_book_starts(records->model);
	records_measure_calls(records);
	records_measure_statistics(records);
	groups_pass(records->groups, owner);
	connections_pass(records->connections, owner);
	disks_pass(records->disks, owner);
	oom_pass(&records->oom, records->table.oom_log, owner);
	records->statistics.disks = *disks_statistics(records->disks);
	records->statistics.connections = connections_count(records->connections);
	records->statistics.connection_capacity = records->table.connection_count - CONNECTION_FIRST;
	records->statistics.unattributed_victims = records->oom.lost;
	table_give(&records->table);
}

int records_survey(struct records *records, bool make)
{
	records->table.control->survey_number++;
	records->table.control->survey_makes = make;
	return probe_survey(records->probe, PROBE_survey);
}

int records_survey_sockets(struct records *records, bool listen)
{
	records->table.control->survey_listeners = listen;
	return probe_survey(records->probe, PROBE_survey_sockets);
}

void records_each_thread(const struct records *records, uint32_t tgid, records_thread_visit *visit,
			 void *context)
{
	for (uint32_t slot = 0; slot < records->high; slot++) {
		const struct thread *thread = &records->threads[slot];
		const struct record *record = &records->table.records[slot];
		unsigned int reason;

		if (!thread->live || !thread->process || thread->process->key.tgid != tgid ||
		    record->state != RECORD_LIVE)
			continue;
		/* one word: at worst it has just begun to run */
		reason = record->arrived_ns ? WAIT_NONE : record->wait_reason;
		visit(context, record->pid, thread,
		      reason <= DIMENSION_WIDTH(wait_reason) ? (int)reason - 1 : -1);
	}
}

struct focus_reader *records_focus(const struct records *records)
{
	return records->focus;
}

const struct records_statistics *records_statistics(const struct records *records)
{
	return &records->statistics;
}

uint64_t records_dropped(const struct records *records, unsigned int type)
{
	return records->table.event_drops[type];
}
