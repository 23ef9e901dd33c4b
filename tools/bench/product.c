// SPDX-License-Identifier: Apache-2.0
/* ktally as it is shipped (`ktally run`), and its collector in a child of the harness, where its passes can be timed and its
 * programs asked for their statistics. */
#include <bpf/bpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "bench.h"
#include "collect/collector.h"

#define START_MS 10000
#define COSTS_MAX 32

static const char *const profile_names[] = { "light", "default", "full" };

int daemon_start(const char *ktally, enum profile profile, const char *option,
		 struct daemon_child *ret_daemon)
{
	char *argv[] = {
		(char *)ktally,         "run",         "--profile",    (char *)profile_names[profile],
		"--web.listen-address", "127.0.0.1:0", (char *)option, NULL
	};
	struct daemon_child daemon = { .log = -1 };
	uint64_t end_ns = time_monotonic_ns() + START_MS * NS_PER_MS;
	char said[8192], *found;
	size_t size = 0;

	daemon.pid = process_spawn(argv, READER_CPU, &daemon.log);
	if (daemon.pid < 0)
		return -ECHILD;
	while (!daemon.port && time_monotonic_ns() < end_ns && size < sizeof(said) - 1) {
		struct pollfd fd = { .fd = daemon.log, .events = POLLIN };
		ssize_t got = poll(&fd, 1, 100) == 1 ?
				      read(daemon.log, said + size, sizeof(said) - 1 - size) :
				      0;

		if (got == 0 && fd.revents)
			break;
		size += got > 0 ? (size_t)got : 0;
		said[size] = '\0';
		found = strstr(said, "metrics on http://127.0.0.1:");
		if (found && strchr(found, '\n'))
			daemon.port = strtoul(strrchr(found, ':') + 1, NULL, 10);
	}
	if (!daemon.port || strstr(said, "BPF is off")) {
		fprintf(stderr, "bench: ktally did not start as it should:\n%.*s", (int)size, said);
		daemon_stop(&daemon);
		return -EIO;
	}
	*ret_daemon = daemon;
	return 0;
}

void daemon_stop(struct daemon_child *daemon)
{
	process_end(daemon->pid, SIGTERM);
	if (daemon->log >= 0)
		close(daemon->log);
	*daemon = (struct daemon_child){ .log = -1 };
}

/* ---- the child ---- */

struct answer {
	uint64_t number; /* of costs, or nanoseconds */
	struct program_cost costs[COSTS_MAX];
};

static void read_costs(const struct probe *probe, struct answer *answer)
{
	for (unsigned int i = 0; i < PROBE_PROGRAMS && answer->number < COSTS_MAX; i++) {
		int fd = probe_program_fd(probe, i);
		struct bpf_prog_info info = { 0 };
		struct program_cost *cost = &answer->costs[answer->number];
		__u32 size = sizeof(info);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
			continue;
		snprintf(cost->name, sizeof(cost->name), "%s", probe_status(probe, i)->name);
		cost->runs = info.run_cnt;
		cost->ns = info.run_time_ns;
		cost->jited_bytes = info.jited_prog_len;
		answer->number++;
	}
}

/* Serves one letter at a time until the other end closes; between them it ticks and drains as the daemon does. */
static void serve(struct collector *collector, int fd, bool ticks)
{
	uint64_t next_tick_ns = time_monotonic_ns() + NS_PER_S;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		struct answer answer = { 0 };
		uint64_t begin_ns;
		char letter;

		if (poll(&wait, 1, 100) == 0) {
			if (ticks && time_monotonic_ns() >= next_tick_ns) {
				collector_tick(collector);
				next_tick_ns += NS_PER_S;
			} else {
				collector_turn(collector);
			}
			continue;
		}
		if (read(fd, &letter, 1) != 1)
			return;
		begin_ns = time_monotonic_ns();
		if (letter == 'p')
			collector_pass(collector);
		if (letter == 't')
			collector_tick(collector);
		if (letter == 'c' && collector_has_bpf(collector))
			read_costs(collector_probe(collector), &answer);
		else
			answer.number = time_monotonic_ns() - begin_ns;
		if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
			return;
	}
}

static void hold(enum profile profile, const char *without, bool ticks, int fd)
{
	char *argv[] = { "bench", "--profile", (char *)profile_names[profile], NULL };
	char message[OPTIONS_MESSAGE_SIZE] = "";
	_cleanup_(cleanup_collector) struct collector *collector = NULL;
	enum options_action action;
	struct options settings;
	char state = 1;

	if (options_parse(&settings, 3, argv, &action, message, sizeof(message)) ||
	    collector_new(&settings, NULL, &collector, message, sizeof(message)) ||
	    !collector_has_bpf(collector)) {
		fprintf(stderr, "bench: no collector: %s\n",
			collector ? collector_reason(collector) : message);
		state = 0;
	}
	for (unsigned int i = 0; state && without && i < PROBE_PROGRAMS; i++)
		if (strcmp(probe_status(collector_probe(collector), i)->name, without) == 0)
			/* the harness may: it is nobody's daemon */
			probe_detach((struct probe *)collector_probe(collector), i);
	if (state)
		collector_tick(collector);
	if (write(fd, &state, 1) == 1 && state)
		serve(collector, fd, ticks);
}

int collector_child_start(enum profile profile, const char *without, bool ticks,
			  struct collector_child *ret_child)
{
	struct collector_child child;
	int fds[2];
	char state = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	child.fd = fds[0];
	child.pid = process_fork(READER_CPU);
	if (child.pid == 0) {
		close(fds[0]);
		hold(profile, without, ticks, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (child.pid < 0 || read(child.fd, &state, 1) != 1 || !state) {
		collector_child_stop(&child);
		return -EIO;
	}
	*ret_child = child;
	return 0;
}

void collector_child_stop(struct collector_child *child)
{
	close(child->fd);
	/* it goes by itself; the signal is for one that hangs */
	process_end(child->pid, 0);
	*child = (struct collector_child){ .fd = -1 };
}

static bool ask(const struct collector_child *child, char letter, struct answer *ret_answer)
{
	return write(child->fd, &letter, 1) == 1 &&
	       read(child->fd, ret_answer, sizeof(*ret_answer)) == sizeof(*ret_answer);
}

uint64_t collector_child_pass_ns(const struct collector_child *child, bool tick)
{
	struct answer answer = { 0 };

	return ask(child, tick ? 't' : 'p', &answer) ? answer.number : 0;
}

unsigned int collector_child_costs(const struct collector_child *child, struct program_cost *costs,
				   unsigned int max)
{
	struct answer answer = { 0 };
	unsigned int count;

	if (!ask(child, 'c', &answer))
		return 0;
	count = answer.number < max ? answer.number : max;
	memcpy(costs, answer.costs, count * sizeof(*costs));
	return count;
}
