/* SPDX-License-Identifier: Apache-2.0 */
#include "scrape.h"

#include <unistd.h>

#include "base/time.h"
#include "choice.h"
#include "export/cadvisor.h"
#include "export/exposition.h"
#include "own.h"
#include "version.h"

void scrape_init(struct scrape *scrape, const struct options *options, struct punctuality *ticks)
{
	*scrape = (struct scrape){ .options = options, .ticks = ticks };
	gethostname(scrape->host, sizeof(scrape->host) - 1);
}

void scrape_done(struct scrape *scrape)
{
	renderings_done(&scrape->metrics);
	renderings_done(&scrape->cadvisor);
	self_done(&scrape->self);
}

/* What the daemon itself knows, beside the collector. */
static void describe_service(struct scrape *scrape)
{
	self_set(&scrape->self, SELF_SCRAPES, NULL, NULL, scrape->count);
	self_set(&scrape->self, SELF_SCRAPE_DURATION, NULL, NULL, scrape->render_ns);
	for (enum punctuality_cause i = 0; i < PUNCTUALITY_CAUSES; i++) {
		self_set(&scrape->self, SELF_TICK_DELAY, punctuality_causes[i], NULL,
			 punctuality_worst_ns(scrape->ticks, i));
		self_set(&scrape->self, SELF_LATE_TICKS, punctuality_causes[i], NULL, scrape->ticks->late[i]);
	}
	self_set(&scrape->self, SELF_HTTP_CONNECTIONS, NULL, NULL, http_connections(scrape->http));
	self_set(&scrape->self, SELF_HTTP_STREAMS, NULL, NULL, http_streams(scrape->http));
	for (enum http_refusal i = 0; i < HTTP_REFUSALS; i++)
		self_set(&scrape->self, SELF_HTTP_REFUSED, http_refusal_names[i], NULL,
			 http_refused(scrape->http, i));
}

const struct self *scrape_read_self(struct scrape *scrape)
{
	self_clear(&scrape->self);
	collector_describe(scrape->collector, &scrape->self);
	describe_service(scrape);
	return &scrape->self;
}

typedef int write_body(struct scrape *scrape, const struct http_request *request, enum sheet_body format,
		       struct buffer *out);

/* The families of ktally itself. */
static int write_metrics(struct scrape *scrape, const struct http_request *request, enum sheet_body format,
			 struct buffer *out)
{
	struct self_process process;
	uint64_t begin_ns = time_monotonic_ns();
	struct exposition_input input = {
		.model = collector_model(scrape->collector),
		.self = &scrape->self,
		.process = &process,
		.version = KTALLY_VERSION,
		.revision = KTALLY_REVISION,
		.node = scrape->host,
		.choice = choice_of(scrape->options),
	};
	int error;

	input.choice.names = request->names;
	input.choice.name_count = request->name_count;
	own_read(&process);
	scrape_read_self(scrape);
	error = exposition_write(&input, format, out);
	scrape->render_ns = time_monotonic_ns() - begin_ns;
	return error;
}

static int write_cadvisor(struct scrape *scrape, const struct http_request *request, enum sheet_body format,
			  struct buffer *out)
{
	const struct cadvisor_input input = {
		.model = collector_model(scrape->collector),
		.realtime_ns = time_realtime_ns(),
	};

	(void)request;
	collector_want_instances(scrape->collector);
	return cadvisor_write(&input, format, out);
}

static void reply_with(struct scrape *scrape, struct renderings *renderings,
		       const struct exposition_format *format, write_body *write,
		       const struct http_request *request, struct http_reply *reply)
{
	uint64_t age_ns = renderings_age_ns(renderings, request, scrape->http);
	uint64_t now_ns = time_monotonic_ns(), begin_ns = time_thread_ns(), read_ns, work_ns;

	reply->content_type = format->content_type;
	/* while an answer costs much a newer reading is no reason to make it again */
	if (age_ns > RENDERINGS_FRESH_NS)
		reply->body = renderings_find(renderings, request, format->body, now_ns - age_ns, &read_ns);
	if (!reply->body) {
		if (now_ns - collector_read_ns(scrape->collector) > RENDERINGS_FRESH_NS)
			collector_pass(scrape->collector);
		read_ns = collector_read_ns(scrape->collector);
		reply->body = renderings_find(renderings, request, format->body, read_ns, &read_ns);
	}
	if (reply->body) {
		reply->age_s = read_ns < now_ns ? (unsigned int)((now_ns - read_ns) / NS_PER_S) : 0;
		return;
	}
	reply->body = renderings_begin(renderings, request);
	if (reply->body && write(scrape, request, format->body, &reply->body->buffer) == 0) {
		work_ns = time_thread_ns() - begin_ns;
		renderings_keep(renderings, request, format->body, read_ns, work_ns, reply->body);
	} else {
		http_body_unref(reply->body);
		reply->body = NULL;
	}
	punctuality_work(scrape->ticks, time_thread_ns() - begin_ns);
}

void scrape_metrics(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct scrape *scrape = context;

	scrape->count++;
	reply_with(scrape, &scrape->metrics, exposition_select(request->accept), write_metrics, request,
		   reply);
}

/* It has no choice of names: all who ask share one. */
void scrape_cadvisor(void *context, const struct http_request *request, struct http_reply *reply)
{
	struct scrape *scrape = context;
	struct http_request all = *request;

	all.name_count = 0;
	reply_with(scrape, &scrape->cadvisor, cadvisor_select(request->accept), write_cadvisor, &all, reply);
}

void scrape_forget(struct scrape *scrape)
{
	renderings_done(&scrape->metrics);
}
