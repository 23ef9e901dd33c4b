/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Numbers by disk of a cgroup: io.stat of v2, blkio.throttle.* of v1. Any text will do; what fits neither form is left out. */
#include "model/instance.h"

/* "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0 cost.usage=5 ..." */
void disk_stat_parse_v2(const char *text, struct instance *instance);
/* "8:0 Read 1", "8:0 Write 2": to value `read` and the next, DISK_READ_BYTES or DISK_READS. */
void disk_stat_parse_v1(const char *text, enum disk_value read, struct instance *instance);
