/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Gauges of source FILE of a container, from its instances that live: what is used is added up, and limits where each has one
 * (else the container is unlimited); the start is that of the newest.
 */
#include <stdbool.h>

#include "model/model.h"

/* From what was last read of each instance. With `usage` also V_PROCESSES and V_THREADS, which BPF counts otherwise. */
void container_gauges_sum(struct container *container, bool usage);
