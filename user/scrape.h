/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The answers of /metrics and /metrics/cadvisor: read when the last reading is old, render, keep the rendering for others. */
#include "base/punctuality.h"
#include "collect/collector.h"
#include "http/http.h"
#include "export/renderings.h"
#include "options/options.h"

struct scrape {
	const struct options *options;
	struct punctuality *ticks;   /* is told what answers cost, those of the API too */
	struct collector *collector; /* this and `http` are there before the first request is */
	const struct http *http;
	struct self self;
	struct renderings metrics, cadvisor;
	uint64_t count, render_ns; /* of /metrics: requests, and how long the last rendering took */
	char host[256];
};

/* `options` and `ticks` must stay. */
void scrape_init(struct scrape *scrape, const struct options *options, struct punctuality *ticks);
void scrape_done(struct scrape *scrape);

/* What ktally says about itself now, valid until the next call or scrape. */
const struct self *scrape_read_self(struct scrape *scrape);

/* Handlers of routes; the context is the struct scrape. */
void scrape_metrics(void *context, const struct http_request *request, struct http_reply *reply);
void scrape_cadvisor(void *context, const struct http_request *request, struct http_reply *reply);

/* Other settings are in force: what was rendered has the old families. */
void scrape_forget(struct scrape *scrape);
