/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 against a server of the test's own on a unix socket; what the server says is told by the path asked for. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/loop.h"
#include "base/time.h"
#include "base/transfer.h"
#include "server.h"

#define LIMIT 1000

static struct loop *loop;
static struct transfers *transfers;
static struct server server;
static char last_head[4096], last_body[4096];
static char authority[64];

static void say(int fd, const char *text)
{
	server_write(fd, text, strlen(text));
}

/* A body of any size, in one of the two ways. */
static void say_large(int fd, size_t size, bool with_length)
{
	char line[100];
	char *data = malloc(size);

	memset(data, 'x', size);
	snprintf(line, sizeof(line),
		 with_length ? "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n" :
			       "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
		 size);
	say(fd, line);
	server_write(fd, data, size);
	free(data);
}

static void answer(int fd, const char *path)
{
	if (strcmp(path, "/hello") == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\nX-One: 2\r\n\r\nhello");
	else if (strcmp(path, "/absent") == 0)
		say(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
	else if (strcmp(path, "/chunks") == 0)
		say(fd,
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-After: 7\r\n\r\n");
	else if (strcmp(path, "/redirect") == 0)
		say(fd, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n");
	else if (strcmp(path, "/limit") == 0)
		say_large(fd, LIMIT, true);
	else if (strcmp(path, "/large") == 0)
		say_large(fd, LIMIT + 1, true);
	else if (strcmp(path, "/large-untold") == 0)
		say_large(fd, LIMIT + 1, false);
	else if (strcmp(path, "/cut") == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
	else if (strcmp(path, "/rubbish") == 0)
		say(fd, "\x16\x03 who is there\r\n\r\n");
	else if (strcmp(path, "/headers") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\n");
		for (int i = 0; i < 4000; i++)
			say(fd, "X-Many: 0123456789012345678901234567890123456789\r\n");
		say(fd, "Content-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/never") == 0) {
		pause();
	} else if (strcmp(path, "/endless") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		for (;;) {
			if (send(fd, "3\r\nabc\r\n", 8, MSG_NOSIGNAL) < 0)
				return;
			usleep(1000);
		}
	}
}

static void serve(struct server *the_server, int fd)
{
	char head[4096], path[100];
	const char *length;

	(void)the_server;
	while (server_read_head(fd, head, sizeof(head)) && sscanf(head, "%*s %99s", path) == 1) {
		length = strstr(head, "Content-Length: ");
		memset(last_body, 0, sizeof(last_body));
		if (length && recv(fd, last_body, strtoul(length + 16, NULL, 10), MSG_WAITALL) < 0)
			return;
		memcpy(last_head, head, sizeof(head));
		answer(fd, path);
		if (strcmp(path, "/hello") != 0)
			return;
	}
}

static void setup(void)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not be used for unix sockets */
	server_start(&server, serve);
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(transfers_new(loop, &transfers), 0);
	snprintf(authority, sizeof(authority), "http://localhost");
}

static void teardown(void)
{
	transfers_free(transfers);
	loop_free(loop);
	server_remove(&server);
}

TestSuite(transfer, .init = setup, .fini = teardown, .timeout = 30);

static int running; /* transfers whose `done` is awaited */

struct result {
	int calls, error;
	unsigned int status;
	size_t size;
	char body[LIMIT + 1], reason[200], header[50];
	const char *header_name;
};

static void keep_result(void *context, struct transfer *transfer, const struct transfer_answer *said)
{
	struct result *result = context;
	const char *value = result->header_name ? transfer_header(transfer, result->header_name) : NULL;

	result->calls++;
	result->error = said->error;
	result->status = said->status;
	result->size = said->size;
	cr_assert_eq(said->body[said->size], 0);
	memcpy(result->body, said->body, said->size);
	snprintf(result->reason, sizeof(result->reason), "%s", said->reason);
	snprintf(result->header, sizeof(result->header), "%s", value ?: "(none)");
	transfer_cancel(transfer); /* does nothing here */
	if (--running == 0)
		loop_stop(loop);
}

static struct transfer_request make_request(const char *path, struct result *result)
{
	static char url[200];

	snprintf(url, sizeof(url), "%s%s", authority, path);
	return (struct transfer_request){ .url = url,
					  .unix_socket = server.path,
					  .limit_bytes = LIMIT,
					  .timeout_ns = 10 * NS_PER_S,
					  .done = keep_result,
					  .context = result };
}

static void run(const struct transfer_request *request)
{
	running = 1;
	cr_assert_eq(transfer_start(transfers, request, NULL), 0);
	cr_assert_eq(loop_run(loop), 0);
}

static struct result get(const char *path, const char *header_name)
{
	struct result result = { .header_name = header_name };
	struct transfer_request request = make_request(path, &result);

	run(&request);
	cr_assert_eq(result.calls, 1);
	return result;
}

Test(transfer, a_body_status_and_headers_come_back)
{
	struct result result = get("/hello", "x-oNE");

	cr_assert_eq(result.error, 0);
	cr_assert_eq(result.status, 200);
	cr_assert_str_eq(result.body, "hello");
	cr_assert_str_eq(result.header, "2", "the last of a name");
	cr_assert_str_eq(result.reason, "");
	cr_assert(strstr(last_head, "GET /hello HTTP/1.1\r\nHost: localhost\r\n"), "%s", last_head);
}

Test(transfer, a_status_is_an_answer_and_redirects_are_not_followed)
{
	struct result result = get("/absent", NULL);

	cr_assert_eq(result.error, 0);
	cr_assert_eq(result.status, 404);
	cr_assert_str_eq(result.body, "gone");
	result = get("/redirect", "Location");
	cr_assert_eq(result.status, 302);
	cr_assert_str_eq(result.header, "/hello");
}

Test(transfer, chunks_and_trailers_are_read)
{
	struct result result = get("/chunks", "X-After");

	cr_assert_str_eq(result.body, "abcde");
	cr_assert_str_eq(result.header, "7");
}

Test(transfer, a_body_is_posted_with_the_headers_given)
{
	static const char *const headers[] = { "Content-Type: application/x-test", "X-Own: 3", NULL };
	struct result result = {};
	struct transfer_request request = make_request("/hello", &result);

	request.headers = headers;
	request.body = "a\0b";
	request.body_size = 3;
	run(&request);
	cr_assert_eq(result.status, 200);
	cr_assert(strstr(last_head, "POST /hello "));
	cr_assert(strstr(last_head, "\r\nContent-Type: application/x-test\r\n"));
	cr_assert(strstr(last_head, "\r\nX-Own: 3\r\n"));
	cr_assert_not(strstr(last_head, "Expect"));
	cr_assert_eq(memcmp(last_body, "a\0b", 4), 0);
}

Test(transfer, a_body_past_the_limit_is_an_error)
{
	struct result result = get("/limit", NULL);

	cr_assert_eq(result.error, 0);
	cr_assert_eq(result.size, LIMIT);
	result = get("/large", NULL);
	cr_assert_eq(result.error, -EFBIG, "%s", result.reason);
	result = get("/large-untold", NULL);
	cr_assert_eq(result.error, -EFBIG, "%s", result.reason);
	cr_assert_leq(result.size, LIMIT);
	cr_assert_str_neq(result.reason, "");
	cr_assert_eq(get("/headers", NULL).error, -EFBIG, "headers have a limit too");
}

Test(transfer, broken_answers_are_errors)
{
	struct result result = get("/cut", NULL);

	cr_assert_eq(result.error, -ECONNRESET, "%s", result.reason);
	cr_assert_str_eq(result.body, "hello");
	cr_assert_eq(get("/nothing", NULL).error, -ECONNRESET);
	cr_assert_eq(get("/rubbish", NULL).error, -EPROTO);
}

Test(transfer, nobody_listens)
{
	struct result result;

	shutdown(server.fd, SHUT_RDWR);
	result = get("/hello", NULL);
	cr_assert_eq(result.error, -ECONNREFUSED, "%s", result.reason);
	unlink(server.path);
	result = get("/hello", NULL);
	cr_assert_eq(result.error, -ENOENT, "%s", result.reason);
	cr_assert_str_neq(result.reason, "");
}

Test(transfer, what_takes_too_long_ends)
{
	struct result result = {};
	struct transfer_request request = make_request("/never", &result);
	uint64_t start_ns = time_monotonic_ns();

	request.timeout_ns = 50 * NS_PER_MS;
	run(&request);
	cr_assert_eq(result.error, -ETIMEDOUT, "%s", result.reason);
	cr_assert_geq(time_monotonic_ns() - start_ns, 49 * NS_PER_MS);
	cr_assert_lt(time_monotonic_ns() - start_ns, 5 * NS_PER_S);
}

Test(transfer, over_tcp_the_proxy_of_the_environment_is_asked)
{
	struct server tcp = { .serve = serve };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	struct result result = {};
	struct transfer_request request;
	pthread_t accepting;

	tcp.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(tcp.fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(listen(tcp.fd, 10), 0);
	cr_assert_eq(getsockname(tcp.fd, (struct sockaddr *)&address, &size), 0);
	cr_assert_eq(pthread_create(&accepting, NULL, server_run, &tcp), 0);
	snprintf(authority, sizeof(authority), "http://127.0.0.1:%u", ntohs(address.sin_port));
	request = make_request("/hello", &result);
	request.unix_socket = NULL;
	run(&request);
	cr_assert_eq(result.error, -ECONNREFUSED, "by the proxy that setup() names");
	unsetenv("http_proxy");
	run(&request);
	cr_assert_str_eq(result.body, "hello");
}

Test(transfer, requests_that_make_no_sense_are_refused)
{
	struct result result = {};
	struct transfer_request request = make_request("/hello", &result);

	request.limit_bytes = 0;
	cr_assert_eq(transfer_start(transfers, &request, NULL), -EINVAL);
	request.limit_bytes = LIMIT;
	request.timeout_ns = 0;
	cr_assert_eq(transfer_start(transfers, &request, NULL), -EINVAL);
	request.timeout_ns = NS_PER_S;
	request.unix_socket = NULL;
	request.url = "file:///etc/passwd";
	run(&request);
	cr_assert_eq(result.error, -EPROTO, "%s", result.reason);
	transfers_free(NULL);
	transfer_cancel(NULL);
}

Test(transfer, many_at_once_all_end)
{
	enum { MANY = 101 };
	static struct result results[MANY];

	running = MANY;
	for (int i = 0; i < MANY; i++) {
		struct transfer_request request = make_request("/hello", &results[i]);

		cr_assert_eq(transfer_start(transfers, &request, NULL), 0);
	}
	cr_assert_eq(loop_run(loop), 0);
	for (int i = 0; i < MANY; i++) {
		cr_assert_eq(results[i].calls, 1);
		cr_assert_str_eq(results[i].body, "hello", "%d: %s", i, results[i].reason);
	}
}

Test(transfer, a_connection_is_used_again)
{
	for (int i = 0; i < 7; i++)
		cr_assert_eq(get("/hello", NULL).status, 200);
	cr_assert_eq(server.connections, 1);
}

static void stop_loop(void *context)
{
	(void)context;
	loop_stop(loop);
}

Test(transfer, cancelled_ones_call_nobody)
{
	struct result result = {};
	struct transfer_request request = make_request("/never", &result);
	struct transfer *transfer;
	int alarm;

	cr_assert_eq(transfer_start(transfers, &request, &transfer), 0);
	transfer_cancel(transfer);
	cr_assert_eq(transfer_start(transfers, &request, &transfer), 0);
	cr_assert_eq(loop_add_alarm(loop, stop_loop, NULL, &alarm), 0);
	cr_assert_eq(loop_set_alarm(loop, alarm, 0), 0);
	cr_assert_eq(loop_run(loop), 0);
	transfer_cancel(transfer);
	/* Those under way when all ends, too. */
	cr_assert_eq(transfer_start(transfers, &request, &transfer), 0);
	loop_set_alarm(loop, alarm, 0);
	cr_assert_eq(loop_run(loop), 0);
	transfers_free(take_ptr(transfers));
	loop_set_alarm(loop, alarm, 20 * NS_PER_MS);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(result.calls, 0);
}

static int pieces, end_at_piece;
static struct transfer *stream;
static struct result inner;

static int take_piece(void *context, const char *data, size_t size)
{
	(void)context;
	cr_assert_eq(size % 3, 0);
	cr_assert_eq(memcmp(data, "abc", 3), 0);
	return ++pieces == end_at_piece ? -ENOBUFS : 0;
}

Test(transfer, a_stream_is_given_in_pieces_and_ended_by_its_reader)
{
	struct result result = {};
	struct transfer_request request = make_request("/endless", &result);

	request.piece = take_piece;
	request.limit_bytes = request.timeout_ns = 0;
	end_at_piece = 5;
	run(&request);
	cr_assert_eq(pieces, 5);
	cr_assert_eq(result.error, -ENOBUFS);
	cr_assert_eq(result.size, 0);
	cr_assert_eq(result.status, 200);
}

/* Begins another transfer and ends its own, from inside of libcurl. */
static int replace_stream(void *context, const char *data, size_t size)
{
	struct transfer_request request = make_request("/hello", &inner);

	(void)context;
	(void)data;
	(void)size;
	cr_assert_eq(pieces++, 0, "called after it was cancelled");
	cr_assert_eq(transfer_start(transfers, &request, NULL), 0);
	transfer_cancel(stream);
	return 0;
}

Test(transfer, a_reader_of_a_stream_may_begin_and_cancel_transfers)
{
	struct result result = {};
	struct transfer_request request = make_request("/endless", &result);

	request.piece = replace_stream;
	request.timeout_ns = 0;
	running = 1;
	cr_assert_eq(transfer_start(transfers, &request, &stream), 0);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_str_eq(inner.body, "hello");
	cr_assert_eq(result.calls, 0);
}
