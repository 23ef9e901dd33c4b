/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The rows of `ktally check` about the machine and this process, BPF programs aside. */
#include <stdbool.h>

#include "base/paths.h"
#include "commands/check_table.h"
#include "probe/feature.h"
#include "read/cgroupfs.h"
#include "read/surroundings.h"

struct check_machine {
	const struct paths *paths;
	const struct feature *feature;
	const struct cgroupfs *cgroupfs;
	struct surroundings surroundings;
	bool needs_tracefs;    /* a program of the kind tracepoint is to be used here */
	bool has_capabilities; /* out: enough to load BPF programs */
	bool has_procfs;       /* out */
};

void check_machine_add_kernel(struct check_machine *machine, struct check_table *table);
void check_machine_add_process(struct check_machine *machine, struct check_table *table);
void check_machine_add_files(struct check_machine *machine, struct check_table *table);
