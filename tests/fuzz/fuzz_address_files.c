/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as fib_trie or if_inet6: no fault, no loopback, nothing twice, never more addresses than fit. */
#include "read/address_files.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct address_list *list)
{
	if (list->count > ADDRESSES_MAX || (list->left_out && list->count < ADDRESSES_MAX))
		abort();
	for (uint32_t i = 0; i < list->count; i++) {
		if (addresses_is_loopback(list->address[i]))
			abort();
		for (uint32_t k = 0; k < i; k++)
			if (!memcmp(list->address[i], list->address[k], ADDRESS_SIZE))
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct address_list list;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (int only_covered = 0; only_covered < 2; only_covered++) {
		list.count = list.left_out = 0;
		address_files_parse_fib_trie(text, only_covered, &list);
		check(&list);
	}
	list.count = list.left_out = 0;
	address_files_parse_if_inet6(text, &list);
	check(&list);
	free(text);
	return 0;
}
