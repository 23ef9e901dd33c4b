/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as io.stat and as blkio.throttle.*: no crash, and never more disks than the bound. */
#include <stdlib.h>
#include <string.h>

#include "disk_stat.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct instance *instance = calloc(1, sizeof(*instance));
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	disk_stat_parse_v2(text, instance);
	disk_stat_parse_v1(text, DISK_READ_BYTES, instance);
	disk_stat_parse_v1(text, DISK_READS, instance);
	if (instance->disk_count > INSTANCE_DISKS)
		abort();
	instance_free(instance);
	free(text);
	return 0;
}
