/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/*
 * Payload of files and sockets. A byte is counted once for each side it passes: sendfile reads a file and sends to a socket.
 *
 * Sockets are counted at the end of the system call, by its descriptor, or (profile full) where the kernel itself names
 * socket and length, in sock_send_length and sock_recv_length: no call and no io_uring request passes those by, but the two
 * hooks cost more than all that is done in them.
 */
#include "lib/call_end.bpf.h"
#include "lib/compat_uring.bpf.h"

/* Record of the current thread where the CPU's current slot is another's: its coming went unseen. Made when it has none; the
 * catch-all of this CPU when none is free. */
static __noinline struct record *record_far(struct cpu_state *cpu, __u32 number, __u64 task, bool preemptible)
{
	__u32 slot = slot_find((__u32)bpf_get_current_pid_tgid());
	struct record *record = slot ? record_at(slot) : NULL;

	cpu->stale_slot++;
	if (record && record->task == task) {
		if (!preemptible)
			cpu->slot = slot;
		return record;
	}
	if (cpu->base_task == task) /* found no slot when it came; it tries again when it leaves */
		return record_at(number);
	slot = record_new(cpu, (struct task_struct *)task, 0, 0);
	if (!slot)
		slotless_begin(cpu, (struct task_struct *)task);
	if (!preemptible)
		cpu->slot = slot ?: number;
	return record_at(slot ?: number);
}

/* Per-CPU numbers of programs that may be preempted need atomic adds. */
#define CPU_ADD_MANY(number, amount) \
	(preemptible ? (void)__sync_fetch_and_add(&(number), amount) : (void)((number) += (amount)))
#define CPU_ADD(number) CPU_ADD_MANY(number, 1)

static __always_inline __u64 traffic_add_file(struct record *record, bool write, __u64 bytes)
{
	__u32 side = write;

	barrier_var(side);
	side &= 1;
	record->narrow[V_FILE_READS - RECORD_VALUES + side]++;
	record->value[V_FILE_READ + side] += bytes;
	return bytes;
}

static __always_inline __u64 traffic_add_socket(struct record *record, bool write, __u32 protocol,
						__u64 bytes)
{
	__u32 index = protocol + (write ? DIMENSION_WIDTH(protocol) : 0);

	barrier_var(index);
	index &= 7;
	record->value[V_NETWORK_RECEIVE + index] += bytes;
	return bytes;
}

/* An open or close that is over. One that a signal interrupts most often begins anew: it is no failure. */
static __always_inline void traffic_add_open(struct record *record, bool close, long result)
{
	if (close)
		record->narrow[V_FILE_CLOSES - RECORD_VALUES] += result == 0;
	else if (result >= 0)
		record->narrow[V_FILE_OPENS - RECORD_VALUES]++;
	else if (result > -ERRNO_RESTART_FIRST || result < -ERRNO_RESTART_LAST)
		record->narrow[V_FILE_OPEN_FAILURES - RECORD_VALUES]++;
}

/* What is counted in the middle of a system call, or without one: told to the reader by `seq`. */
static __always_inline void traffic_end(struct cpu_state *cpu, struct record *record, __u64 bytes,
					bool preemptible)
{
	barrier();
	if (preemptible)
		__sync_fetch_and_add(&record->seq, 2);
	else
		*(volatile __u32 *)&record->seq += 2;
	barrier();
	if (bytes)
		CPU_ADD_MANY(cpu->bytes, bytes);
}

/* Record of the current thread. */
static __always_inline struct record *traffic_record(struct cpu_state *cpu, __u32 number, bool preemptible)
{
	__u64 task = bpf_get_current_task();
	struct record *record = record_at(preemptible ? slot_find((__u32)bpf_get_current_pid_tgid()) :
							cpu->slot);

	if (record && record->task == task)
		return record;
	return record_far(cpu, number, task, preemptible);
}

static __always_inline void on_socket_message(__u32 family, __u32 type, __u32 protocol, bool write,
					      long result, bool preemptible)
{
	__u32 number;
	struct cpu_state *cpu;
	struct record *record;

	if (result <= 0)
		return;
	cpu = cpu_current(&number);
	record = cpu ? traffic_record(cpu, number, preemptible) : NULL;
	if (!record)
		return;
	traffic_add_socket(record, write, protocol_of(family, type, protocol), result);
	traffic_end(cpu, record, result, preemptible);
}

/* What a request of io_uring does, by its opcode. */
enum uring_kind { URING_OTHER, URING_OPEN, URING_CLOSE, URING_READ, URING_WRITE, URING_BOTH };

static __always_inline enum uring_kind uring_kind(__u32 opcode)
{
	switch (opcode) {
	case IORING_OP_OPENAT:
	case IORING_OP_OPENAT2:
		return URING_OPEN;
	case IORING_OP_CLOSE:
		return URING_CLOSE;
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case IORING_OP_READ:
	case IORING_OP_READV_FIXED:
	case IORING_OP_READ_MULTISHOT:
	case IORING_OP_RECVMSG:
	case IORING_OP_RECV:
		return URING_READ;
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_WRITE:
	case IORING_OP_WRITEV_FIXED:
	case IORING_OP_SENDMSG:
	case IORING_OP_SEND:
	case IORING_OP_SEND_ZC:
	case IORING_OP_SENDMSG_ZC:
		return URING_WRITE;
	case IORING_OP_SPLICE: /* its other file is not known */
	case IORING_OP_RECV_ZC:
		return URING_BOTH;
	}
	return URING_OTHER;
}

/* The bytes of a completed request that are counted here; *ret_unknown where it may have moved some and does not tell. */
static __always_inline __u64 uring_add(struct record *record, struct io_kiocb *request, __u32 opcode,
				       enum uring_kind kind, __u64 result, bool *ret_unknown)
{
	struct file *file = BPF_CORE_READ(request, file);
	bool write = kind == URING_WRITE;

	*ret_unknown = kind == URING_BOTH;
	if (*ret_unknown)
		return 0;
	switch (file_kind_read(file)) {
	case DESCRIPTOR_FILE:
		return traffic_add_file(record, write, result);
	case DESCRIPTOR_SOCKET:
		if (cfg.has_socket_hooks || uring_only_looks(request, opcode))
			return 0;
		return traffic_add_socket(record, write, file_protocol_read(file), result);
	default:
		return 0;
	}
}

/* A request of io_uring is done. Its file is still open; who works for the ring is a thread of its owner. `may_move`: of a result that
 * names no request, whether it may be of a receive or read. */
static __always_inline void on_uring_complete(struct io_kiocb *request, int result, bool may_move,
					      bool preemptible)
{
	__u32 number, opcode = BPF_CORE_READ(request, opcode);
	enum uring_kind kind = uring_kind(opcode);
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record;
	bool unknown = false;
	__u64 bytes = 0;

	if (!cpu || (result < 0 && kind != URING_OPEN))
		return;
	if (!request) { /* not told; or one more result of a request, which only sockets and pipes have */
		if (result > 0 && may_move && !cfg.has_socket_hooks)
			CPU_ADD(cpu->unknown_uring);
		return;
	}
	record = kind ? traffic_record(cpu, number, preemptible) : NULL;
	if (!record)
		return;
	if (kind <= URING_CLOSE)
		traffic_add_open(record, kind == URING_CLOSE, result);
	else if (record->flags & RECORD_KERNEL) /* its owner is gone */
		unknown = true;
	else
		bytes = uring_add(record, request, opcode, kind, result, &unknown);
	if (unknown && result)
		CPU_ADD(cpu->unknown_uring);
	traffic_end(cpu, record, bytes, preemptible);
}

/* A completion that found its ring full and is not told to on_uring_complete(). */
static __always_inline void on_uring_overflow(int result)
{
	const bool preemptible = true;
	__u32 number;
	struct cpu_state *cpu = cpu_current(&number);

	if (cpu && result > 0)
		CPU_ADD(cpu->unknown_uring);
}
