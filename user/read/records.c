/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "base/time.h"
#include "read/connections.h"
#include "read/disks.h"
#include "read/focus.h"
#include "read/groups.h"
#include "read/oom.h"
#include "read/records.h"
#include "read/table.h"
#include "read/totals.h"

#define SNAPSHOT_TRIES 64
#define UNSEEN_NS (10 * NS_PER_S)
#define FREE_RUN \
	64 /* fresh slots are taken in order: so many unused ones in a row past the highest end a pass */

struct records {
	struct probe *probe;
	struct model *model;
	struct table table;
	struct groups *groups;
	struct disks *disks;
	struct focus_reader *focus;
	struct connections *connections;
	struct oom oom;
	struct thread *threads; /* [slot_count], touched only where used */
	uint64_t *drained;      /* [cpu_count], entries of retired_slot[] taken */
	uint32_t high;          /* slots from here on were never used */
	uint64_t live;          /* threads with a slot */
	bool surveys;           /* profile light: the survey is the reading */
	uint64_t renamings;     /* model->renamings at the last pass */
	struct totals sums;     /* of all differences ever taken */
	struct records_statistics statistics;
};

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
	error = groups_new(&records->table, &records->groups);
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

/*
 * A copy that no switch came in between of. Where the writer does not come to its end (its virtual CPU may be off for long),
 * the counters, each right by itself, are taken without the state of the wait; the next reading finds it unread.
 */
static void take_snapshot(const struct record *record, struct record *copy)
{
	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		uint32_t seq = __atomic_load_n(&record->seq, __ATOMIC_ACQUIRE);

		/* the head first: what it says was counted is then in the values */
		memcpy(copy, record, offsetof(struct record, value));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		memcpy(copy->value, record->value, sizeof(copy->value));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && __atomic_load_n(&record->seq, __ATOMIC_RELAXED) == seq)
			return;
	}
	copy->wait_reason = WAIT_NONE;
	copy->seq |= 1; /* never equal to a finished one */
}

/* Executable's name; kernel threads without what follows a slash or colon, for "kworker/0:1" and its like are one program. */
static uint32_t take_name(const struct records *records, uint32_t slot, const struct record *record,
			  char name[NAME_SIZE])
{
	const struct record_name *source = &records->table.names[slot];
	uint32_t seq = 0;

	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		seq = __atomic_load_n(&source->seq, __ATOMIC_ACQUIRE);
		memcpy(name, source->name, sizeof(source->name));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) && __atomic_load_n(&source->seq, __ATOMIC_RELAXED) == seq)
			break;
	}
	name[sizeof(source->name) - 1] = '\0';
	if (record->flags & RECORD_KERNEL)
		name[strcspn(name, "/:")] = '\0';
	return seq;
}

/* The catch-all of a CPU belongs to nobody: its counts are the node's alone. */
static void count_catch_all(struct records *records, uint32_t slot, const struct thread_owner *owner)
{
	struct thread *thread = &records->threads[slot];
	struct record copy;

	take_snapshot(&records->table.records[slot], &copy);
	copy.wait_reason = WAIT_NONE;
	records->statistics.unattributed_cpu_ns += copy.value[V_CPU] - thread->last[V_CPU];
	totals_add_record(&records->sums, &copy, thread);
	thread_count(thread, &copy, owner);
}

static bool begin(struct records *records, uint32_t slot, const struct record *record,
		  const struct thread_owner *owner)
{
	struct thread *thread = &records->threads[slot];
	char name[NAME_SIZE];
	uint32_t name_seq = take_name(records, slot, record, name);

	if (thread_begin(thread, record, &records->table.bases[slot], name, owner))
		return false;
	thread->name_seq = name_seq;
	records->live++;
	records->sums.births += !!(record->flags & RECORD_BORN);
	return true;
}

static void rename_thread(struct records *records, uint32_t slot, const struct record *record,
			  const struct thread_owner *owner)
{
	struct thread *thread = &records->threads[slot];
	char name[NAME_SIZE];

	thread->name_seq = take_name(records, slot, record, name);
	thread_rename(thread, name, record->value[V_EXECS], owner);
}

static void check_name(struct records *records, uint32_t slot, const struct record *record,
		       const struct thread_owner *owner)
{
	if (records->table.names[slot].seq != records->threads[slot].name_seq)
		rename_thread(records, slot, record, owner);
}

static void give_back(struct records *records, uint32_t slot)
{
	struct record *record = &records->table.records[slot];

	memset((char *)record + sizeof(record->state), 0, sizeof(*record) - sizeof(record->state));
	__atomic_store_n(&record->state, RECORD_FREE, __ATOMIC_RELEASE);
	records->live--;
	table_give_slot(&records->table, slot);
}

/* One record, whatever became of it since the last reading. */
static void read_slot(struct records *records, uint32_t slot, const struct thread_owner *owner)
{
	struct record *record = &records->table.records[slot];
	struct thread *thread = &records->threads[slot];
	uint32_t state = __atomic_load_n(&record->state, __ATOMIC_ACQUIRE);
	struct record copy;

	if (slot >= records->high)
		records->high = slot + 1;
	if (state == RECORD_LIVE && thread->live && record->seq == thread->seq &&
	    record->calls == thread->calls) {
		if (record->wait_reason)
			thread_wait_on(thread, record, owner);
		return;
	}
	take_snapshot(record, &copy);
	if (!thread->live && !begin(records, slot, &copy, owner))
		return;
	check_name(records, slot, &copy, owner);
	totals_add_record(&records->sums, &copy, thread);
	thread_count(thread, &copy, owner);
	if (state != RECORD_DEAD)
		return;
	records->sums.deaths += !(copy.flags & (RECORD_MOVED | RECORD_VANISHED));
	thread_end(thread, &copy, owner);
	give_back(records, slot);
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
				read_slot(records, slot, owner);
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
			rename_thread(records, slot, &records->table.records[slot], owner);
}

static void read_all(struct records *records, const struct thread_owner *owner)
{
	uint32_t free_run = 0, slot;

	for (slot = 0; slot < records->table.cpu_count; slot++)
		count_catch_all(records, slot, owner);
	for (; slot < records->table.slot_count && (slot < records->high || free_run < FREE_RUN); slot++) {
		if (__atomic_load_n(&records->table.records[slot].state, __ATOMIC_ACQUIRE) == RECORD_FREE) {
			free_run += slot >= records->high;
			continue;
		}
		free_run = 0;
		read_slot(records, slot, owner);
	}
}

static void read_tables(struct records *records)
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

static void read_statistics(struct records *records)
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

/* Takes the slot out of the pid table, as the thread's last switch would have. */
static void forget_pid(struct records *records, uint32_t pid, uint32_t slot)
{
	uint64_t entry = (uint64_t)pid << 32 | slot;
	uint32_t far = 0;

	__atomic_compare_exchange_n(&records->table.slot_by_pid[pid % SLOT_CELLS], &entry, SLOT_TAKEN, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	if (bpf_map_lookup_elem(records->table.slot_by_pid_far, &pid, &far) == 0 && far == slot)
		bpf_map_delete_elem(records->table.slot_by_pid_far, &pid);
}

/* The task of a living record is gone without notice: what it did until its last reading stays counted. */
static void retire_vanished(struct records *records, uint32_t slot, const struct thread_owner *owner)
{
	struct record *record = &records->table.records[slot];

	forget_pid(records, record->pid, slot);
	record->flags |= RECORD_VANISHED;
	__atomic_store_n(&record->state, RECORD_DEAD, __ATOMIC_RELEASE);
	records->statistics.orphans++;
	read_slot(records, slot, owner);
}

/* Profile light: a record that no survey met for long has lost its task unseen. Not at once: a task that was reaped is told by RCU,
 * which takes its time on a busy machine. */
static void retire_unseen(struct records *records, const struct thread_owner *owner)
{
	uint32_t number = records->table.control->survey_number;

	for (uint32_t slot = records->table.cpu_count; slot < records->high; slot++) {
		const struct record *record = &records->table.records[slot];
		struct thread *thread = &records->threads[slot];

		if (record->state != RECORD_LIVE || record->seen == number)
			thread->unseen_since_ns = 0;
		else if (!thread->unseen_since_ns)
			thread->unseen_since_ns = owner->now_ns;
		else if (owner->now_ns - thread->unseen_since_ns >= UNSEEN_NS)
			retire_vanished(records, slot, owner);
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
		retire_unseen(records, owner);
	totals_compare(&before, &records->sums, &records->table, records->statistics.difference);
	if (records->surveys) /* nothing counts calls and switches on its own there */
		records->statistics.difference[ACCOUNT_SYSCALLS] =
			records->statistics.difference[ACCOUNT_SWITCHES] =
				records->statistics.difference[ACCOUNT_BYTES] = 0;
	model_book_starts(records->model);
	read_tables(records);
	read_statistics(records);
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

void records_settle(struct records *records, const struct thread_owner *owner)
{
	if (records->surveys)
		return;
	/* each CPU learns whose slot is current */
	for (uint32_t i = 0; i < records->table.cpu_count; i++)
		probe_poke(records->probe, i);
	/* those made before sched_switch was attached and gone since: nobody saw them die */
	if (records_survey(records, false))
		return;
	for (uint32_t slot = records->table.cpu_count; slot < records->table.slot_count; slot++) {
		const struct record *record = &records->table.records[slot];

		if (record->state == RECORD_FREE)
			break;
		if (record->state == RECORD_LIVE && record->flags & RECORD_SEEDED &&
		    record->seen != records->table.control->survey_number)
			retire_vanished(records, slot, owner);
	}
}

static bool is_current(const struct records *records, uint32_t slot)
{
	for (uint32_t i = 0; i < records->table.cpu_count; i++)
		if (records->table.cpus[i].slot == slot)
			return true;
	return false;
}

static bool is_known(const struct records *records, uint32_t slot)
{
	uint32_t pid = records->table.records[slot].pid, far = 0;

	if (records->table.slot_by_pid[pid % SLOT_CELLS] == ((uint64_t)pid << 32 | slot))
		return true;
	return bpf_map_lookup_elem(records->table.slot_by_pid_far, &pid, &far) == 0 && far == slot;
}

void records_sweep(struct records *records, const struct thread_owner *owner)
{
	for (uint32_t slot = records->table.cpu_count; slot < records->high; slot++) {
		const struct record *record = &records->table.records[slot];
		struct thread *thread = &records->threads[slot];

		if (record->state != RECORD_LIVE || !thread->live || is_known(records, slot) ||
		    is_current(records, slot)) {
			thread->orphaned = false;
			continue;
		}
		if (!thread->orphaned) { /* it may be on its way in or out: only the second sweep takes it */
			thread->orphaned = true;
			continue;
		}
		retire_vanished(records, slot, owner);
	}
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
