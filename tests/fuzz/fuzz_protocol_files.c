/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as net/netstat, net/snmp or net/snmp6: no fault, and a value only where its name stands. */
#include "read/protocol_files.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *text, const char *group, const char *name)
{
	uint64_t value;

	if (protocol_files_find(text, group, name, &value) == 0 &&
	    (!strstr(text, group) || !strstr(text, name)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char heading[] = "Udp: InErrors NoPorts\nUdp: ";
	char *text = malloc(sizeof(heading) + size);

	if (!text)
		return 0;
	memcpy(text, heading, sizeof(heading) - 1);
	memcpy(text + sizeof(heading) - 1, data, size);
	text[sizeof(heading) - 1 + size] = '\0';
	look(text, "Udp:", "NoPorts");
	look(text + sizeof(heading) - 1, "TcpExt:", "ListenDrops");
	look(text + sizeof(heading) - 1, "Udp6", "NoPorts");
	free(text);
	return 0;
}
