/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The answers below /api/v1/: what the collector and the daemon know, handed to export/api.h. */
#include "collect/collector.h"
#include "http/http.h"
#include "options/options.h"
#include "scrape.h"

struct interface_state {
	const struct options *options;
	struct scrape *scrape; /* for what ktally says about itself; its collector is used too */
	struct api_rates *rates;
	uint64_t realtime_ns;      /* of the last tick */
	uint64_t machine_until_ns; /* CLOCK_MONOTONIC: until then somebody looks at disks and interfaces */
	uint64_t boot_ns;          /* of two clocks: once, so that processes keep their start */
};

/* What is pointed to must stay. 0 or -ENOMEM. */
int interface_init(struct interface_state *interface, const struct options *options, struct scrape *scrape);
void interface_done(struct interface_state *interface);
/* To be called after each tick of the collector: that is what is shown until the next. */
void interface_tick(struct interface_state *interface);

/* Appends the answer to a path with its query: struct http_config, render. */
void interface_render(void *context, const char *path, struct buffer *out);
/* The handler of the route; the context is the struct interface_state. */
void interface_answer(void *context, const struct http_request *request, struct http_reply *reply);
