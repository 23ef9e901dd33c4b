/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* A part of bpf_host.c: disks, requests, the OOM killer and the ring buffer. */

/* Where `io` and `memory` are in css_set.subsys[] of tests. */
#define HOST_IO (cfg.io_controller & 15)
#define HOST_MEMORY (cfg.memory_controller & 15)

struct host_request {
	struct request request; /* first: one address for both */
	struct request_queue queue;
	struct gendisk disk;
	struct bio bio;
	struct blkcg_gq group;
	struct blkcg blkcg;
};

struct host_io {
	struct cgroup_subsys_state css;
	struct cgrp_cset_link link;
};

static struct host_io host_io[CGROUPS];
static struct event_oom_kill host_notice;
static __u32 host_room;

static void disk_maps_start(void)
{
	map_start(&disks, HOST_DISKS);
	map_start(&disk_by_owner, HOST_DISKS);
	map_start(&free_disks, HOST_DISKS);
	map_start(&disk_requests, HOST_REQUESTS);
	map_start(&oom_log, 1);
	map_start(&event_drops, EVENTS);
	for (__u32 disk = HOST_DISKS - 1; disk > 0; disk--)
		bpf_map_push_elem(&free_disks, &disk, 0);
	host_room = 1;
}

static long bpf_ringbuf_output(const void *map, const void *data, __u64 size, __u64 flags)
{
	if (map != &events || size != sizeof(host_notice) || flags)
		abort();
	if (!host_room)
		return -11;
	host_room--;
	__builtin_memcpy(&host_notice, data, size);
	return 0;
}

/* The cgroup in the hierarchy of blkio, which its tasks are in from now on. */
static struct cgroup *io_cgroup(__u64 id)
{
	struct host_cgroup *cgroup = cgroup_get(id);
	struct cgroup *io = id & CGROUP_V1 ? cgroup->v1 : &cgroup->v2;
	struct host_io *links = NULL;

	for (__u32 i = 0; i < CGROUPS && !links; i++)
		if (host.cgroup[i] == cgroup)
			links = &host_io[i];
	io->level = (id & ~CGROUP_V1) != 1;
	links->css.cgroup = io;
	cgroup->set.subsys[HOST_IO] = &links->css;
	links->link.cset = &cgroup->set;
	io->cset_links.next = &links->link.cset_link;
	return io;
}

struct host_request *host_request_new(__u32 disk, __u32 operation, __u64 cgroup_id, __u32 bytes)
{
	struct host_request *request = zeroed(sizeof(*request));

	request->request.q = &request->queue;
	request->queue.disk = &request->disk;
	request->disk.major = 7;
	request->disk.first_minor = disk;
	request->disk.disk_name[0] = 'a' + disk;
	request->request.cmd_flags = operation | 1 << 11; /* flags above are no part of it */
	request->request.__data_len = bytes;
	if (!cgroup_id)
		return request;
	request->request.bio = &request->bio;
	request->bio.bi_blkg = &request->group;
	request->group.blkcg = &request->blkcg;
	request->blkcg.css.cgroup = io_cgroup(cgroup_id);
	return request;
}

void host_request_free(struct host_request *request)
{
	free(request);
}

void host_request_set_made(struct host_request *request, __u64 start_ns)
{
	request->request.start_time_ns = start_ns;
}

void host_request_issue(struct host_request *request)
{
	block_rq_issue(&request->request);
}

void host_request_complete(struct host_request *request, bool failed, __u32 bytes)
{
	block_rq_complete(&request->request, failed ? 10 : 0, bytes);
	request->request.__data_len -= bytes;
}

static const struct disk *disk_of(__u64 owner)
{
	__u32 *number = bpf_map_lookup_elem(&disk_by_owner, &owner);

	return number ? disk_at(*number) : NULL;
}

const struct disk *host_disk_of_cgroup(__u64 cgroup_id)
{
	return disk_of(cgroup_id);
}

const struct disk *host_disk_of_device(__u32 disk)
{
	return disk_of(DISK_DEVICE | 7 << 20 | disk);
}

const struct disk *host_disk_rest(void)
{
	return disk_at(0);
}

__u32 host_requests(void)
{
	return map_of(&disk_requests)->count;
}

void host_cgroup_empty(__u64 cgroup_id)
{
	struct cgroup *io = io_cgroup(cgroup_id);

	io->cset_links.next = &io->cset_links;
}

void host_mark_victim(struct host_task *task, bool by_pid, __u64 limit_pages, __u64 above_pages)
{
	struct mem_cgroup *own = zeroed(sizeof(*own)), *above = zeroed(sizeof(*above));
	__u64 none = (~0ULL >> 1) / PAGE_BYTES;

	own->memory.max = limit_pages ?: none;
	above->memory.max = above_pages ?: none;
	own->css.parent = &above->css;
	task->task.cgroups->subsys[HOST_MEMORY] = &own->css;
	if (by_pid)
		mark_victim_pid(task->task.pid);
	else
		mark_victim(&task->task);
	task->task.cgroups->subsys[HOST_MEMORY] = NULL;
	free(own);
	free(above);
}

const struct oom_log *host_oom_log(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&oom_log, &zero);
}

const struct event_oom_kill *host_oom_notice(void)
{
	return &host_notice;
}

void host_set_room(__u32 room)
{
	host_room = room;
}

__u64 host_drops(__u32 type)
{
	return *(__u64 *)bpf_map_lookup_elem(&event_drops, &type);
}
