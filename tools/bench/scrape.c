// SPDX-License-Identifier: Apache-2.0
/* Scrapes beside many containers. */
#include "scrape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "bare.h"
#include "base/time.h"
#include "bench.h"
#include "containers.h"

#define SCRAPES 200
#define SCRAPES_QUICK 20
#define PAUSE_MS 105 /* longer than a reading counts as fresh: each scrape reads and writes anew */
#define MEMORY_NEEDED (4ULL << 30)

/* Of the last scrape, for the next: the library gives blocks past 32 MiB back to the kernel each time, and page faults of the
 * client's own were more than half of what was measured then. */
static struct {
	char *data;
	size_t capacity;
} spare;

static char *take_spare(size_t *ret_capacity)
{
	char *data = spare.data;

	*ret_capacity = data ? spare.capacity : 1 << 20;
	spare.data = NULL;
	return data ?: malloc(*ret_capacity);
}

int scrape_once(uint16_t port, const char *accept, struct scrape *ret_scrape)
{
	char request[512];
	int request_size = snprintf(
		request, sizeof(request),
		"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\nConnection: close\r\n\r\n",
		accept);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	size_t size = 0, capacity;
	uint64_t begin_ns = time_monotonic_ns();
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *data = take_spare(&capacity), *body;
	ssize_t got;

	*ret_scrape = (struct scrape){ 0 };
	if (fd < 0 || !data || connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, request, request_size) != request_size) {
		free(data);
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
	while ((got = read(fd, data + size, capacity - size - 1)) > 0) {
		size += got;
		if (capacity - size < 65536) {
			char *larger = realloc(data, capacity *= 2);

			if (!larger)
				break;
			data = larger;
		}
	}
	ret_scrape->ns = time_monotonic_ns() - begin_ns;
	close(fd);
	data[size] = '\0';
	ret_scrape->body = data;
	ret_scrape->size = size;
	ret_scrape->capacity = capacity;
	body = strstr(data, "\r\n\r\n");
	return got == 0 && body && strncmp(data, "HTTP/1.1 200", 12) == 0 ? 0 : -EIO;
}

void scrape_done(struct scrape *scrape)
{
	free(spare.data);
	spare.data = scrape->body;
	spare.capacity = scrape->capacity;
	scrape->body = NULL;
}

static const char *first_line(const struct scrape *scrape)
{
	const char *end = scrape->body ? strstr(scrape->body, "\r\n\r\n") : NULL;

	return end ? end + 4 : "";
}

unsigned int scrape_series(const struct scrape *scrape)
{
	unsigned int count = 0;

	for (const char *line = first_line(scrape); *line; line = strchr(line, '\n') + 1) {
		count += line[0] != '#';
		if (!strchr(line, '\n'))
			break;
	}
	return count;
}

double scrape_value(const struct scrape *scrape, const char *name)
{
	size_t size = strlen(name);

	for (const char *line = first_line(scrape); line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, size) == 0 && line[size] == ' ')
			return strtod(line + size, NULL);
	}
	return 0;
}

static const struct format {
	const char *name, *accept;
	bool is_text;
	const char *option; /* for a daemon of its own */
} formats[] = {
	{ "text", "text/plain;version=0.0.4", true, NULL },
	{ "OpenMetrics", "application/openmetrics-text;version=1.0.0", true, NULL },
	{ "protobuf",
	  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", false,
	  NULL },
	{ "text, no metrics.zeros", "text/plain;version=0.0.4", true, "--no-metrics.zeros" },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static double kernel_memory(uint16_t port)
{
	struct scrape scrape;
	double bytes = 0;

	if (scrape_once(port, formats[0].accept, &scrape) == 0)
		bytes = scrape_value(&scrape, "ktally_self_kernel_memory_bytes");
	scrape_done(&scrape);
	return bytes / 1048576;
}

/* What is the same for all formats of one size. */
struct place {
	const struct bench_options *options;
	unsigned int containers, processes;
	struct daemon_child daemon;
	double idle;         /* CPU time a time, between scrapes */
	unsigned int series; /* of the text format: that of all */
	double cpu_us;       /* a series, text format */
};

struct times {
	double ms[SCRAPES];
	unsigned int count;
	size_t bytes;
};

static bool take_time(struct times *times, uint16_t port, const char *accept, struct scrape *ret_scrape)
{
	bool is_good = scrape_once(port, accept, ret_scrape) == 0;

	if (is_good) {
		times->ms[times->count++] = (double)ret_scrape->ns / NS_PER_MS;
		times->bytes = ret_scrape->size;
	}
	return is_good;
}

/* Scrapes; between them as many of the bare server, where there is one. */
static void scrape_all(struct place *place, const struct format *format, uint16_t bare_port,
		       struct times *times, struct times *bare)
{
	unsigned int wanted = place->options->quick ? SCRAPES_QUICK : SCRAPES;

	for (unsigned int i = 0; i < wanted && !bench_stopped; i++) {
		struct scrape scrape;

		if (take_time(times, place->daemon.port, format->accept, &scrape))
			place->series = format->is_text ? scrape_series(&scrape) : place->series;
		scrape_done(&scrape);
		bench_sleep_ms(PAUSE_MS);
		if (!bare_port)
			continue;
		take_time(bare, bare_port, format->accept, &scrape);
		scrape_done(&scrape);
	}
}

static void report_bare(const struct place *place, struct times *bare)
{
	if (bare->count)
		report_row("%u|%u|as many bytes, bare||%zu|%.2f|%.2f", place->containers,
			   place->containers * place->processes, bare->bytes,
			   bench_percentile(bare->ms, bare->count, 0.5),
			   bench_percentile(bare->ms, bare->count, 0.99));
}

/* The goals are those of the text format. */
static void report_goals(const struct place *place, double p99, double memory)
{
	report_goal("scrape of 1,000 containers and 10,000 processes, p99", "ms", 10, p99);
	report_goal("CPU of a scrape", "us a series", 0.2, place->cpu_us);
	report_goal("memory and maps, 1,000 containers and 10,000 processes", "MiB", 80, memory);
	report_goal("idle machine, 1,000 idle containers", "% of a core", 0.1, place->idle * 100);
}

static void measure_format(struct place *place, const struct format *format)
{
	struct times times = {}, bare = {};
	uint16_t bare_port = 0;
	pid_t bare_pid = -1;
	uint64_t begin_ns, cpu_ns;
	double cpu, p50, p99, memory;
	struct scrape scrape;

	if (scrape_once(place->daemon.port, format->accept, &scrape) == 0 && format == formats)
		bare_pid = bare_start(scrape.size, &bare_port);
	scrape_done(&scrape);
	begin_ns = time_monotonic_ns();
	cpu_ns = process_cpu_ns(place->daemon.pid);
	scrape_all(place, format, bare_port, &times, &bare);
	cpu = (double)(process_cpu_ns(place->daemon.pid) - cpu_ns) -
	      place->idle * (double)(time_monotonic_ns() - begin_ns);
	if (bare_pid > 0)
		process_end(bare_pid, SIGKILL);
	memory = process_memory(place->daemon.pid).own;
	if (!times.count || bench_stopped)
		return;
	p50 = bench_percentile(times.ms, times.count, 0.5);
	p99 = bench_percentile(times.ms, times.count, 0.99);
	memory += kernel_memory(place->daemon.port);
	if (format == formats)
		place->cpu_us = cpu / NS_PER_US / times.count / place->series;
	report_row("%u|%u|%s|%u|%zu|%.2f|%.2f|%.3f|%.3f|%.1f", place->containers,
		   place->containers * place->processes, format->name, place->series, times.bytes, p50, p99,
		   cpu / NS_PER_US / times.count / place->series, place->idle * 100, memory);
	report_bare(place, &bare);
	if (place->containers == 1000 && format == formats)
		report_goals(place, p99, memory);
}

/* A daemon for all formats, and one more for each that needs another option. */
static bool start(struct place *place, const struct format *format)
{
	uint64_t begin_ns, cpu_ns, idle_ms = place->options->quick ? 500 : 3000;

	if (place->daemon.pid && !format->option)
		return true;
	if (place->daemon.pid)
		daemon_stop(&place->daemon);
	if (daemon_start(place->options->ktally, PROFILE_DEFAULT, format->option, &place->daemon))
		return false;
	bench_sleep_ms(place->options->quick ? 1200 : 3000);
	begin_ns = time_monotonic_ns();
	cpu_ns = process_cpu_ns(place->daemon.pid);
	bench_sleep_ms(idle_ms);
	place->idle = (double)(process_cpu_ns(place->daemon.pid) - cpu_ns) /
		      (double)(time_monotonic_ns() - begin_ns);
	return true;
}

static void measure(const struct bench_options *options, unsigned int containers, unsigned int processes)
{
	struct place place = { .options = options, .containers = containers, .processes = processes };

	for (unsigned int i = 0; i < FORMATS && !bench_stopped; i++) {
		if (!start(&place, &formats[i]))
			return;
		measure_format(&place, &formats[i]);
	}
	daemon_stop(&place.daemon);
	peers_measure(options, containers, processes, place.cpu_us);
}

void scrape_measure(const struct bench_options *options)
{
	static const struct {
		unsigned int containers, processes;
	} sizes[] = { { 10, 1 }, { 100, 1 }, { 1000, 10 } };
	struct sysinfo memory;

	process_pin(WORK_CPU);
	report_heading("Scrapes");
	report_columns(
		"containers|processes|format|series|bytes|p50 ms|p99 ms|CPU us a series|% of a core between "
		"scrapes|own + kernel, MiB");
	for (unsigned int i = 0; i < 3 && !bench_stopped; i++) {
		pid_t holder;

		if (options->quick && i > 0)
			break;
		if (sizes[i].containers * sizes[i].processes > 1000 &&
		    (sysinfo(&memory) || memory.freeram * memory.mem_unit < MEMORY_NEEDED)) {
			fprintf(stderr, "bench: too little memory for %u containers\n", sizes[i].containers);
			continue;
		}
		variant_is_alone();
		holder = containers_new(sizes[i].containers, sizes[i].processes);
		if (holder > 0 && !bench_stopped)
			measure(options, sizes[i].containers, sizes[i].processes);
		else
			fprintf(stderr, "bench: cannot make cgroups: %s\n", strerror(errno));
		containers_free(holder, sizes[i].containers);
	}
	report_table();
	report_text(
		"A new connection each, no compression, %u ms apart, so that each reads and writes everything anew; "
		"connect to last byte. \"Bare\" is a server that sends as many bytes and does nothing else, scraped in "
		"turns with the text: what this machine's loopback takes for them.",
		PAUSE_MS);
}
