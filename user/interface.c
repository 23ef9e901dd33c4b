/* SPDX-License-Identifier: Apache-2.0 */
#include "interface.h"

#include <string.h>

#include "base/time.h"
#include "api/api.h"
#include "api/api_rates.h"
#include "http/http_accept.h"
#include "model/series.h"
#include "own.h"
#include "version.h"

#define INTEREST_NS (60 * NS_PER_S)
#define NOT_ACCEPTABLE 406

int interface_init(struct interface_state *interface, const struct options *options, struct scrape *scrape)
{
	*interface = (struct interface_state){ .options = options,
					       .scrape = scrape,
					       .boot_ns = time_realtime_ns() - time_boottime_ns() };
	return api_rates_new(&interface->rates);
}

void interface_done(struct interface_state *interface)
{
	api_rates_free(interface->rates);
}

void interface_tick(struct interface_state *interface)
{
	struct collector *collector = interface->scrape->collector;
	bool has_devices = time_monotonic_ns() < interface->machine_until_ns;

	interface->realtime_ns = time_realtime_ns();
	if (has_devices)
		collector_read_host_devices(collector);
	api_rates_tick(interface->rates, collector_model(collector),
		       series_interval_ns(collector_model(collector)), has_devices);
}

static const struct self *read_self(void *context, struct self_process *ret_process)
{
	const struct interface_state *interface = context;

	own_read(ret_process);
	return scrape_read_self(interface->scrape);
}

static void want_history(void *context, struct container *container, struct program *program)
{
	const struct collector *collector = ((struct interface_state *)context)->scrape->collector;

	history_want(collector_history(collector), collector_model(collector), container, program,
		     time_monotonic_ns());
}

static enum focus_state want_focus(void *context, const char *namespace, const char *pod,
				   const char *container, const struct focus_place **ret_place)
{
	struct model *model = collector_model(((struct interface_state *)context)->scrape->collector);

	return focus_ask(&model->focus, namespace, pod, container, time_monotonic_ns(), ret_place);
}

struct visitor {
	api_thread_visit *visit;
	void *context;
	uint32_t pid;
};

static void visit_thread(void *context, uint32_t tid, const struct thread *thread, int waits_for)
{
	const struct visitor *visitor = context;
	struct api_thread seen = { .tid = tid, .pid = visitor->pid, .waits_for = waits_for };

	memcpy(seen.value, thread->last, sizeof(seen.value));
	visitor->visit(visitor->context, &seen);
}

static void each_thread(void *context, uint32_t pid, api_thread_visit *visit, void *visit_context)
{
	struct visitor visitor = { visit, visit_context, pid };

	collector_each_thread(((struct interface_state *)context)->scrape->collector, pid, visit_thread,
			      &visitor);
}

static size_t read_programs(const struct collector *collector,
			    struct api_bpf_program programs[PROBE_PROGRAMS])
{
	const struct probe *probe = collector_probe(collector);
	size_t count = 0;

	for (unsigned int i = 0; probe && i < PROBE_PROGRAMS; i++) {
		const struct probe_status *status = probe_status(probe, i);

		if (status->wanted)
			programs[count++] = (struct api_bpf_program){ status->name, probe_is_up(probe, i),
								      status->reason };
	}
	return count;
}

/* `programs` is for what it points to. */
static struct api_input make_input(struct interface_state *interface,
				   struct api_bpf_program programs[PROBE_PROGRAMS])
{
	static const char *const profiles[] = { "light", "default", "full" };
	struct collector *collector = interface->scrape->collector;

	collector_want_machine(collector);
	return (struct api_input){
		.model = collector_model(collector),
		.history = collector_history(collector),
		.realtime_ns = interface->realtime_ns,
		.boot_ns = interface->boot_ns,
		.version = KTALLY_VERSION,
		.revision = KTALLY_REVISION,
		.hostname = interface->scrape->host,
		.profile = profiles[interface->options->profile],
		.bpf_reason = collector_reason(collector),
		.programs = programs,
		.program_count = read_programs(collector, programs),
		.read_self = read_self,
		.want_history = want_history,
		.each_thread = each_thread,
		.want_focus = want_focus,
		.rates = interface->rates,
		.context = interface,
	};
}

/* What is read more often, or at all, while somebody looks at it. */
static void note_interest(struct interface_state *interface, const char *path)
{
	const char *noun = path + strlen(API_PATH);

	if (strncmp(noun, "node", strlen("node")) == 0)
		interface->machine_until_ns = time_monotonic_ns() + INTEREST_NS;
	if (strncmp(noun, "processes", strlen("processes")) == 0)
		collector_want_processes(interface->scrape->collector);
	if (strncmp(noun, "connections", strlen("connections")) == 0)
		collector_want_addresses(interface->scrape->collector);
}

/* How long answers last, so that none begins when a tick is near. */
static void note_work(const struct interface_state *interface, uint64_t begin_ns)
{
	punctuality_work(interface->scrape->ticks, time_thread_ns() - begin_ns);
}

void interface_render(void *context, const char *path, struct buffer *out)
{
	uint64_t begin_ns = time_thread_ns();
	struct api_bpf_program programs[PROBE_PROGRAMS];
	const struct api_input input = make_input(context, programs);

	note_interest(context, path);
	api_answer_url(&input, path, false, out);
	note_work(context, begin_ns);
}

void interface_answer(void *context, const struct http_request *request, struct http_reply *reply)
{
	uint64_t begin_ns = time_thread_ns();
	struct api_bpf_program programs[PROBE_PROGRAMS];
	const struct api_input input = make_input(context, programs);
	bool is_stream = strcmp(request->path, API_PATH "stream") == 0;
	const char *type = is_stream ? "text/event-stream" : reply->content_type;
	struct buffer *out;

	reply->cache = "no-store";
	reply->body = http_body_new();
	if (!reply->body)
		return;
	out = &reply->body->buffer;
	if (!http_accept_takes(request->accept, type)) {
		reply->status = NOT_ACCEPTABLE;
		buffer_printf(out, "{\"error\":\"only %s is served\"}", type);
		return;
	}
	if (!is_stream) {
		note_interest(context, request->path);
		reply->status = api_answer(&input, request->path, &request->query, false, out);
		note_work(context, begin_ns);
		return;
	}
	reply->status = api_stream(&input, &request->query, &reply->stream, out);
	note_work(context, begin_ns);
	if (reply->stream)
		reply->content_type = type;
}
