// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What io_uring moves: no system call tells it. */
#include "lib/program.bpf.h"
#include "lib/traffic.bpf.h"

/* Context of the ring's owner, or of a worker of it. Since 5.1. */
SEC("tp_btf/io_uring_complete")
int io_uring_complete(__u64 *context)
{
	struct uring_completion done = uring_completion(context);

	on_uring_complete(done.request, done.result, done.may_move, false);
	return 0;
}

/* Lossless twin for 7.0 and later, see sched_process_exec_tracepoint. */
SEC("tracepoint/io_uring/io_uring_complete")
int io_uring_complete_tracepoint(struct trace_event_raw_io_uring_complete *context)
{
	struct io_kiocb *request = NULL;

	if (bpf_core_field_exists(context->req))
		request = context->req;
	on_uring_complete(request, context->res, context->cflags & URING_ENTRY_BUFFER, true);
	return 0;
}

/*
 * Where the ring is full the kernel puts completions aside and tells them here alone, without the request: seen on 6.1, 6.18 and 7.2,
 * not on 5.10. Any context of the ring's work; of the kind that is not skipped.
 */
SEC("tracepoint/io_uring/io_uring_cqe_overflow")
int io_uring_cqe_overflow(struct trace_event_raw_io_uring_cqe_overflow *context)
{
	on_uring_overflow(context->res);
	return 0;
}
