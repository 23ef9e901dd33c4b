/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/* What the iterator `resident` writes into its descriptor: one row for each process that has memory of its own. */
#ifndef __bpf__
#include <linux/types.h>
#endif

struct resident_row {
	__u32 tgid;
	__u32 padding;
	__u64 start_ns; /* CLOCK_BOOTTIME, as in struct record_base */
	__u64 bytes;
};
