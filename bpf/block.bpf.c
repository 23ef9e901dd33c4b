// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Requests to disks: when they are issued and when they are done. */
#include "lib/program.bpf.h"
#include "lib/disk.bpf.h"

/*
 * Any context, most often that of the task that made the request; since 2.6. From 7.0 on it may be skipped while another thread
 * was preempted in it (counted as misses): then the request is timed from its making and no count is lost.
 */
SEC("tp_btf/block_rq_issue")
int BPF_PROG(block_rq_issue, struct request *request)
{
	disk_issue(request, (struct task_struct *)bpf_get_current_task());
	return 0;
}

/* The same where the queue comes first, see feature.c. */
SEC("tp_btf/block_rq_issue")
int BPF_PROG(block_rq_issue_queue, struct request_queue *queue, struct request *request)
{
	disk_issue(request, (struct task_struct *)bpf_get_current_task());
	return 0;
}

/*
 * Interrupt of the disk, on any CPU; process context for disks made of software. Before a request's bytes are taken off it.
 * The second argument was an int before 6.1 and is a blk_status_t of 8 bits since (commit 8a7d267b4a2c): 0 is success in both.
 */
SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_rq_complete, struct request *request, __u8 error, unsigned int bytes)
{
	disk_complete(request, error, bytes);
	return 0;
}
