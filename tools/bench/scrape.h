/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One scrape: a connection of its own, the whole answer. */
#include <stddef.h>
#include <stdint.h>

struct scrape {
	char *body;
	size_t size, capacity;
	uint64_t ns; /* from connect() to the last byte */
};

/* `accept` is the value of that header. 0 or negative errno; scrape_done() in both cases. */
int scrape_once(uint16_t port, const char *accept, struct scrape *ret_scrape);
void scrape_done(struct scrape *scrape);
/* Lines of samples in a text format. */
unsigned int scrape_series(const struct scrape *scrape);
/* Value of a series without labels; 0 when it is not there. */
double scrape_value(const struct scrape *scrape, const char *name);
