/* SPDX-License-Identifier: Apache-2.0 */
/* Answers from a daemon, played by a server of the test's own, and from a recording; problems are a line each. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "server.h"
#include "client/recording.h"
#include "client/snapshot.h"
#include "client/source.h"

static struct loop *loop;
static struct source *source;
static struct server server;
static char url[80], last_head[4096], said[1024];
static const struct message message = { said, sizeof(said) };
static int running;

static void say(int fd, const char *status, const char *body)
{
	char text[1000];

	snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body),
		 body);
	server_write(fd, text, strlen(text));
}

static void serve(struct server *the_server, int fd)
{
	char head[4096], path[100];

	(void)the_server;
	while (server_read_head(fd, head, sizeof(head)) && sscanf(head, "%*s %99s", path) == 1) {
		memcpy(last_head, head, sizeof(head));
		if (strstr(path, "/node"))
			say(fd, "200 OK", "{\"hostname\": \"one\", \"cpu_cores\": 0.25}");
		else if (strstr(path, "/array"))
			say(fd, "200 OK", "[1, 2]");
		else if (strstr(path, "/page"))
			say(fd, "200 OK", "<html>");
		else if (strstr(path, "/wrong"))
			say(fd, "400 Bad Request", "{\"error\": \"'sortt' is not a parameter\\u001b[2J\"}");
		else if (strstr(path, "/secret"))
			say(fd, "401 Unauthorized", "{\"error\": \"unauthorized\"}");
		else if (strstr(path, "/busy"))
			say(fd, "503 Service Unavailable", "");
		else if (strstr(path, "/teapot"))
			say(fd, "418 I'm a teapot", "short and stout");
		else if (strstr(path, "/never"))
			pause();
		else
			say(fd, "404 Not Found", "not found\n");
	}
}

static void setup(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	pthread_t accepting;

	setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not be asked for this machine itself */
	server = (struct server){ .serve = serve };
	server.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(server.fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(listen(server.fd, 100), 0);
	cr_assert_eq(getsockname(server.fd, (struct sockaddr *)&address, &size), 0);
	cr_assert_eq(pthread_create(&accepting, NULL, server_run, &server), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	cr_assert_eq(loop_new(&loop), 0);
}

static void teardown(void)
{
	source_free(source);
	loop_free(loop);
}

TestSuite(source, .init = setup, .fini = teardown, .timeout = 30);

static void open_daemon(const struct source_settings *settings)
{
	cr_assert_eq(source_open_daemon(loop, settings, &source, &message), 0, "%s", said);
}

static void open_plain(void)
{
	const struct source_settings settings = { .url = url };

	open_daemon(&settings);
	cr_assert_str_eq(source_name(source), url);
	cr_assert_not(source_is_file(source));
}

struct result {
	int calls;
	json_t *answer;
	char path[100], problem[300];
};

static void keep(void *context, const char *path, json_t *answer, const char *problem)
{
	struct result *result = context;

	result->calls++;
	result->answer = json_incref(answer);
	snprintf(result->path, sizeof(result->path), "%s", path);
	snprintf(result->problem, sizeof(result->problem), "%s", problem ?: "");
	cr_assert_neq(!answer, !problem);
	if (--running == 0)
		loop_stop(loop);
}

static struct result ask(const char *path)
{
	struct result result = {};

	running = 1;
	cr_assert_eq(source_ask(source, path, keep, &result), 0);
	cr_assert_eq(result.calls, 0, "never inside the call");
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(result.calls, 1);
	cr_assert_str_eq(result.path, path);
	return result;
}

static void check_problem(const char *path, const char *wanted)
{
	struct result result = ask(path);
	char whole[300];

	snprintf(whole, sizeof(whole), "%s: %s", source_name(source), wanted);
	cr_assert_str_eq(result.problem, whole);
	cr_assert_null(result.answer);
}

Test(source, a_daemon_answers)
{
	struct result result;

	open_plain();
	result = ask("/api/v1/node");
	cr_assert_str_eq(json_string_value(json_object_get(result.answer, "hostname")), "one");
	cr_assert(strstr(last_head, "GET /api/v1/node HTTP/1.1\r\n"), "%s", last_head);
	cr_assert_not(strstr(last_head, "Authorization"));
	json_decref(result.answer);
}

Test(source, many_questions_at_once_share_few_connections)
{
	enum { MANY = 31 };
	static struct result results[MANY];

	open_plain();
	running = MANY;
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(source_ask(source, "/api/v1/node", keep, &results[i]), 0);
	cr_assert_eq(loop_run(loop), 0);
	for (int i = 0; i < MANY; i++) {
		cr_assert_eq(results[i].calls, 1);
		cr_assert_not_null(results[i].answer, "%s", results[i].problem);
		json_decref(results[i].answer);
	}
	cr_assert_leq(server.connections, 4);
}

Test(source, what_goes_wrong_is_told_in_a_line)
{
	open_plain();
	check_problem("/api/v1/wrong", "'sortt' is not a parameter?[2J");
	check_problem("/api/v1/unknown", "knows no such question: not ktally, or an older one");
	check_problem("/api/v1/secret", "asks for a user and a password (--user, --password-file)");
	check_problem("/api/v1/busy", "too busy, or not ready yet");
	check_problem("/api/v1/teapot", "HTTP status 418");
	check_problem("/api/v1/page", "the answer is not what ktally says");
	check_problem("/api/v1/array", "the answer is not what ktally says");
}

Test(source, nobody_is_there)
{
	const struct source_settings settings = { .url = "127.0.0.1:1/below/" };

	open_daemon(&settings);
	cr_assert_str_eq(source_name(source), "http://127.0.0.1:1/below");
	check_problem("/api/v1/node", "nobody listens there: is `ktally run` running?");
}

Test(source, a_password_comes_from_a_file_and_is_never_shown)
{
	char file[] = "/tmp/ktally-test-XXXXXX";
	_cleanup_(cleanup_close) int fd = mkstemp(file);
	const struct source_settings settings = { .url = url, .user = "eve", .password_file = file };
	struct result result;

	cr_assert_eq(write(fd, "a:b\r\nnext line", 14), 14);
	open_daemon(&settings);
	unlink(file);
	result = ask("/api/v1/node");
	json_decref(result.answer);
	cr_assert(strstr(last_head, "\r\nAuthorization: Basic ZXZlOmE6Yg==\r\n"), "%s", last_head);
	check_problem("/api/v1/secret", "user or password is wrong");
}

Test(source, settings_that_cannot_be_are_refused)
{
	const struct {
		struct source_settings settings;
		const char *wanted;
	} cases[] = {
		{ { .url = "http://me:hidden@host/" },
		  "no user or password in the address: there are --user and --password-file" },
		{ { .url = "ftp://host" }, "address 'ftp://host' is neither http nor https" },
		{ { .url = "http://host/?q=1" },
		  "address 'http://host/?q=1' has a query, which ktally adds itself" },
		{ { .url = "http://" }, "'http://' is no address: http://HOST:PORT is one" },
		{ { .password_file = "/nowhere" },
		  "cannot read password file '/nowhere': No such file or directory" },
		{ { .ca_file = "/nowhere" },
		  "cannot read certificates '/nowhere': No such file or directory" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_lt(source_open_daemon(loop, &cases[i].settings, &source, &message), 0);
		cr_assert_str_eq(said, cases[i].wanted);
		cr_assert_null(source);
	}
}

Test(source, cancelled_questions_and_those_under_way_at_the_end_call_nobody)
{
	struct result cancelled = {}, waiting = {};

	open_plain();
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &cancelled), 0);
	cr_assert_eq(source_ask(source, "/api/v1/never", keep, &waiting), 0);
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &cancelled), 0);
	source_cancel(source, &cancelled);
	json_decref(ask("/api/v1/node").answer);
	cr_assert_eq(cancelled.calls + waiting.calls, 0);
	source_free(NULL);
}

/* ---- recordings -------------------------------------------------------------------------------------------------- */

static char file[64];

static void add_snapshot(struct recording_writer *writer, unsigned int number)
{
	_cleanup_(buffer_done) struct buffer text = {};
	json_t *node = json_pack("{s:i}", "number", (int)number);

	snapshot_add(&text, "node", node, NULL);
	snapshot_add(&text, "containers", NULL, "http://x: too busy");
	json_decref(node);
	cr_assert_not(text.failed);
	cr_assert_eq(recording_add(writer, 1000000 * (100 + 10 * number), text.data, text.size, &message), 0);
}

static void open_recording(unsigned int count)
{
	struct recording_writer *writer;

	snprintf(file, sizeof(file), "/tmp/ktally-test-%d", getpid());
	cr_assert_eq(recording_create(file, true, 0,
				      "{\"host\":\"one\",\"version\":\"1.2\",\"interval_seconds\":10.0}",
				      &writer, &message),
		     0);
	for (unsigned int i = 0; i < count; i++)
		add_snapshot(writer, i);
	cr_assert_eq(recording_finish(writer, &message), 0);
	recording_writer_free(writer);
	cr_assert_eq(source_open_file(loop, file, &source, &message), 0, "%s", said);
	unlink(file);
	cr_assert(source_is_file(source));
	cr_assert_str_eq(source_name(source), file);
}

static json_int_t ask_number(void)
{
	struct result result = ask("/api/v1/node");
	json_int_t number = json_integer_value(json_object_get(result.answer, "number"));

	json_decref(result.answer);
	return number;
}

Test(source, a_recording_answers_for_its_current_snapshot)
{
	struct source_span span;

	open_recording(73);
	source_span(source, &span);
	cr_assert_str_eq(span.host, "one");
	cr_assert_str_eq(span.version, "1.2");
	cr_assert_eq(span.count, 73);
	cr_assert(span.first == 100 && span.last == 820 && span.interval_seconds == 10);
	cr_assert_eq(ask_number(), 0);
	cr_assert(source_step(source, 5));
	cr_assert_eq(ask_number(), 5);
	cr_assert(source_step(source, -2));
	cr_assert_eq(ask_number(), 3);
	cr_assert(source_step(source, -100));
	cr_assert_eq(ask_number(), 0);
	cr_assert_not(source_step(source, -1));
	cr_assert(source_seek(source, 1000));
	cr_assert_eq(ask_number(), 72);
	cr_assert_not(source_step(source, 1));
	cr_assert(source_seek_time(source, 139.9));
	cr_assert_eq(ask_number(), 3);
	cr_assert(source_seek_time(source, 1));
	cr_assert_eq(ask_number(), 0);
	cr_assert(source_seek_time(source, 1e12));
	source_span(source, &span);
	cr_assert(span.index == 72 && span.time == 820);
	cr_assert_null(source_warning(source));
}

Test(source, what_a_recording_does_not_have_is_told)
{
	open_recording(1);
	check_problem("/api/v1/threads?pid=7", "this is not in the recording");
	check_problem("/api/v1/nodes", "this is not in the recording");
	check_problem("/other", "this is not in the recording");
	check_problem("/api/v1/syscalls?namespace=&pod=&container=one", "this is not in the recording");
	check_problem("/api/v1/syscalls", "snapshot 1 has no syscalls");
	check_problem("/api/v1/containers?limit=3", "http://x: too busy");
}

Test(source, a_question_keeps_the_snapshot_it_was_asked_of)
{
	struct result first = {}, second = {}, cancelled = {};

	open_recording(2);
	running = 2;
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &first), 0);
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &cancelled), 0);
	source_step(source, 1);
	source_cancel(source, &cancelled);
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &second), 0);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(json_integer_value(json_object_get(first.answer, "number")), 0);
	cr_assert_eq(json_integer_value(json_object_get(second.answer, "number")), 1);
	cr_assert_eq(cancelled.calls, 0);
	json_decref(first.answer);
	json_decref(second.answer);
	cr_assert_eq(source_ask(source, "/api/v1/node", keep, &cancelled), 0); /* not answered at the end */
}
