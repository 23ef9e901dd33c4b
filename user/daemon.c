/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/punctuality.h"
#include "base/time.h"
#include "choice.h"
#include "collect/collector.h"
#include "daemon.h"
#include "http/http.h"
#include "interface.h"
#include "model/journal.h"
#include "options/options.h"
#include "scrape.h"
#include "version.h"

#define LATE_NS (20 * NS_PER_MS) /* a tick that begins so long behind its time counts as late */

struct daemon {
	struct options options;
	int argc;
	char **argv;
	struct loop *loop;
	struct collector *collector;
	struct transfers *transfers; /* to container runtimes */
	struct http *http;
	struct scrape scrape;
	struct interface_state interface;
	struct punctuality ticks;
	uint64_t began_ns; /* the ticks: multiples of their interval after it */
	int turn_alarm;
	uint64_t sources_up; /* a bit for each runtime that answers, as it was last told in the log */
	bool ready;
};

__attribute__((format(printf, 2, 0))) static int on_libbpf(enum libbpf_print_level level, const char *format,
							   va_list arguments)
{
	char line[512];

	/* its warnings are the reasons that probe_status() gives: for those who look closer */
	if (level == LIBBPF_DEBUG || !log_is_enabled(LOG_LEVEL_DEBUG))
		return 0;
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_debug("libbpf: %s", line);
	return 0;
}

static bool is_ready(void *context)
{
	const struct daemon *daemon = context;

	return daemon->ready;
}

/* A rendering that would last into the tick waits for it. */
static bool is_tick_due(void *context)
{
	const struct daemon *daemon = context;

	return punctuality_is_near(&daemon->ticks, time_monotonic_ns());
}

/* ---- loop callbacks ---- */

static void tell_sources(struct daemon *daemon)
{
	const struct runtimes *runtimes = names_runtimes(collector_names(daemon->collector));
	struct journal *journal = collector_model(daemon->collector)->journal;
	struct runtime_status status;
	char text[128];

	for (size_t i = 0; runtimes && i < 64 && i < runtimes_status(runtimes, i, &status); i++) {
		if (status.up == (daemon->sources_up >> i & 1))
			continue;
		daemon->sources_up ^= 1ULL << i;
		snprintf(text, sizeof(text), "source %s: %s", status.up ? "up" : "down", status.source);
		journal_add_daemon(journal, text);
		if (status.up)
			log_info("runtime '%s' answers at %s", status.source, status.path);
		else
			log_warn("runtime '%s' does not answer: %s; its containers keep the names they have",
				 status.source, status.reason);
	}
}

static void tick(struct daemon *daemon)
{
	const char *news;

	tell_sources(daemon);
	collector_tick(daemon->collector);
	interface_tick(&daemon->interface);
	news = collector_news(daemon->collector);
	if (news[0])
		log_warn("%s", news);
}

static void on_tick(void *context)
{
	struct daemon *daemon = context;

	punctuality_note(&daemon->ticks, time_monotonic_ns(), time_waited_ns());
	tick(daemon);
	http_tick(daemon->http);
}

static int on_prepare(void *context)
{
	struct daemon *daemon = context;

	punctuality_rest(&daemon->ticks, time_monotonic_ns(), time_waited_ns());
	return -1;
}

static void on_web_news(void *context, bool is_bad, const char *text)
{
	(void)context;
	log_line(is_bad ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "%s", text);
}

/* Turns are half a turn beside the ticks, so that none of the two waits for the other. */
static int set_turn(struct daemon *daemon)
{
	uint64_t past_ns = (time_monotonic_ns() - daemon->began_ns + COLLECTOR_TURN_NS / 2) %
			   COLLECTOR_TURN_NS;

	return loop_set_alarm(daemon->loop, daemon->turn_alarm, COLLECTOR_TURN_NS - past_ns);
}

static void on_turn(void *context)
{
	struct daemon *daemon = context;

	int error;

	collector_turn(daemon->collector);
	error = set_turn(daemon);
	if (error)
		log_error(error, "files of containers are not read any more: the next turn cannot be set");
}

static void on_events(void *context)
{
	struct daemon *daemon = context;

	collector_events(daemon->collector);
}

static void swap_lists(struct string_list *a, struct string_list *b)
{
	const struct string_list old = *a;

	*a = *b;
	*b = old;
}

/* Only what can change while running does; a bad new file keeps all as it was. */
static void reload(struct daemon *daemon)
{
	char message[OPTIONS_MESSAGE_SIZE];
	struct options fresh;

	if (options_load(&fresh, daemon->argc, daemon->argv, message, sizeof(message)) ||
	    choice_check(&fresh, message, sizeof(message))) {
		options_done(&fresh);
		log_error(-EINVAL, "cannot reload, keeping the old settings: %s", message);
		return;
	}
	log_configure(fresh.log_level, fresh.log_format);
	collector_model(daemon->collector)->limits = (struct model_limits){
		.series = fresh.limits_series,
		.costs = choice_costs(&fresh),
		.containers = fresh.limits_containers,
		.programs_per_container = fresh.limits_programs_per_container,
		.processes = fresh.limits_processes,
		.connections = fresh.limits_connections,
		/* keys of the model are cut by it: it waits for a restart */
		.label_length = collector_model(daemon->collector)->limits.label_length,
		.grace_ns = fresh.containers_grace_time_ns,
	};
	swap_lists(&daemon->options.metrics_exclude, &fresh.metrics_exclude);
	swap_lists(&daemon->options.metrics_drop_label, &fresh.metrics_drop_label);
	daemon->options.metrics_zeros = fresh.metrics_zeros;
	daemon->options.metrics_created = fresh.metrics_created;
	daemon->options.metrics_connections = fresh.metrics_connections;
	daemon->options.limits_series = fresh.limits_series;
	scrape_forget(&daemon->scrape);
	options_done(&fresh);
	journal_add_daemon(collector_model(daemon->collector)->journal, "reload");
	log_info("settings reloaded: log, limits and metrics are in force, the others wait for a restart");
}

static void on_signal(void *context, int signal)
{
	struct daemon *daemon = context;

	if (signal == SIGHUP) {
		reload(daemon);
		return;
	}
	log_info("ending on signal %d", signal);
	loop_stop(daemon->loop);
}

/* ---- life ---- */

static void daemon_done(struct daemon *daemon)
{
	http_free(daemon->http);
	collector_free(daemon->collector);
	transfers_free(daemon->transfers);
	loop_free(daemon->loop);
	interface_done(&daemon->interface);
	scrape_done(&daemon->scrape);
	options_done(&daemon->options);
}

static void tell_state(const struct daemon *daemon)
{
	const struct probe *probe = collector_probe(daemon->collector);
	const struct options *options = &daemon->options;
	const char *scheme = http_has_tls(daemon->http) ? "https" : "http";

	for (unsigned int i = 0; i < SURROUNDINGS; i++)
		if (collector_surroundings(daemon->collector)->lacks[i])
			log_warn("%s (mend: %s)", surrounding_texts[i].lack, surrounding_texts[i].mend);
	if (!probe)
		log_warn("BPF is off: %s; serving what cgroup files and procfs give",
			 collector_reason(daemon->collector));
	for (unsigned int i = 0; probe && i < PROBE_PROGRAMS; i++)
		if (probe_status(probe, i)->wanted && !probe_is_up(probe, i))
			log_warn("program '%s' is off: %s; continuing without it",
				 probe_status(probe, i)->name, probe_status(probe, i)->reason);
	for (size_t i = 0; i < options->web_listen_address.count; i++) {
		const char *address = options->web_listen_address.items[i], *colon = strrchr(address, ':');
		int host_size = colon ? (int)(colon - address) : 0;

		log_info("page on %s://%.*s:%u/ and metrics on %s://%.*s:%u/metrics", scheme, host_size,
			 address, http_port(daemon->http, i), scheme, host_size, address,
			 http_port(daemon->http, i));
	}
	if (http_is_open(daemon->http))
		log_warn("whoever reaches this machine can read all that is served: no users and no client "
			 "certificates are asked for; see --web.config.file");
}

static int start_http(struct daemon *daemon)
{
	const struct http_route routes[] = {
		{ "/metrics", scrape_metrics, NULL, &daemon->scrape },
		{ "/metrics/cadvisor", scrape_cadvisor, NULL, &daemon->scrape },
		{ "/api/v1/", interface_answer, "application/json", &daemon->interface },
	};
	const struct options *options = &daemon->options;
	const struct http_config config = {
		.addresses = (const char *const *)options->web_listen_address.items,
		.address_count = options->web_listen_address.count,
		.max_connections = options->web_max_connections,
		.max_connections_per_address = options->web_max_connections_per_address,
		.max_streams = options->web_max_streams,
		.timeout_s = (options->web_timeout_ns + NS_PER_S - 1) / NS_PER_S,
		.web_config_file = options->web_config_file[0] ? options->web_config_file : NULL,
		.files = web_files,
		.file_count = web_file_count,
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.is_ready = is_ready,
		.is_due = is_tick_due,
		.on_news = on_web_news,
		.context = daemon,
		.render = interface_render,
		.render_context = &daemon->interface,
	};
	char message[512];
	int error = http_new(&config, daemon->loop, &daemon->http, message, sizeof(message));

	if (error)
		fprintf(stderr, "ktally: %s\n", message);
	return error;
}

static int start_runtimes(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	const struct runtimes_settings settings = {
		.sockets = (const char *const *)options->runtime_socket.items,
		.socket_count = options->runtime_socket.count,
		.root = strcmp(options->path_rootfs, "/") == 0 ? "" : options->path_rootfs,
		.labels = (const char *const *)options->containers_labels.items,
		.label_count = options->containers_labels.count,
	};
	int error = options->runtime_enabled ? transfers_new(daemon->loop, &daemon->transfers) : 0;

	if (error || !options->runtime_enabled)
		return error;
	return collector_ask_runtimes(daemon->collector, daemon->transfers, &settings);
}

static int start(struct daemon *daemon)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct series_costs costs;
	struct rlimit files;
	char message[512];
	int error;

	/* container files are kept open */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	error = loop_new(&daemon->loop);
	if (!error)
		error = loop_add_signals(daemon->loop, signals, sizeof(signals) / sizeof(signals[0]),
					 on_signal, daemon);
	if (error)
		return log_error(error, "cannot make the event loop");
	scrape_init(&daemon->scrape, &daemon->options, &daemon->ticks);
	error = interface_init(&daemon->interface, &daemon->options, &daemon->scrape);
	if (error)
		return log_error(error, "cannot keep rates");
	/* a port in use is told before the kernel is touched */
	error = start_http(daemon);
	if (error)
		return error;
	costs = choice_costs(&daemon->options);
	error = collector_new(&daemon->options, &costs, &daemon->collector, message, sizeof(message));
	if (error) {
		fprintf(stderr, "ktally: %s\n", message);
		return error;
	}
	daemon->scrape.collector = daemon->collector;
	daemon->scrape.http = daemon->http;
	error = start_runtimes(daemon);
	if (error)
		return log_error(error, "cannot ask container runtimes");
	loop_set_prepare(daemon->loop, on_prepare, daemon);
	daemon->began_ns = time_monotonic_ns();
	punctuality_init(&daemon->ticks, daemon->began_ns, time_waited_ns(), daemon->options.interval_tick_ns,
			 LATE_NS);
	error = loop_add_timer(daemon->loop, daemon->options.interval_tick_ns, on_tick, daemon);
	error = error ?: loop_add_alarm(daemon->loop, on_turn, daemon, &daemon->turn_alarm);
	error = error ?: set_turn(daemon);
	if (!error && collector_has_bpf(daemon->collector))
		error = loop_add_fd(daemon->loop, collector_events_fd(daemon->collector), on_events, daemon);
	if (error)
		return log_error(error, "cannot set the timers");
	journal_add_daemon(collector_model(daemon->collector)->journal, "start");
	tick(daemon);
	daemon->ready = true;
	return 0;
}

int daemon_main(int argc, char **argv)
{
	struct daemon daemon = { .argc = argc, .argv = argv };
	char message[OPTIONS_MESSAGE_SIZE];
	enum options_action action;
	int error;

	/* for the build: docs/CONFIGURATION.md and the man page come from the table of options */
	if (argc == 2 && strcmp(argv[1], "--markdown") == 0) {
		options_print_markdown(stdout);
		return EXIT_SUCCESS;
	}
	if (options_parse(&daemon.options, argc, argv, &action, message, sizeof(message)) ||
	    choice_check(&daemon.options, message, sizeof(message))) {
		options_done(&daemon.options);
		fprintf(stderr, "ktally: %s\n", message);
		return EXIT_FAILURE;
	}
	if (action == OPTIONS_HELP) {
		options_print_help(stdout);
		return EXIT_SUCCESS;
	}
	if (action == OPTIONS_VERSION) {
		printf("ktally, version %s (revision: %s)\n", KTALLY_VERSION, KTALLY_REVISION);
		return EXIT_SUCCESS;
	}
	log_configure(daemon.options.log_level, daemon.options.log_format);
	libbpf_set_print(on_libbpf);
	log_info("starting ktally version=%s revision=%s", KTALLY_VERSION, KTALLY_REVISION);
	error = start(&daemon);
	if (!error) {
		tell_state(&daemon);
		error = loop_run(daemon.loop);
		if (error)
			log_error(error, "the event loop failed");
	}
	daemon_done(&daemon);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
