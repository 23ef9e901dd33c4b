/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What counters in files grew by between their last two readings. Of one cgroup, or of the machine. */
#include <stdint.h>

#include "metrics.h"

/* Values of a container that are read from files as counters: throttling, pressure; without BPF also CPU time. */
#define FILE_COUNTERS (V_PRESSURE_LAST - V_CPU_PERIODS + 1 + 3)

struct file_growth {
	uint64_t read_ns;     /* of the last reading; 0: none */
	uint64_t interval_ns; /* since the one before; 0: there was none */
	uint64_t growth[FILE_COUNTERS];
};

/* A reading begins. One that follows the last in less than half a second is one with it, so that no rate is made of a moment. */
void file_growth_begin(struct file_growth *growth, uint64_t now_ns);
/* Counter `index` (enum value_index) has grown; others than those above are left out. */
void file_growth_add(struct file_growth *growth, unsigned int index, uint64_t delta);
/* What it grew by, 0 where nothing is known. */
uint64_t file_growth_of(const struct file_growth *growth, unsigned int index);
