/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause OR Apache-2.0 */
#pragma once
/*
 * What record.h says, for TCP connections by the other end: connections[number], found by connection_by_key. Atomic adds.
 *
 * Entry 1 takes what finds no other; one with address and port 0 is what its cgroup could not have rows of its own for. The reader
 * deletes the key of an entry without references first, and clears it and gives it back when nobody can be about to use it any more.
 */
#include "metrics.h"

#define CONNECTION_NONE 0
#define CONNECTION_REST 1
#define CONNECTION_FIRST 2
#define CONNECTION_SHARE 8 /* a cgroup has at most this part of all entries, beside its two of address 0 */

struct connection_row_key {
	__u64 cgroup_id;  /* 0: of no cgroup */
	__u8 address[16]; /* as in user/model/connection.h, and so are the next two */
	__u16 port;
	__u16 direction;
	__u32 zero;
};

enum connection_row_state { CONNECTION_FREE, CONNECTION_LIVE };

struct connection_row {
	struct connection_row_key key;
	__u32 state;      /* enum connection_row_state */
	__u32 references; /* sockets that count here */
	__u64 opened, failed;
	__u64 found;  /* connections that were there before ktally */
	__u64 closed; /* of those opened and found */
	__u64 retransmits;
	__u64 sent_bytes, received_bytes; /* of sockets that ended */
	__u64 trip_us, trips;             /* of connections that closed, as is the next */
	__u64 duration_ns;
	/* of sockets that are there, cleared by the reader and added up by survey_connections, which nobody else runs */
	__u64 open_sent_bytes, open_received_bytes;
	__u64 open_trip_us, open_trips;
};
