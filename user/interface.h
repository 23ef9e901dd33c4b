/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The answers below /api/v1/: what the collector and the daemon know, handed to export/api.h. */
#include "collect/collector.h"
#include "export/http.h"
#include "options.h"
#include "scrape.h"

struct interface {
	const struct options *options;
	struct scrape *scrape; /* for what ktally says about itself; its collector is used too */
	uint64_t realtime_ns;  /* of the last tick */
	uint64_t boot_ns;      /* of two clocks: once, so that processes keep their start */
};

/* What is pointed to must stay. */
void interface_init(struct interface *interface, const struct options *options, struct scrape *scrape);
/* To be called after each tick of the collector: that is what is shown until the next. */
void interface_tick(struct interface *interface);

/* Appends the answer to a path with its query: struct http_config, render. */
void interface_render(void *context, const char *path, struct buffer *out);
/* The handler of the route; the context is the struct interface. */
void interface_answer(void *context, const struct http_request *request, struct http_reply *reply);
