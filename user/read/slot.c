/* SPDX-License-Identifier: Apache-2.0 */
/* One slot of the tables: its record is taken while the kernel may write it, and given back when its thread is dead. */
#include "read/slot.h"

#include <stddef.h>
#include <string.h>

#define SNAPSHOT_TRIES 64

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

void slot_count_catch_all(struct records *records, uint32_t slot, const struct thread_owner *owner)
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

void slot_rename(struct records *records, uint32_t slot, const struct record *record,
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
		slot_rename(records, slot, record, owner);
}

static void give_back(struct records *records, uint32_t slot)
{
	struct record *record = &records->table.records[slot];

	memset((char *)record + sizeof(record->state), 0, sizeof(*record) - sizeof(record->state));
	__atomic_store_n(&record->state, RECORD_FREE, __ATOMIC_RELEASE);
	records->live--;
	table_give_slot(&records->table, slot);
}

void slot_read(struct records *records, uint32_t slot, const struct thread_owner *owner)
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
