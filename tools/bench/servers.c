// SPDX-License-Identifier: Apache-2.0
/*
 * Whole servers under load: redis by redis-benchmark, nginx by wrk, on loopback. The server has WORK_CPU, the load the other one, which
 * it shares with ktally. Not by real-time priority: they are to be run as everybody runs them.
 */
#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"

#define ROUNDS 7
#define ROUNDS_QUICK 2
#define SECONDS 1.5
#define SECONDS_QUICK 0.5
#define TRIAL 20000 /* requests of the first load, which tells how many to make in that time */
#define TRIES 3
#define START_MS 5000
#define PAGE_BYTES 1024

struct load {
	double per_second;
	uint64_t requests;
};

struct server {
	const char *name, *command, *load;
	pid_t pid;
	unsigned int port;
	char command_path[512], load_path[512];
	char folder[32];
};

static const enum variant compared[] = { VARIANT_NONE, VARIANT_NONE_AGAIN, VARIANT_EMPTY, VARIANT_LIGHT,
					 VARIANT_DEFAULT };

struct result {
	unsigned int rounds, disturbed;
	double per_second[VARIANTS][ROUNDS_MAX]; /* 0: not measured */
	double cpu_us[VARIANTS][ROUNDS_MAX];     /* of the server, a request */
};

static int connect_to(unsigned int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static unsigned int free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		address.sin_port = 0;
	close(fd);
	return ntohs(address.sin_port);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status, (void)type, (void)where;
	return remove(path);
}

static bool write_file(const struct server *server, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", server->folder, name);
	file = fopen(path, "we");
	if (!file)
		return false;
	fputs(text, file);
	return fclose(file) == 0;
}

/* One process that serves one page, and writes nothing. */
static bool write_nginx_files(const struct server *server)
{
	static const char *const temporary[] = { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" };
	char text[2048], page[PAGE_BYTES + 1];
	int size = snprintf(text, sizeof(text),
			    "user root;\ndaemon off;\nmaster_process off;\nworker_processes 1;\n"
			    "pid %s/pid;\nerror_log /dev/null;\nevents { worker_connections 256; }\n"
			    "http {\naccess_log off;\nkeepalive_requests 1000000000;\n"
			    "server { listen 127.0.0.1:%u; root %s; }\n",
			    server->folder, server->port, server->folder);

	for (unsigned int i = 0; i < sizeof(temporary) / sizeof(temporary[0]); i++)
		size += snprintf(text + size, sizeof(text) - size, "%s_temp_path %s/%s;\n", temporary[i],
				 server->folder, temporary[i]);
	snprintf(text + size, sizeof(text) - size, "}\n");
	memset(page, 'x', PAGE_BYTES);
	page[PAGE_BYTES] = '\0';
	return write_file(server, "nginx.conf", text) && write_file(server, "page", page);
}

static bool server_start(struct server *server)
{
	char port[16], configuration[64];
	char *redis[] = { server->command_path, "--port", port,    "--bind",       "127.0.0.1", "--save", "",
			  "--appendonly",       "no",     "--dir", server->folder, NULL };
	char *nginx[] = { server->command_path, "-p", server->folder, "-c",
			  configuration,        "-e", "/dev/null",    NULL };
	bool is_redis = strcmp(server->name, "redis") == 0;

	server->port = free_port();
	snprintf(server->folder, sizeof(server->folder), "/tmp/ktally-bench.XXXXXX");
	if (!mkdtemp(server->folder))
		return false;
	snprintf(port, sizeof(port), "%u", server->port);
	snprintf(configuration, sizeof(configuration), "%s/nginx.conf", server->folder);
	if (!is_redis && !write_nginx_files(server))
		return false;
	server->pid = process_spawn(is_redis ? redis : nginx, WORK_CPU, NULL);
	for (unsigned int ms = 0; server->pid > 0 && ms < START_MS && !bench_stopped; ms += 20) {
		int fd = connect_to(server->port);

		if (fd >= 0) {
			close(fd);
			return true;
		}
		bench_sleep_ms(20);
	}
	return false;
}

static void server_stop(struct server *server)
{
	process_end(server->pid, SIGTERM);
	server->pid = 0;
	if (server->folder[0])
		nftw(server->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	server->folder[0] = '\0';
}

/* What a command says until it ends. */
static void read_all(char *const argv[], char *text, size_t capacity)
{
	size_t size = 0;
	ssize_t got = 1;
	int output;
	pid_t pid = process_spawn(argv, READER_CPU, &output);

	text[0] = '\0';
	if (pid < 0)
		return;
	while (got > 0) {
		char rest[512];

		got = size < capacity - 1 ? read(output, text + size, capacity - 1 - size) :
					    read(output, rest, sizeof(rest));
		if (got > 0 && size < capacity - 1)
			size += (size_t)got;
	}
	text[size] = '\0';
	close(output);
	process_end(pid, 0);
}

/* "GET","98765.43",... after a line of titles. */
static bool load_redis(const struct server *server, uint64_t requests, struct load *ret_load)
{
	char port[16], count[24], said[4096];
	char *argv[] = {
		(char *)server->load_path, "-p", port, "-c", "20", "-n", count, "-t", "get", "--csv", NULL
	};
	const char *line;

	snprintf(port, sizeof(port), "%u", server->port);
	snprintf(count, sizeof(count), "%llu", (unsigned long long)requests);
	read_all(argv, said, sizeof(said));
	line = strstr(said, "\"GET\",\"");
	ret_load->requests = requests;
	return line && sscanf(line, "\"GET\",\"%lf\"", &ret_load->per_second) == 1 &&
	       ret_load->per_second > 0;
}

/* "  123456 requests in 1.50s, ..." and "Requests/sec: 82304.00". wrk knows whole seconds. */
static bool load_nginx(const struct server *server, double seconds, struct load *ret_load)
{
	char url[64], duration[16], said[4096];
	char *argv[] = { (char *)server->load_path, "-t", "1", "-c", "20", "-d", duration, url, NULL };
	unsigned long long requests;
	const char *line, *speed;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/page", server->port);
	snprintf(duration, sizeof(duration), "%.0fs", seconds + 0.5);
	read_all(argv, said, sizeof(said));
	speed = strstr(said, "Requests/sec:");
	line = strstr(said, " requests in ");
	while (line && line > said && line[-1] != '\n')
		line--;
	if (!line || !speed || strstr(said, "Non-2xx") || sscanf(line, " %llu", &requests) != 1)
		return false;
	ret_load->requests = requests;
	return sscanf(speed, "Requests/sec: %lf", &ret_load->per_second) == 1 && ret_load->per_second > 0;
}

static bool load_once(const struct server *server, double seconds, uint64_t requests, struct load *ret_load)
{
	if (strcmp(server->name, "redis") == 0)
		return load_redis(server, requests, ret_load);
	return load_nginx(server, seconds, ret_load);
}

static bool is_compared(enum variant variant)
{
	for (unsigned int i = 0; i < sizeof(compared) / sizeof(compared[0]); i++)
		if (compared[i] == variant)
			return !variant_skipped(variant);
	return variant >= VARIANT_AGAINST && variant <= VARIANT_AGAINST_LAST && !variant_skipped(variant);
}

static void measure_once(const struct server *server, enum variant variant, double seconds, uint64_t requests,
			 struct result *result, unsigned int round)
{
	struct load load;
	uint64_t cpu_ns;
	bool is_loaded;

	result->per_second[variant][round] = 0;
	if (variant_on(variant))
		return;
	cpu_ns = process_cpu_ns(server->pid);
	is_loaded = load_once(server, seconds, requests, &load);
	cpu_ns = process_cpu_ns(server->pid) - cpu_ns;
	variant_off(variant);
	if (!is_loaded || !load.requests || bench_stopped)
		return;
	result->per_second[variant][round] = load.per_second;
	result->cpu_us[variant][round] = (double)cpu_ns / NS_PER_US / (double)load.requests;
}

static void measure(const struct server *server, const struct bench_options *options, struct result *result)
{
	unsigned int rounds = options->rounds ?: options->quick ? ROUNDS_QUICK : ROUNDS;
	double seconds = options->quick ? SECONDS_QUICK : SECONDS;
	enum variant order[VARIANTS];
	struct load load;
	uint64_t requests;

	if (!load_once(server, seconds, TRIAL, &load))
		return;
	requests = (uint64_t)(load.per_second * seconds);
	while (result->rounds < rounds && !bench_stopped) {
		unsigned int round = result->rounds++;

		variant_shuffle(order);
		for (unsigned int i = 0; i < VARIANTS && !bench_stopped; i++) {
			if (!is_compared(order[i]))
				continue;
			for (unsigned int tries = 0; tries < TRIES && !bench_stopped; tries++) {
				bool alone = variant_is_alone();

				measure_once(server, order[i], seconds, requests, result, round);
				if (alone && variant_is_alone())
					break;
				result->disturbed++;
			}
		}
	}
}

static double throughput(const struct result *result, enum variant variant, enum variant base)
{
	return bench_ratio(result->per_second[variant], base == VARIANTS ? NULL : result->per_second[base],
			   result->rounds);
}

static double cpu(const struct result *result, enum variant variant, enum variant base)
{
	return bench_ratio(result->cpu_us[variant], base == VARIANTS ? NULL : result->cpu_us[base],
			   result->rounds);
}

static void report(const struct server *server, const struct result *result)
{
	char title[96];

	snprintf(title, sizeof(title), "Server: %s under %s", server->name, server->load);
	report_heading(title);
	report_columns("variant|requests a second|x none|CPU us a request|x none|x the empty programs");
	for (unsigned int i = 0; i < VARIANTS; i++)
		if (throughput(result, i, VARIANTS) > 0)
			report_row("%s|%.0f|%.3f|%.3f|%.3f|%.3f", variant_name(i),
				   throughput(result, i, VARIANTS), throughput(result, i, VARIANT_NONE),
				   cpu(result, i, VARIANTS), cpu(result, i, VARIANT_NONE),
				   cpu(result, i, VARIANT_EMPTY));
	report_table();
	report_text(
		"One process of the server on one CPU, 20 connections; CPU is the server's. Rounds: %u. Measurements "
		"repeated because other BPF programs came or went: %u.",
		result->rounds, result->disturbed);
}

/* Goals are upper bounds: the throughput without ktally against that with it is at most 1 / 0.98. */
static void report_goals(const struct server *server, const struct result *result)
{
	char what[96];

	snprintf(what, sizeof(what), "%s, requests a second without against with profile default",
		 server->name);
	report_goal(what, "x", 1 / 0.98, throughput(result, VARIANT_NONE, VARIANT_DEFAULT));
	snprintf(what, sizeof(what), "%s, the same with profile light", server->name);
	report_goal(what, "x", 1.005, throughput(result, VARIANT_NONE, VARIANT_LIGHT));
	snprintf(what, sizeof(what), "%s, CPU of a request, profile default", server->name);
	report_goal(what, "x empty programs", 1.01, cpu(result, VARIANT_DEFAULT, VARIANT_EMPTY));
}

void servers_measure(const struct bench_options *options)
{
	struct server servers[] = {
		{ .name = "redis", .command = "redis-server", .load = "redis-benchmark" },
		{ .name = "nginx", .command = "nginx", .load = "wrk" },
	};

	for (unsigned int i = 0; i < sizeof(servers) / sizeof(servers[0]) && !bench_stopped; i++) {
		struct server *server = &servers[i];
		struct result result = { 0 };

		if (!process_has_command(server->command, server->command_path,
					 sizeof(server->command_path)) ||
		    !process_has_command(server->load, server->load_path, sizeof(server->load_path))) {
			report_heading(server->name);
			report_text("Left out: %s and %s are not both here.", server->command, server->load);
			continue;
		}
		if (server_start(server))
			measure(server, options, &result);
		server_stop(server);
		if (bench_stopped)
			break;
		report(server, &result);
		report_goals(server, &result);
	}
}
