/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the machine is: numbers that hardly ever change. 0 and "" are not known. */
#include <stdint.h>

struct machine {
	uint64_t cores, physical_cores, sockets; /* online */
	uint64_t memory_bytes, swap_bytes;
	char boot_id[64], machine_id[64], system_uuid[64];
	char kernel[128], system[128]; /* "6.1.0-28-amd64", "Debian GNU/Linux 12 (bookworm)" */
};
