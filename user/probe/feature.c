/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probe/feature.h"
#include "probe_config.h"

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* Value of an enum member, -1 when it is not there. */
static long enum_value(const struct btf *btf, const char *type_name, const char *member)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_ENUM);
	const struct btf_type *type;

	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, id);
	for (unsigned int i = 0; i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), member) == 0)
			return btf_enum(type)[i].val;
	return -1;
}

static bool has_member(const struct btf *btf, const char *type_name, const char *member)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_STRUCT);
	const struct btf_type *type;

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, id);
	for (unsigned int i = 0; i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member) == 0)
			return true;
	return false;
}

/* Parameters of a tracepoint, the first of which is not its own; NULL when the kernel does not have it. */
static const struct btf_type *tracepoint_parameters(const struct btf *btf, const char *name)
{
	char type_name[64];
	const struct btf_type *type;
	int id;

	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	return btf_is_ptr(type) ? btf__type_by_id(btf, type->type) : NULL;
}

static uint32_t uring_arguments(const struct btf *btf)
{
	const struct btf_type *function = tracepoint_parameters(btf, "io_uring_complete");
	const struct btf_type *third;

	if (!function || btf_vlen(function) < 4)
		return URING_NONE;
	third = btf__type_by_id(btf, btf_params(function)[3].type);
	if (btf_is_ptr(third)) /* seen on 6.18 and 7.2 */
		return URING_ENTRY;
	/* seen on 6.1 and 6.12; not on 5.10 */
	return btf_is_ptr(btf__type_by_id(btf, btf_params(function)[2].type)) ? URING_REQUEST : URING_RESULT;
}

static uint32_t controller(const struct btf *btf, const char *member)
{
	long index = enum_value(btf, "cgroup_subsys_id", member);

	return index > 0 ? index : 0;
}

/* Commit a54895fa057c, 5.11, dropped the queue from the arguments; stable updates of 5.10 may have it too. */
static bool is_request_second(const struct btf *btf)
{
	const struct btf_type *function = tracepoint_parameters(btf, "block_rq_issue");

	return function && btf_vlen(function) == 3;
}

/* Commit 72ba14deb40a, 6.10, and stable updates: (int pid) became (struct task_struct *, uid_t). */
static bool is_victim_pid(const struct btf *btf)
{
	const struct btf_type *function = tracepoint_parameters(btf, "mark_victim");

	return function && btf_vlen(function) == 2 &&
	       btf_is_int(btf__type_by_id(btf, btf_params(function)[1].type));
}

int feature_detect(struct feature *ret_feature)
{
	struct feature feature = { 0 };
	int cpus = libbpf_num_possible_cpus();
	struct btf *btf;
	int error;

	feature.possible_cpus = cpus > 0 ? cpus : 1;
	btf = btf__load_vmlinux_btf();
	error = btf ? 0 : -errno;
	if (btf) {
		feature.btf = true;
		feature.rdonly_cast = has_function(btf, "bpf_rdonly_cast");
		feature.current_btf = enum_value(btf, "bpf_func_id", "BPF_FUNC_get_current_task_btf") > 0;
		/* kernel_sendpage(), gone with commit dc97391e6610, 6.5, sent past the hooks */
		feature.socket_hooks = tracepoint_parameters(btf, "sock_send_length") &&
				       tracepoint_parameters(btf, "sock_recv_length") &&
				       !has_function(btf, "kernel_sendpage");
		feature.uring = uring_arguments(btf);
		feature.uring_overflow = tracepoint_parameters(btf, "io_uring_cqe_overflow");
		/* commit 8e4597c627fb ("bpf: Allow using bpf_sk_storage in FENTRY/FEXIT/RAW_TP") */
		feature.socket_storage = has_function(btf, "bpf_sk_storage_get_tracing");
		/* commits 439ebd5b5708 and 57918341dd19 came together: the first drops the preemption guard of raw syscall
		 * tracepoints, the second brings this function */
		feature.preemptible_calls = has_function(btf, "trace_call_bpf_faultable");
		/* commit a46023d5616e ("tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast") */
		feature.preemptible_others = has_member(btf, "tp_transition_snapshot", "srcu_gp");
		feature.request_second = is_request_second(btf);
		feature.victim_pid = is_victim_pid(btf);
		feature.cpu_controller = controller(btf, "cpu_cgrp_id");
		feature.io_controller = controller(btf, "io_cgrp_id");
		feature.memory_controller = controller(btf, "memory_cgrp_id");
		btf__free(btf);
	}
	*ret_feature = feature;
	return error;
}
