/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as net/dev or cgroup.procs: no fault, names that end, never more devices than fit. */
#include "read/network_files.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char headings[] =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast"
	"|bytes    packets errs drop fifo colls carrier compressed\n";

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void parse(const char *text)
{
	static struct network_device devices[NETWORK_DEVICES_MAX];
	uint32_t left_out = 0;
	int count = network_files_parse(text, devices, &left_out);

	check(count == -EINVAL || (count >= 0 && count <= NETWORK_DEVICES_MAX));
	check(!left_out || count == NETWORK_DEVICES_MAX);
	for (int i = 0; i < count; i++)
		check(devices[i].name[0] && memchr(devices[i].name, '\0', sizeof(devices[i].name)) &&
		      !strpbrk(devices[i].name, ": \n") && strcmp(devices[i].name, "lo") != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(sizeof(headings) + size);

	if (!text)
		return 0;
	memcpy(text, headings, sizeof(headings) - 1);
	memcpy(text + sizeof(headings) - 1, data, size);
	text[sizeof(headings) - 1 + size] = '\0';
	parse(text);
	parse(text + sizeof(headings) - 1);
	check(network_files_first_pid(text + sizeof(headings) - 1) <= INT32_MAX);
	free(text);
	return 0;
}
