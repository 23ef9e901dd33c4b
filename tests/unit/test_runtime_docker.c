/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a source that speaks Docker's API, against a server of the test's own that answers as the test says. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/loop.h"
#include "base/time.h"
#include "enrich/runtime.h"
#include "server.h"

#define EIGHT(digit) digit digit digit digit digit digit digit digit
#define A EIGHT(EIGHT("a"))
#define B EIGHT(EIGHT("b"))
#define LONG_LINE ((size_t)3 << 20)

static struct loop *loop;
static struct transfers *transfers;
static struct runtimes *runtimes;
static struct server server;
static char told[4096], wanted[4096];

/* What the server does. */
static const char *list = "[]", *version = "{\"ApiVersion\":\"1.41\"}";
static const char *_Atomic events = "";
static atomic_bool is_long, is_cut, is_slow, is_hanging;
static atomic_int inspections, starts, versions;

static void reply(int fd, int status, const char *body)
{
	char head[200];

	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status, strlen(body));
	server_write(fd, head, strlen(head));
	server_write(fd, body, strlen(body));
}

static void reply_version(int fd)
{
	versions++;
	while (is_hanging)
		usleep(1000);
	reply(fd, 200, version);
}

static void reply_events(int fd)
{
	static char line[LONG_LINE];
	const char *sent = "";

	server_write(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 38);
	if (is_long) {
		memset(line, 'x', sizeof(line));
		server_write(fd, line, sizeof(line));
		server_write(fd, "\n", 1);
	}
	while (!is_cut) {
		const char *now = events;

		if (now != sent)
			server_write(fd, now, strlen(now));
		sent = now;
		usleep(1000);
	}
}

static void reply_inspection(int fd, const char *id)
{
	char body[1000];

	inspections++;
	if (is_slow)
		usleep(200000);
	snprintf(
		body, sizeof(body),
		"{\"Id\":\"%.64s\",\"Name\":\"/name\",\"Config\":{\"Image\":\"image\"},\"State\":{\"Pid\":%d}}",
		id, 100 + starts);
	reply(fd, strncmp(id, B, 64) == 0 ? 404 : 200, body);
}

static void serve(struct server *the_server, int fd)
{
	char head[4096];

	(void)the_server;
	while (server_read_head(fd, head, sizeof(head))) {
		if (strncmp(head, "GET /version ", 13) == 0)
			reply_version(fd);
		else if (strncmp(head, "GET /v1.41/containers/json?", 27) == 0)
			reply(fd, 200, list);
		else if (strncmp(head, "GET /v1.41/containers/", 22) == 0)
			reply_inspection(fd, head + 22);
		else if (strncmp(head, "GET /v1.41/events?", 18) == 0) {
			reply_events(fd);
			return;
		} else
			reply(fd, 400, "");
	}
}

static void on_found(void *context, const char *runtime, const struct details *details)
{
	size_t used = strlen(told);

	(void)context;
	snprintf(told + used, sizeof(told) - used, "%s %.1s %s %s %u\n", runtime, details->id, details->name,
		 details->image, details->pid);
}

static struct runtime_status status(void)
{
	struct runtime_status now = {};

	cr_assert_eq(runtimes_status(runtimes, 0, &now), 1);
	return now;
}

static uint64_t ahead_ns; /* as if so much time had gone */

static void on_turn(void *context)
{
	bool (*is_reached)(void) = context;

	runtimes_turn(runtimes, time_monotonic_ns() + ahead_ns);
	if (is_reached())
		loop_stop(loop);
}

static bool is_reached_now;
static bool (*condition)(void);
static uint64_t deadline_ns;

static bool is_over(void)
{
	is_reached_now = condition();
	return is_reached_now || time_monotonic_ns() > deadline_ns;
}

/* Runs the loop until it is so; at most 10 s. */
static void expect_soon(bool (*is_so)(void))
{
	condition = is_so;
	deadline_ns = time_monotonic_ns() + 10 * NS_PER_S;
	cr_assert_eq(loop_run(loop), 0);
	cr_expect(is_reached_now, "told: %s wanted: %s reason: %s", told, wanted, status().reason);
}

static bool is_up(void)
{
	return status().up;
}

static bool is_down(void)
{
	return !status().up && status().reason[0];
}

static bool is_told(void)
{
	return strcmp(told, wanted) == 0;
}

static void expect_told(const char *text)
{
	snprintf(wanted, sizeof(wanted), "%s", text);
	expect_soon(is_told);
	told[0] = '\0';
}

static void setup(void)
{
	static char socket[128];
	static const char *const sockets[] = { socket };
	struct runtimes_settings settings = {
		.sockets = sockets, .socket_count = 1, .root = "", .found = on_found
	};

	server_start(&server, serve);
	snprintf(socket, sizeof(socket), "docker=%s", server.path);
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(transfers_new(loop, &transfers), 0);
	settings.transfers = transfers;
	cr_assert_eq(runtimes_new(&settings, &runtimes), 0);
	cr_assert_eq(loop_add_timer(loop, 5 * NS_PER_MS, on_turn, is_over), 0);
}

static void teardown(void)
{
	runtimes_free(runtimes);
	transfers_free(transfers);
	loop_free(loop);
	server_remove(&server);
}

TestSuite(runtime_docker, .init = setup, .fini = teardown);

#define CREATE(id, name)                                                                             \
	"{\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"" id "\",\"Attributes\":" \
	"{\"name\":\"" name "\",\"image\":\"image\"}}}\n"
/* As replayed: of long before the stream. */
#define OLD(id, name)                                                                                            \
	"{\"Type\":\"container\",\"Action\":\"create\",\"timeNano\":1700000000000000000,\"Actor\":{\"ID\":\"" id \
	"\",\"Attributes\":{\"name\":\"" name "\",\"image\":\"image\"}}}\n"
#define START(id) "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"" id "\"}}\n"

Test(runtime_docker, tells_of_who_is_listed)
{
	list = "[{\"Id\":\"" A "\"}]";
	expect_told("docker a name image 100\n");
	expect_soon(is_up);
}

Test(runtime_docker, says_podman_where_podman_answers)
{
	version = "{\"ApiVersion\":\"1.41\",\"Components\":[{\"Name\":\"Podman Engine\"}]}";
	list = "[{\"Id\":\"" A "\"}]";
	expect_told("podman a name image 100\n");
}

Test(runtime_docker, tells_of_a_container_that_is_gone_before_it_is_inspected)
{
	expect_soon(is_up);
	events = CREATE(B, "short") START(B);
	expect_told("docker b short image 0\n");
	cr_expect_eq(status().failures, 0);
	cr_expect_eq(status().refused, 0);
}

Test(runtime_docker, inspects_again_who_changed_while_it_was_inspected)
{
	is_slow = true;
	list = "[{\"Id\":\"" A "\"}]";
	expect_soon(is_up);
	while (!inspections)
		usleep(1000);
	starts = 1;
	events = START(A);
	expect_told("docker a name image 101\ndocker a name image 101\n");
	cr_expect_eq(inspections, 2);
}

/* A container that got another name within the minute that is replayed, and one that is no longer there. */
Test(runtime_docker, what_is_replayed_does_not_bring_old_names_back)
{
	expect_soon(is_up);
	events = OLD(A, "old");
	expect_told("docker a name image 100\n");
	events = OLD(B, "gone");
	expect_told("docker b gone image 0\n");
	cr_expect_eq(inspections, 2);
	is_slow = true;
	events = START(A) OLD(A, "old");
	expect_told("docker a name image 100\ndocker a name image 100\n");
}

Test(runtime_docker, answers_who_asks_and_asks_for_nothing_that_is_no_id)
{
	expect_soon(is_up);
	runtimes_ask(runtimes, "docker", "../../images/json", time_monotonic_ns());
	is_slow = true;
	for (int i = 0; i < 3; i++) {
		runtimes_ask(runtimes, "docker", A, time_monotonic_ns());
		runtimes_forget(runtimes, A);
	}
	expect_told("docker a name image 100\n");
	cr_expect_eq(inspections, 1);
}

Test(runtime_docker, goes_on_behind_a_line_without_end_and_a_list_that_is_none)
{
	list = "{\"message\":\"none\"}";
	is_long = true;
	events = "rubbish\n" CREATE(B, "after");
	expect_told("docker b after image 0\n");
	cr_expect_eq(status().refused, 3);
	cr_expect(status().up);
}

Test(runtime_docker, comes_back_when_the_stream_ends_and_lists_again)
{
	expect_soon(is_up);
	is_cut = true;
	expect_soon(is_down);
	cr_expect_str_eq(status().reason, "events: the stream ended");
	list = "[{\"Id\":\"" A "\"}]";
	is_cut = false;
	expect_told("docker a name image 100\n");
	expect_soon(is_up);
}

static bool is_pinged(void)
{
	return versions == 2;
}

static bool is_pinged_twice(void)
{
	return versions == 3;
}

Test(runtime_docker, one_that_hangs_behind_an_open_stream_is_down)
{
	expect_soon(is_up);
	cr_expect_eq(versions, 1);
	ahead_ns = 10 * NS_PER_S;
	expect_soon(is_pinged);
	ahead_ns = 20 * NS_PER_S;
	expect_soon(is_pinged_twice);
	cr_expect(status().up);
	cr_expect_eq(status().failures, 0);
	is_hanging = true;
	ahead_ns = 30 * NS_PER_S;
	while (versions < 4)
		expect_soon(is_up);
	cr_expect(status().up);
	ahead_ns = 40 * NS_PER_S;
	expect_soon(is_down);
	cr_expect_str_eq(status().reason, "ping: no answer");
	cr_expect_eq(status().failures, 1);
	is_hanging = false;
	ahead_ns = 80 * NS_PER_S;
	expect_soon(is_up);
}

static bool is_refused(void)
{
	return status().refused == 1;
}

Test(runtime_docker, is_not_up_where_another_server_answers)
{
	version = "<html>";
	expect_soon(is_refused);
	cr_expect(!status().up);
	cr_expect_str_eq(status().reason, "version: the answer is none of Docker's or Podman's");
}
