// SPDX-License-Identifier: Apache-2.0
/* Others scraped in the same way on the same machine: node_exporter, and cAdvisor as a kubelet wires it. */
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"
#include "scrape.h"

#define SCRAPES 30
#define SCRAPES_QUICK 5
#define PAUSE_MS 105
#define START_TRIES 300
#define PORT 29077

static const struct peer {
	const char *name, *command, *flags[4];
} peers[] = {
	{ "node_exporter", "prometheus-node-exporter", { "--web.listen-address=127.0.0.1:29077" } },
	{ "cAdvisor", "cadvisor", { "-listen=127.0.0.1:29077", "-kubelet=true", "-interval=10s" } },
};

static bool is_ready(void)
{
	for (unsigned int i = 0; i < START_TRIES && !bench_stopped; i++) {
		struct scrape scrape;
		bool is_up = scrape_once(PORT, "text/plain;version=0.0.4", &scrape) == 0;

		scrape_done(&scrape);
		if (is_up)
			return true;
		bench_sleep_ms(100);
	}
	return false;
}

static void measure(const struct peer *peer, pid_t pid, const struct bench_options *options,
		    unsigned int containers, unsigned int processes, double own_cpu_us)
{
	unsigned int wanted = options->quick ? SCRAPES_QUICK : SCRAPES, count = 0, series = 0;
	uint64_t begin_ns, cpu_ns, idle_ms = options->quick ? 1000 : 12000;
	double times[SCRAPES], idle, cpu, cpu_us;
	size_t bytes = 0;

	bench_sleep_ms(options->quick ? 500 : 3000);
	begin_ns = time_monotonic_ns();
	cpu_ns = process_cpu_ns(pid);
	bench_sleep_ms(idle_ms);
	idle = (double)(process_cpu_ns(pid) - cpu_ns) / (double)(time_monotonic_ns() - begin_ns);
	begin_ns = time_monotonic_ns();
	cpu_ns = process_cpu_ns(pid);
	while (count < wanted && !bench_stopped) {
		struct scrape scrape;

		if (scrape_once(PORT, "text/plain;version=0.0.4", &scrape) == 0) {
			times[count++] = (double)scrape.ns / NS_PER_MS;
			bytes = scrape.size;
			series = scrape_series(&scrape);
		} else {
			wanted--;
		}
		scrape_done(&scrape);
		bench_sleep_ms(PAUSE_MS);
	}
	if (!count || !series || bench_stopped)
		return;
	cpu = (double)(process_cpu_ns(pid) - cpu_ns) - idle * (double)(time_monotonic_ns() - begin_ns);
	cpu_us = cpu / NS_PER_US / count / series;
	report_row("%u|%u|%s|%u|%zu|%.2f|%.2f|%.3f|%.3f|%.1f", containers, containers * processes, peer->name,
		   series, bytes, bench_percentile(times, count, 0.5), bench_percentile(times, count, 0.99),
		   cpu_us, idle * 100, process_memory(pid).own);
	if (containers == 1000 && cpu_us > 0)
		report_goal(peer->name == peers[0].name ? "CPU of a scrape, a series, against node_exporter" :
							  "CPU of a scrape, a series, against cAdvisor",
			    "x", 0.05, own_cpu_us / cpu_us);
}

void peers_measure(const struct bench_options *options, unsigned int containers, unsigned int processes,
		   double own_cpu_us)
{
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]) && !bench_stopped; i++) {
		const struct peer *peer = &peers[i];
		char path[512];
		char *argv[] = { path, (char *)peer->flags[0], (char *)peer->flags[1], (char *)peer->flags[2],
				 NULL };
		pid_t pid;

		if (!process_has_command(peer->command, path, sizeof(path))) {
			fprintf(stderr, "bench: no %s: not compared\n", peer->name);
			continue;
		}
		pid = process_spawn(argv, READER_CPU, NULL);
		if (pid > 0 && is_ready())
			measure(peer, pid, options, containers, processes, own_cpu_us);
		else
			fprintf(stderr, "bench: %s did not start\n", peer->name);
		if (pid > 0)
			process_end(pid, SIGTERM);
	}
}
