/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* Life of a thread's record: found by pid, made at first sight, moved when the thread changes its cgroup, retired at death. */
#include "lib/group.bpf.h"
#include "lib/task.bpf.h"

static __always_inline struct record *record_at(__u32 slot)
{
	return bpf_map_lookup_elem(&records, &slot);
}

/* Slot of a pid, 0 when it has none. */
static __always_inline __u32 slot_find(__u32 pid)
{
	__u32 key = pid % SLOT_CELLS, *far;
	__u64 *cell = bpf_map_lookup_elem(&slot_by_pid, &key), entry;

	if (!cell)
		return 0;
	entry = *(volatile __u64 *)cell;
	if (entry >> 32 == pid)
		return entry;
	if (!entry)
		return 0;
	far = bpf_map_lookup_elem(&slot_by_pid_far, &pid);
	return far ? *far : 0;
}

static __always_inline void slot_put(__u32 pid, __u32 slot)
{
	__u32 key = pid % SLOT_CELLS;
	__u64 *cell = bpf_map_lookup_elem(&slot_by_pid, &key), entry;

	if (!cell)
		return;
	entry = *(volatile __u64 *)cell;
	if (entry > SLOT_TAKEN && entry >> 32 != pid) {
		bpf_map_update_elem(&slot_by_pid_far, &pid, &slot, BPF_ANY);
		return;
	}
	*(volatile __u64 *)cell = (__u64)pid << 32 | slot;
	if (entry)
		bpf_map_delete_elem(&slot_by_pid_far, &pid); /* of a time when the cell was another's */
}

static __always_inline void slot_drop(__u32 pid, __u32 slot)
{
	__u32 key = pid % SLOT_CELLS, *far;
	__u64 *cell = bpf_map_lookup_elem(&slot_by_pid, &key);

	if (!cell)
		return;
	if (*(volatile __u64 *)cell == ((__u64)pid << 32 | slot)) {
		/* never empty again: a pid in the hash behind it must still be looked for there */
		*(volatile __u64 *)cell = SLOT_TAKEN;
		return;
	}
	far = bpf_map_lookup_elem(&slot_by_pid_far, &pid);
	if (far && *far == slot)
		bpf_map_delete_elem(&slot_by_pid_far, &pid);
}

/* Last store of a record's life: afterwards only the reader may touch it. */
static __always_inline void record_retire(struct cpu_state *cpu, struct record *record, __u32 slot)
{
	__u64 retired = cpu->retired;

	barrier();
	*(volatile __u32 *)&record->state = RECORD_DEAD;
	cpu->retired_slot[retired % RETIRED_SLOTS] = slot;
	barrier();
	*(volatile __u64 *)&cpu->retired = retired + 1;
}

/* Executable's name; of a kernel thread, or where the memory is gone already, the command's. */
static __noinline void record_set_name(__u32 slot, struct task_struct *task)
{
	struct record_name *name = bpf_map_lookup_elem(&names, &slot);
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	__u32 seq;

	if (!name)
		return;
	seq = name->seq;
	*(volatile __u32 *)&name->seq = seq + 1;
	barrier();
	if (!file || bpf_probe_read_kernel_str(name->name, sizeof(name->name),
					       BPF_CORE_READ(file, f_path.dentry, d_name.name)) <= 1)
		bpf_probe_read_kernel_str(name->name, sizeof(name->name), &task->comm);
	barrier();
	*(volatile __u32 *)&name->seq = seq + 2;
}

/*
 * A record for a thread met without one: born when it began after ktally did (its counters all count), else with a base.
 * `flags`: RECORD_SEEDED, or RECORD_LATE where it has been running for a while.
 * `moved_from` is the old slot of a thread that changed its cgroup or program, else 0. Returns the slot, 0 when none is free (counted).
 * Reads the task by helpers only, so that any kind of program may call it.
 */
static __noinline __u32 record_new(struct cpu_state *cpu, struct task_struct *task, __u32 moved_from,
				   __u32 flags)
{
	struct record *record, *old;
	struct record_base *base;
	__u32 slot = 0, pid = BPF_CORE_READ(task, pid), tgid = BPF_CORE_READ(task, tgid);

	if (!moved_from && !(flags & RECORD_LATE) && task_is_newborn(task))
		flags |= RECORD_BORN;
	if (bpf_map_pop_elem(&free_slots, &slot)) {
		if (flags & RECORD_BORN) {
			cpu->no_slot++;
			cpu->slotless_starts += pid == tgid;
		}
		return 0;
	}
	record = record_at(slot);
	base = bpf_map_lookup_elem(&bases, &slot);
	if (!record || !base)
		return 0;
	record->task = (__u64)task;
	record->pid = pid;
	record->tgid = tgid;
	record->cset = (__u64)BPF_CORE_READ(task, cgroups);
	record->cgroup_id = task_cgroup_id(task);
	record->group = group_get(cpu, record->cgroup_id, task_cgroup(task));
	if (pid == tgid)
		flags |= RECORD_LEADER;
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD_BIT)
		flags |= RECORD_KERNEL;
	record->flags = flags;
	if (flags & RECORD_BORN) {
		__builtin_memset(base, 0, sizeof(*base));
		base->value[V_EXECS] = BPF_CORE_READ(task, self_exec_id);
		record->value[V_EXECS] = base->value[V_EXECS];
	} else {
#define TASK_VALUE(index, field) base->value[index] = record->value[index] = BPF_CORE_READ(task, field);
		TASK_VALUE_LIST
#undef TASK_VALUE
	}
	base->start_ns = task_start_ns(BPF_CORE_READ(task, group_leader));
	old = moved_from ? record_at(moved_from) : NULL;
	if (old) {
		base->value[V_EXECS] = old->value[V_EXECS]; /* an exec belongs to the program it begins */
		record->wait_reason = old->wait_reason;
		record->departed_ns = old->departed_ns;
		record->arrived_ns = old->arrived_ns;
	}
	record_set_name(slot, task);
	record->named_exec = record->value[V_EXECS];
	slot_put(pid, slot);
	barrier();
	*(volatile __u32 *)&record->state = RECORD_LIVE;
	if (flags & RECORD_BORN)
		cpu->births++;
	return slot;
}

/* The thread now running has no record: what it does from here on is found by these when it leaves. */
static __noinline __attribute__((unused)) void slotless_begin(struct cpu_state *cpu, struct task_struct *task)
{
	cpu->base_task = (__u64)task;
#define TASK_VALUE(index, field) cpu->base[index] = BPF_CORE_READ(task, field);
	TASK_VALUE_LIST
#undef TASK_VALUE
}

/* Retires the record of a thread that changed its cgroup or program and gives it a new one; returns its slot, or the old one when none is free. */
static __always_inline __u32 record_move(struct cpu_state *cpu, struct record *record, __u32 slot,
					 struct task_struct *task)
{
	__u32 fresh = record_new(cpu, task, slot, 0);

	if (!fresh)
		return slot;
	record->wait_reason = WAIT_NONE; /* goes on in the new one */
	record->flags |= RECORD_MOVED;
	record_retire(cpu, record, slot);
	return fresh;
}
