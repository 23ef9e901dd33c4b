/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What probe.c (loading), probe_attach.c and probe_run.c share. Private to probe*.c. */
#include <bpf/libbpf.h>

#include "probe/object.h"
#include "probe/probe.h"

enum probe_object {
#define OBJECT(name) OBJECT_##name,
#include "probe/probes.def"
#undef OBJECT
	PROBE_OBJECTS
};

struct probe {
	struct bpf_object *object[PROBE_OBJECTS];
	struct bpf_program *program[PROBE_PROGRAMS];
	struct bpf_link *link[PROBE_PROGRAMS];
	struct probe_status status[PROBE_PROGRAMS];
	struct object_maps maps;
};
