/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
/* A part of bpf_host.c: system calls of single containers, and cgroups one below the other. */

static void focus_maps_start(void)
{
	map_start(&focuses, FOCUS_PLACES);
	map_start(&focus_lists, 1);
	map_start(&focus_cells, FOCUS_CELLS);
}

void host_cgroup_put_below(__u64 id, __u64 above)
{
	struct host_cgroup *cgroup = cgroup_get(id), *parent = cgroup_get(above);

	cgroup->v2.self.parent = &parent->v2.self;
	parent->v2.self.cgroup = &parent->v2;
	cgroup->v1->self.parent = &parent->v1->self;
	parent->v1->self.cgroup = parent->v1;
}

void host_set_crowd(__u32 index, __u64 cgroup_id)
{
	__u32 zero = 0;
	struct control *control = bpf_map_lookup_elem(&control_map, &zero);

	control->crowd[index] = cgroup_id;
}

struct focus_counts *host_focus(__u32 place)
{
	return bpf_map_lookup_elem(&focuses, &place);
}

struct focus_list *host_focus_list(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&focus_lists, &zero);
}

void host_set_group_focus(__u32 number, __u32 focus)
{
	struct group *group = bpf_map_lookup_elem(&groups, &number);

	group->focus = focus;
}

void host_focus_enter(__u64 number)
{
	focus_enter(NULL, number);
}

void host_focus_exit(__u64 number, long result)
{
	struct host_task *task = host.current[host.cpu];

	host_task_set_call(task, number, 0);
	focus_exit(&task->regs, result);
}

void host_focus_enter_tracepoint(__u64 number)
{
	struct trace_event_raw_sys_enter *context = zeroed(sizeof(*context));

	context->id = number;
	focus_enter_tracepoint(context);
	free(context);
}

void host_focus_exit_tracepoint(__u64 number, long result)
{
	struct trace_event_raw_sys_exit *context = zeroed(sizeof(*context));

	context->id = number;
	context->ret = result;
	focus_exit_tracepoint(context);
	free(context);
}
