/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/*
 * What disks do, per device and per cgroup. A request is noted when it is issued and counted when it completes, in any context
 * and on any CPU, so adds are atomic. One that completes without a note (issued before ktally began, no room, a hook that was
 * skipped) counts all the same, timed from its making.
 */
#include "lib/block.bpf.h"
#include "lib/histogram.bpf.h"

static __always_inline struct disk *disk_at(__u32 number)
{
	return bpf_map_lookup_elem(&disks, &number);
}

/* Entry of a cgroup or device, made at first sight; 0 when none is free. */
static __noinline __u32 disk_get(__u64 owner)
{
	__u32 *found = bpf_map_lookup_elem(&disk_by_owner, &owner);
	struct disk *disk;
	__u32 number = 0;

	if (found)
		return *found;
	if (bpf_map_pop_elem(&free_disks, &number))
		return 0;
	disk = disk_at(number);
	if (!disk)
		return 0;
	disk->owner = owner;
	if (bpf_map_update_elem(&disk_by_owner, &owner, &number, BPF_NOEXIST) == 0) {
		barrier();
		*(volatile __u32 *)&disk->state = DISK_LIVE;
		return number;
	}
	/* another CPU was first, or the table is full */
	disk->owner = 0;
	bpf_map_push_elem(&free_disks, &number, 0);
	found = bpf_map_lookup_elem(&disk_by_owner, &owner);
	return found ? *found : 0;
}

/* Entry of the device; 0, which is shared, when none is free. */
static __always_inline __u32 disk_of_device(struct gendisk *gendisk)
{
	__u64 number = (__u64)(__u32)BPF_CORE_READ(gendisk, major) << 20 |
		       BPF_CORE_READ(gendisk, first_minor);
	__u32 device = disk_get(DISK_DEVICE | number);
	struct disk *disk = device ? disk_at(device) : NULL;

	if (disk && disk->gendisk != (__u64)gendisk) {
		bpf_probe_read_kernel_str(disk->name, sizeof(disk->name), gendisk->disk_name);
		disk->gendisk = (__u64)gendisk;
	}
	return device;
}

/* Fills the parts that say whom the request is for. False when it is for no disk. */
static __always_inline bool disk_request_fill(struct disk_request *note, struct request *request,
					      struct task_struct *task)
{
	struct gendisk *gendisk = request_disk(request);
	struct disk *rest = disk_at(0);

	if (!gendisk || !rest)
		return false;
	note->device = disk_of_device(gendisk);
	note->owner = request_owner(request, task);
	note->disk = note->owner ? disk_get(note->owner) : 0;
	if (!note->owner)
		__sync_fetch_and_add(&rest->unowned, 1);
	else if (!note->disk)
		__sync_fetch_and_add(&rest->folded, 1);
	return true;
}

/* The request was used again, so it has completed, and the kernel skipped the hook. Nobody knows how long it took. */
static __always_inline void disk_lose(const struct disk_request *note)
{
	struct disk *rest = disk_at(0), *device = disk_at(note->device);
	struct disk *disk = note->disk ? disk_at(note->disk) : NULL;

	if (rest)
		__sync_fetch_and_add(&rest->lost, 1);
	if (device)
		__sync_fetch_and_add(&device->completed, 1);
	if (disk && disk->owner == note->owner)
		__sync_fetch_and_add(&disk->completed, 1);
}

/* A request goes to its driver; again when that could not take it, and then its time begins anew. */
static __always_inline void disk_issue(struct request *request, struct task_struct *task)
{
	__u64 key = (__u64)request;
	struct disk_request fresh = {}, *note = bpf_map_lookup_elem(&disk_requests, &key);
	__u64 made_ns = BPF_CORE_READ(request, start_time_ns);
	struct disk *disk;

	if (note && note->made_ns == made_ns) {
		note->issued_ns = bpf_ktime_get_ns();
		return;
	}
	if (note) {
		disk_lose(note);
		bpf_map_delete_elem(&disk_requests, &key);
	}
	fresh.made_ns = made_ns;
	if (!disk_request_fill(&fresh, request, task))
		return;
	fresh.issued_ns = bpf_ktime_get_ns();
	if (bpf_map_update_elem(&disk_requests, &key, &fresh, BPF_NOEXIST)) {
		disk = disk_at(0);
		if (disk)
			__sync_fetch_and_add(&disk->untracked, 1);
		return;
	}
	disk = disk_at(fresh.device);
	if (disk)
		__sync_fetch_and_add(&disk->issued, 1);
	disk = fresh.disk ? disk_at(fresh.disk) : NULL;
	if (disk)
		__sync_fetch_and_add(&disk->issued, 1);
}

struct disk_completion {
	__u64 latency_ns;
	__u64 bytes;
	__u32 operation;
	bool is_last;   /* else a part of the request, more follow */
	bool was_noted; /* its issue was seen */
};

static __always_inline void disk_add(struct disk *disk, const struct disk_completion *completion)
{
	__u32 first = (DISK_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4;
	__u32 operation = completion->operation, bucket = histogram_bucket(&cfg, completion->latency_ns);
	struct disk_operation *sums;

	if (operation >= DIMENSION_WIDTH(operation))
		return;
	sums = &disk->operation[operation];
	__sync_fetch_and_add(&sums->bytes, completion->bytes);
	if (!completion->is_last)
		return;
	if (!completion->was_noted)
		__sync_fetch_and_add(&disk->issued, 1);
	bucket = bucket < first ? 0 : bucket - first;
	if (bucket >= DISK_BUCKETS)
		return;
	__sync_fetch_and_add(&sums->bucket[bucket], 1);
	__sync_fetch_and_add(&sums->sum_ns, completion->latency_ns);
	__sync_fetch_and_add(&disk->completed, 1);
}

/* `bytes` of it are done, or failed. blk_update_request() tells before it takes them off __data_len. */
static __always_inline void disk_complete(struct request *request, bool failed, __u32 bytes)
{
	__u64 key = (__u64)request, now_ns = bpf_ktime_get_ns(), since_ns;
	struct disk_request unseen = {}, *note = bpf_map_lookup_elem(&disk_requests, &key);
	__u32 left = BPF_CORE_READ(request, __data_len);
	struct disk_completion completion = { .bytes = failed ? 0 : bytes,
					      .operation = request_operation(request),
					      .is_last = bytes >= left,
					      .was_noted = note };
	struct disk *disk;

	if (note) {
		unseen = *note;
		since_ns = note->issued_ns;
		if (completion.is_last)
			bpf_map_delete_elem(&disk_requests, &key);
	} else {
		/* with a flush before or after it a write ends twice, the second time empty (block/blk-flush.c) */
		if (!left && completion.operation != VALUE_INDEX(operation, FLUSH))
			return;
		if (!disk_request_fill(&unseen, request, NULL))
			return;
		since_ns = BPF_CORE_READ(request, start_time_ns); /* 0 where nobody keeps statistics */
	}
	completion.latency_ns = since_ns && now_ns > since_ns ? now_ns - since_ns : 0;
	disk = disk_at(unseen.device);
	if (disk)
		disk_add(disk, &completion);
	disk = unseen.disk ? disk_at(unseen.disk) : NULL;
	if (disk && disk->owner == unseen.owner) /* it may be another's by now */
		disk_add(disk, &completion);
}
