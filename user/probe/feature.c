/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "probe/feature.h"

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

int feature_detect(struct feature *ret_feature)
{
	struct feature feature = { 0 };
	int cpus = libbpf_num_possible_cpus();
	struct btf *btf;
	long index;
	int error;

	feature.possible_cpus = cpus > 0 ? cpus : 1;
	btf = btf__load_vmlinux_btf();
	error = btf ? 0 : -errno;
	if (btf) {
		feature.btf = true;
		feature.rdonly_cast = has_function(btf, "bpf_rdonly_cast");
		feature.current_btf = enum_value(btf, "bpf_func_id", "BPF_FUNC_get_current_task_btf") > 0;
		/* commits 439ebd5b5708 and 57918341dd19 came together: the first drops the preemption guard of raw syscall
		 * tracepoints, the second brings this function */
		feature.preemptible_calls = has_function(btf, "trace_call_bpf_faultable");
		/* commit a46023d5616e ("tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast") */
		feature.preemptible_others = has_member(btf, "tp_transition_snapshot", "srcu_gp");
		index = enum_value(btf, "cgroup_subsys_id", "cpu_cgrp_id");
		feature.cpu_controller = index > 0 ? index : 0;
		btf__free(btf);
	}
	*ret_feature = feature;
	return error;
}
