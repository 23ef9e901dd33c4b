/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* What compat.bpf.h is, for io_uring. */

/* Arguments of io_uring_complete: the ring, then (user data, result), (request, user data, result) or (request, entry). What one of
 * many results is of is told by its entry alone: those that bring data name a buffer, those of accept and poll none. */
struct uring_completion {
	struct io_kiocb *request; /* an address only */
	int result;
	bool may_move;
};

#define URING_ENTRY_BUFFER 1 /* IORING_CQE_F_BUFFER */

static __always_inline struct uring_completion uring_completion(__u64 *context)
{
	struct uring_completion done = { .may_move = true };
	struct io_uring_cqe *entry;

	switch (cfg.uring) {
	case URING_RESULT:
		done.result = context[2];
		break;
	case URING_REQUEST:
		done.request = (void *)context[1];
		done.result = context[3];
		break;
	case URING_ENTRY:
		done.request = (void *)context[1];
		entry = (void *)context[2];
		done.result = entry->res;
		done.may_move = entry->flags & URING_ENTRY_BUFFER;
		break;
	}
	return done;
}

/* A receive by io_uring that leaves the data where they are. Its own part of the request lies over the common one. */
static __always_inline bool uring_only_looks(struct io_kiocb *request, __u32 opcode)
{
	struct io_sr_msg *message = (void *)request;

	return (opcode == IORING_OP_RECV || opcode == IORING_OP_RECVMSG) &&
	       BPF_CORE_READ(message, msg_flags) & (FLAG_PEEK | FLAG_ERRORS);
}
