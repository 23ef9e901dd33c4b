// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Cgroups come and go: their paths, so that a container is known before its first process runs and after it is gone. */
#include "lib/program.bpf.h"

struct {
	/* scratch for one record: it is larger than the stack */
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[sizeof(struct event_cgroup) + EVENT_PATH_SIZE]);
} cgroup_scratch SEC(".maps");

static __always_inline void on_cgroup(__u32 type, struct cgroup *cgroup, const char *path)
{
	__u32 zero = 0, hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
	struct event_cgroup *event = bpf_map_lookup_elem(&cgroup_scratch, &zero);
	__u64 *drops;
	long size;

	/* of all v1 hierarchies only the one of `cpu` counts; hierarchy 0 is v2 */
	if (!event || (hierarchy && hierarchy != cfg.cgroup_hierarchy))
		return;
	size = bpf_probe_read_kernel_str(event->path, EVENT_PATH_SIZE, path);
	if (size < 0 || size > EVENT_PATH_SIZE)
		return;
	event->cgroup_id = BPF_CORE_READ(cgroup, kn, id) | (hierarchy ? CGROUP_V1 : 0);
	event->path_size = size;
	event->padding = 0;
	event->header.type = type;
	event->header.size = sizeof(*event) + size;
	event->header.cpu = bpf_get_smp_processor_id();
	event->header.padding = 0;
	event->header.time_ns = bpf_ktime_get_ns();
	if (bpf_ringbuf_output(&events, event, sizeof(*event) + (size & (2 * EVENT_PATH_SIZE - 1)), 0)) {
		drops = bpf_map_lookup_elem(&event_drops, &type);
		if (drops)
			__sync_fetch_and_add(drops, 1);
	}
}

/* Process context, cgroup_mutex held, before any task can enter. Since 5.5. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	on_cgroup(EVENT_CGROUP_MKDIR, cgroup, path);
	return 0;
}

/* Process context, cgroup_mutex held, after the last task left. Since 5.5. */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	on_cgroup(EVENT_CGROUP_RMDIR, cgroup, path);
	return 0;
}
