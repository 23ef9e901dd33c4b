/* SPDX-License-Identifier: Apache-2.0 */
/* 1,000 scrapes at once of 1,000 containers with two programs each, every counter of them at work: no tick is late, every
 * scrape is answered whole or refused, and memory has a bound. */
#include "unit/http_ticks.h"

#include "exposition_model.c"
#include "export/renderings.h"

#ifdef __SANITIZE_ADDRESS__ /* rendering takes ten times as long */
#define LATE_NS (300 * NS_PER_MS)
#else
#define LATE_NS (20 * NS_PER_MS)
#endif
#define SCRAPES 1000

TestSuite(http_scrapes, .init = model_setup, .timeout = 200);

static struct renderings renderings;
static uint64_t longest_rendering_ns, renderings_made;

static void make_thousand(void)
{
	uint64_t number = 1234567;

	for (unsigned int i = 0; i < 1000; i++) {
		struct container *container;
		char name[40];

		snprintf(name, sizeof(name), "shop-7d9f8b6c5-%05u", i);
		container = add_container("production", name, "web");
		add_instance(container, name, "containerd", "b2a1f5de-0000-4000-8000-000000000000");
		for (unsigned int j = 0; j < 2; j++) {
			struct program *program = add_program(container, j ? "nginx" : "worker", false);

			for (unsigned int k = 0; k < PROGRAM_VALUES; k++) {
				program->value[k] = number += 7919;
				container->value[k] += program->value[k];
			}
		}
	}
}

/* As the daemon, scrape.c. */
static void serve(void *context, const struct http_request *request, struct http_reply *reply)
{
	uint64_t now_ns = time_monotonic_ns(), read_ns, cpu_ns;

	(void)context;
	reply->body = renderings_find(&renderings, request, SHEET_TEXT,
				      now_ns - renderings_age_ns(&renderings, request, http), &read_ns);
	if (reply->body) {
		reply->age_s = (unsigned int)((now_ns - read_ns) / NS_PER_S);
		return;
	}
	cpu_ns = time_thread_ns();
	reply->body = renderings_begin(&renderings, request);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &reply->body->buffer), 0);
	cpu_ns = time_thread_ns() - cpu_ns;
	renderings_keep(&renderings, request, SHEET_TEXT, now_ns, cpu_ns, reply->body);
	renderings_made++;
	punctuality_work(&ticks, cpu_ns);
	now_ns = time_monotonic_ns() - now_ns;
	if (now_ns > longest_rendering_ns)
		longest_rendering_ns = now_ns;
}

static bool is_tick_due(void *context)
{
	(void)context;
	return punctuality_is_near(&ticks, time_monotonic_ns());
}

static uint64_t resident_kb(void)
{
	unsigned long kb = 0;
	char line[200];
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %lu kB", &kb);
	fclose(file);
	return kb;
}

static struct pollfd fds[SCRAPES];
static char begin[SCRAPES][600];
static size_t size[SCRAPES];

/* Reads what there is; counts whole answers of 200 and refusals. */
static void read_some(int i, int *open_fds, int *good, int *refused)
{
	static char data[1 << 18];
	ssize_t count = read(fds[i].fd, data, sizeof(data));

	if (count > 0) {
		for (ssize_t j = 0; j < count && size[i] + (size_t)j < sizeof(begin[i]) - 1; j++)
			begin[i][size[i] + (size_t)j] = data[j];
		size[i] += (size_t)count;
		return;
	}
	close(fds[i].fd);
	fds[i].fd = -1;
	--*open_fds;
	if (status_of(begin[i]) == 503) {
		++*refused;
	} else if (status_of(begin[i]) == 200) {
		const char *at = strstr(begin[i], "Content-Length: ");
		size_t length = at ? strtoul(at + strlen("Content-Length: "), NULL, 10) : 0;

		cr_assert(length > 0 && size[i] > length && size[i] < length + 1000, "%zu of %zu", size[i],
			  length);
		++*good;
	}
}

Test(http_scrapes, a_thousand_at_once_of_a_thousand_containers)
{
	static const struct http_route scraped[] = { { "/metrics", serve, "text/plain", NULL } };
	struct http_config config = make_config();
	struct rlimit files = { 8192, 8192 };
	int good = 0, refused = 0, open_fds = SCRAPES;
	uint64_t before_kb, after_kb;

	(void)out; /* of exposition_model.c */
	make_thousand();
	setrlimit(RLIMIT_NOFILE, &files);
	config.routes = scraped;
	config.route_count = 1;
	config.is_due = is_tick_due;
	config.timeout_s = 100; /* 512 answers of 28 MB, also where others have the processors */
	shared = http_body_new();
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(http_new(&config, loop, &http, begin[0], sizeof(begin[0])), 0, "%s", begin[0]);
	memset(begin[0], 0, sizeof(begin[0]));
	stop_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(loop_add_fd(loop, stop_fd, stop, NULL), 0);
	add_ticks(100 * NS_PER_MS, LATE_NS);
	cr_assert_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
	free(ask("GET", "/metrics"));
	before_kb = resident_kb();
	for (int i = 0; i < SCRAPES; i++) {
		fds[i] = (struct pollfd){ .fd = dial(), .events = POLLIN };
		send_text(fds[i].fd, i % 2 ? "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" :
					     "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
					     "Connection: close\r\n\r\n");
	}
	while (open_fds > 0 && poll(fds, SCRAPES, 30000) > 0) {
		for (int i = 0; i < SCRAPES; i++)
			if (fds[i].revents)
				read_some(i, &open_fds, &good, &refused);
	}
	after_kb = resident_kb();
	fprintf(stderr,
		"%d answered, %d refused; %lu renderings of %zu bytes, the longest in %lu us; worst tick %lu us late by "
		"itself, and %lu us for want of a CPU; memory %lu kB before, %lu kB at most\n",
		good, refused, renderings_made,
		renderings.whole.body ? renderings.whole.body->buffer.size : 0, longest_rendering_ns / 1000,
		punctuality_worst_ns(&ticks, PUNCTUALITY_SELF) / 1000,
		punctuality_worst_ns(&ticks, PUNCTUALITY_CPU) / 1000, before_kb, after_kb);
	finish();
	renderings_done(&renderings);
	cr_assert_eq(good + refused, SCRAPES, "%d not answered", open_fds);
	cr_assert_geq(good, 300, "%d", good); /* all that are let in, 512, but for those who came after 5 s */
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 0);
#ifndef __SANITIZE_ADDRESS__
	/* 64 MiB of renderings, two more and one per mailbox place, 1,000 connections of 16 KiB */
	cr_assert_lt(after_kb - before_kb, 160 << 10);
#endif
}
