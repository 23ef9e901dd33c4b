/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Who the other end of a connection is, where it is on this machine: by the addresses of network namespaces (model/addresses.h).
 *
 * An address is looked for where the connection's container lives: its own namespace (also by loopback), else namespaces that it
 * surely reaches. Those are the ones that devices join to the host's, as its own is; and those where a connection was seen at both
 * ends. When two of them have the address, it is nobody's: no name is better than a wrong one.
 */
#include "model/connection.h"

enum peer_kind {
	PEER_UNKNOWN,
	PEER_CONTAINER, /* also a systemd unit, or what else has a row of its own */
	PEER_POD,       /* one of several containers that share the address */
	PEER_HOST,
	PEER_KINDS
};

/* Names are the model's; NULL where there are none. */
struct peer {
	enum peer_kind kind;
	const char *namespace, *pod;
	const char *container;
};

struct peers;

/* Looks at all namespaces and connections; valid until the model changes. 0 or -ENOMEM. */
int peers_new(const struct model *model, struct peers **ret_peers);
void peers_free(struct peers *peers);
/* Valid until the next call. */
const struct peer *peers_find(struct peers *peers, const struct connection *connection);
