/* SPDX-License-Identifier: Apache-2.0 */
/* Records whose thread is gone without notice: found by surveys and by the pid table, and ended. */
#include "read/records_lost.h"

#include <bpf/bpf.h>

#include "base/time.h"
#include "read/slot.h"

#define UNSEEN_NS (10 * NS_PER_S)

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
	slot_read(records, slot, owner);
}

/* Profile light: a record that no survey met for long has lost its task unseen. Not at once: a task that was reaped is told by RCU,
 * which takes its time on a busy machine. */
void records_lost_retire(struct records *records, const struct thread_owner *owner)
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

void records_settle(struct records *records, const struct thread_owner *owner)
{
	if (records->surveys)
		return;
	/* each CPU learns whose slot is current */
	for (uint32_t i = 0; i < records->table.cpu_count; i++)
		probe_poke(records->probe, i);
	/* those that began between the first survey and the hooks, and sleep since: no switch tells of them */
	records_survey(records, true);
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
