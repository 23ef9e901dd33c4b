/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The addresses of one network namespace, as they were read last. */
#include <stdbool.h>
#include <stdint.h>

#define ADDRESS_SIZE 16
#define ADDRESSES_MAX 1024 /* of a namespace; those past it are nobody's */

/* One reading. An address is there once; IPv4 is ::ffff:a.b.c.d. Without those that mean something else in each namespace:
 * 127.0.0.0/8, ::1, and link-local ones of IPv6. */
struct address_list {
	uint32_t count, left_out; /* past the bound */
	uint8_t address[ADDRESSES_MAX][ADDRESS_SIZE];
};

/* Zeros: not read yet. */
struct addresses {
	uint8_t (*address)[ADDRESS_SIZE]; /* owned; as in struct address_list */
	uint32_t count;
	uint32_t left_out; /* the most so far */
	uint64_t read_ns;  /* CLOCK_MONOTONIC of the last try; 0: none yet */
	bool is_attached;  /* it is the host's namespace, or a device joins it to that */
};

struct model;

/* Takes a copy; what went past the bound is counted in the model. 0 or -ENOMEM, then the old ones stay. */
int addresses_set(struct model *model, struct addresses *addresses, const struct address_list *list);
void addresses_done(struct addresses *addresses);

/* 127.0.0.0/8 or ::1. */
bool addresses_is_loopback(const uint8_t address[ADDRESS_SIZE]);
