/* SPDX-License-Identifier: Apache-2.0 */
#include "model/addresses.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

int addresses_set(struct model *model, struct addresses *addresses, const struct address_list *list)
{
	if (list->count) {
		void *copy = reallocarray(addresses->address, list->count, ADDRESS_SIZE);

		if (!copy)
			return -ENOMEM;
		addresses->address = memcpy(copy, list->address, (size_t)list->count * ADDRESS_SIZE);
	}
	addresses->count = list->count;
	if (list->left_out > addresses->left_out) {
		model->unread_addresses += list->left_out - addresses->left_out;
		addresses->left_out = list->left_out;
	}
	return 0;
}

void addresses_done(struct addresses *addresses)
{
	free(addresses->address);
	*addresses = (struct addresses){};
}

bool addresses_is_loopback(const uint8_t address[ADDRESS_SIZE])
{
	struct in6_addr in6;

	memcpy(&in6, address, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6) || (IN6_IS_ADDR_V4MAPPED(&in6) && address[12] == IN_LOOPBACKNET);
}
