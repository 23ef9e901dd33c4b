/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What a system call moved, told at its end from number, result and descriptors (include/transfers.def). */
#include "lib/compat_socket.bpf.h"
#include "lib/traffic.bpf.h"

#define MESSAGE_BYTES 64        /* struct mmsghdr of user space */
#define MESSAGE_LENGTH 56       /* its msg_len */
#define MESSAGES_MAX 128        /* of one call whose lengths are read */
#define TRANSFER_MAX 0x7ffff000 /* MAX_RW_COUNT: no call moves more */

/*
 * One side of a transfer at the end of its system call; returns the bytes counted. A descriptor that was closed or given
 * to another file meanwhile is not what it was: closed ones are told, exchanged ones cannot be.
 */
static __always_inline __u64 transfer_side(struct cpu_state *cpu, struct record *record, struct file *file,
					   enum descriptor_kind kind, bool write, bool spliced, long result,
					   bool preemptible)
{
	if (result < 0)
		return 0;
	if (!file) {
		CPU_ADD_MANY(cpu->unknown_bytes, result);
		return 0;
	}
	if (kind == DESCRIPTOR_FILE)
		return traffic_add_file(record, write, result);
	if (kind != DESCRIPTOR_SOCKET || !result)
		return 0;
	/* the socket's own way into a pipe passes the hook by */
	if (cfg.has_socket_hooks && (write || !spliced || !file_splices_itself(file)))
		return 0;
	return traffic_add_socket(record, write, file_protocol(file), result);
}

/*
 * sendmmsg and recvmmsg tell their lengths in the caller's memory alone: it may forge its own numbers, no others. Not static, so
 * that the verifier looks at the loop once. Returns the bytes, and in the bits from UNKNOWN_SHIFT up how many could not be read.
 */
#define UNKNOWN_SHIFT 48

__noinline __u64 transfer_sum_messages(__u64 messages, __u64 count)
{
	__u64 bytes = 0;
	__u32 length;

	for (__u32 i = 0; i < MESSAGES_MAX && i < count; i++) {
		if (bpf_probe_read_user(&length, sizeof(length),
					(void *)(messages + i * MESSAGE_BYTES + MESSAGE_LENGTH)) ||
		    length > TRANSFER_MAX)
			bytes += 1ULL << UNKNOWN_SHIFT;
		else
			bytes += length;
	}
	return bytes;
}

struct aio_event { /* as in <linux/aio_abi.h>: kernels without AIO have no types of it */
	__u64 data, request;
	__s64 result, result2;
};

struct aio_request {
	__u64 zero[2];
	__u16 operation, priority;
	__u32 descriptor;
};

/* A completion of AIO, in the caller's memory as its request is; returns the bytes counted. Not static, as the other. */
__noinline __u64 transfer_count_event(__u64 address, __u32 is_preemptible)
{
	bool preemptible = is_preemptible, write;
	__u32 number;
	struct cpu_state *cpu = cpu_current(&number);
	struct record *record = cpu ? traffic_record(cpu, number, preemptible) : NULL;
	struct aio_event event;
	struct aio_request request;
	struct file *file;

	if (!record)
		return 0;
	if (bpf_probe_read_user(&event, sizeof(event), (void *)address) ||
	    bpf_probe_read_user(&request, sizeof(request), (void *)event.request) ||
	    event.result > TRANSFER_MAX) {
		CPU_ADD(cpu->unknown_messages);
		return 0;
	}
	switch (request.operation) {
	case IOCB_CMD_PREAD:
	case IOCB_CMD_PREADV:
		write = false;
		break;
	case IOCB_CMD_PWRITE:
	case IOCB_CMD_PWRITEV:
		write = true;
		break;
	default:
		return 0;
	}
	file = task_file(task_current(), request.descriptor);
	return transfer_side(cpu, record, file, file_kind(file), write, false, event.result, preemptible);
}

static __noinline __u64 transfer_count_events(struct cpu_state *cpu, __u64 events, __u64 count,
					      bool preemptible)
{
	__u64 bytes = 0;

	for (__u32 i = 0; i < MESSAGES_MAX && i < count; i++)
		bytes += transfer_count_event(events + i * sizeof(struct aio_event), preemptible);
	if (count > MESSAGES_MAX)
		CPU_ADD_MANY(cpu->unknown_messages, count - MESSAGES_MAX);
	return bytes;
}

/* A new socket of TCP to which the kernel gave no way: then no state of it ever changes. */
static __always_inline void transfer_count_connect(const struct record *record, struct file *file,
						   long result)
{
	struct group_tcp *tcp;
	__u32 group = record->group;

	if ((result != -ERROR_NETWORK_UNREACHABLE && result != -ERROR_HOST_UNREACHABLE) ||
	    !file_is_fresh_tcp(file))
		return;
	tcp = bpf_map_lookup_elem(&group_tcps, &group);
	if (tcp)
		__sync_fetch_and_add(
			&tcp->value[TCP_VALUE(FAILURES) + VALUE_INDEX(connect_failure, UNREACHABLE)], 1);
}

/* The calls that open or close files, or have two descriptors or many lengths; returns the bytes counted. `how`: enum call_transfer, or-ed
 * with TRANSFER_PREEMPTIBLE. */
#define TRANSFER_PREEMPTIBLE 0x100

static __noinline __u64 transfer_count(struct cpu_state *cpu, struct record *record,
				       const struct pt_regs *regs, __u32 how, long result)
{
	bool preemptible = how & TRANSFER_PREEMPTIBLE;
	struct task_struct *task = task_current();
	struct call_arguments arguments;
	struct file *file;
	__u32 from, to;
	__u64 bytes;

	how &= 0xff;
	if (how <= TRANSFER_CLOSE) {
		traffic_add_open(record, how == TRANSFER_CLOSE, result);
		return 0;
	}
	if (preemptible)
		call_arguments_now(&arguments);
	else
		call_arguments_of(regs, &arguments);
	from = to = arguments.first;
	if (how == TRANSFER_SENDFILE || how == TRANSFER_SPLICE) {
		if (how == TRANSFER_SENDFILE)
			from = arguments.second;
		else
			to = arguments.third;
		file = task_file(task, from);
		bytes = transfer_side(cpu, record, file, file_kind(file), false, true, result, preemptible);
		file = task_file(task, to);
		return bytes +
		       transfer_side(cpu, record, file, file_kind(file), true, true, result, preemptible);
	}
	if (how == TRANSFER_CONNECT) {
		transfer_count_connect(record, task_file(task, from), result);
		return 0;
	}
	if (how == TRANSFER_EVENTS)
		return result <= 0 ? 0 : transfer_count_events(cpu, arguments.fourth, result, preemptible);
	if (cfg.has_socket_hooks || result <= 0 ||
	    (how == TRANSFER_RECEIVE_MANY && arguments.fourth & (FLAG_PEEK | FLAG_ERRORS)))
		return 0;
	bytes = transfer_sum_messages(arguments.second, result);
	CPU_ADD_MANY(cpu->unknown_messages,
		     (bytes >> UNKNOWN_SHIFT) + (result > MESSAGES_MAX ? result - MESSAGES_MAX : 0));
	bytes &= (1ULL << UNKNOWN_SHIFT) - 1;
	file = task_file(task, from);
	return transfer_side(cpu, record, file, file_kind(file), how == TRANSFER_SEND_MANY, false, bytes,
			     preemptible);
}
