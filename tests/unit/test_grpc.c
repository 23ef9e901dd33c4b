/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC, and HTTP/2 below it, against a server of the test's own: what it says is told by the message that it gets. */
#include <criterion/criterion.h>
#include <errno.h>

#include "base/loop.h"
#include "base/time.h"
#include "cri.pb-c.h"
#include "enrich/grpc.h"
#include "h2_server.h"

#define LIMIT 100000

static struct loop *loop;
static struct transfers *transfers;
static struct server server;

static const char *const no_pairs[] = { NULL };
static const char *const grpc_head[] = { ":status", "200", "content-type", "application/grpc", NULL };
static const char *const html_head[] = { ":status", "200", "content-type", "text/html", NULL };

static void say_large(int fd, uint32_t stream, size_t size)
{
	uint8_t *data = malloc(size);

	memset(data, 'x', size);
	h2_grpc(fd, stream, "0", data, size);
	free(data);
}

static bool is_asked(const uint8_t *body, size_t size, const char *what)
{
	/* Field 1, a string, after the five bytes of gRPC. */
	return size == 7 + strlen(what) && memcmp(body + 7, what, strlen(what)) == 0;
}

static void h2_answer(int fd, uint32_t stream, const uint8_t *body, size_t size)
{
	if (is_asked(body, size, "echo")) {
		h2_grpc(fd, stream, "0", body + 5, size - 5);
	} else if (is_asked(body, size, "large")) {
		say_large(fd, stream, LIMIT + 1);
	} else if (is_asked(body, size, "limit")) {
		say_large(fd, stream, LIMIT);
	} else if (is_asked(body, size, "absent")) {
		h2_grpc(fd, stream, "5", NULL, 0);
	} else if (is_asked(body, size, "trailers only")) {
		static const char *const all[] = { ":status",     "200", "content-type", "application/grpc",
						   "grpc-status", "12",  "grpc-message", "no such method",
						   NULL };

		h2_headers(fd, stream, H2_END_STREAM, all);
	} else if (is_asked(body, size, "no outcome")) {
		h2_headers(fd, stream, 0, grpc_head);
		h2_frame(fd, H2_DATA, H2_END_STREAM, stream, "\0\0\0\0\0", 5);
	} else if (is_asked(body, size, "page")) {
		h2_headers(fd, stream, 0, html_head);
		h2_frame(fd, H2_DATA, H2_END_STREAM, stream, "hello", 5);
	} else if (is_asked(body, size, "reset")) {
		h2_headers(fd, stream, 0, grpc_head);
		h2_frame(fd, H2_RST_STREAM, 0, stream, "\0\0\0\2", 4);
	} else if (is_asked(body, size, "go away")) {
		h2_frame(fd, H2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\1", 8);
		shutdown(fd, SHUT_RDWR);
	} else if (is_asked(body, size, "noise")) {
		server_write(fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
	} else if (is_asked(body, size, "no headers")) {
		h2_headers(fd, stream, H2_END_STREAM, no_pairs);
	}
}

static void setup(void)
{
	server_start(&server, h2_serve);
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(transfers_new(loop, &transfers), 0);
}

static void teardown(void)
{
	transfers_free(transfers);
	loop_free(loop);
	server_remove(&server);
}

TestSuite(grpc, .init = setup, .fini = teardown, .timeout = 30);

struct result {
	int calls, error;
	unsigned int status;
	size_t size;
	char message[LIMIT + 1], reason[200];
};
static int running;

static void keep_result(void *context, struct transfer *transfer, const struct transfer_answer *said)
{
	struct result *result = context;
	struct grpc_answer answer;

	grpc_read(transfer, said, &answer);
	result->calls++;
	result->error = answer.error;
	result->status = answer.status;
	result->size = answer.size;
	if (answer.size)
		memcpy(result->message, answer.message, answer.size);
	snprintf(result->reason, sizeof(result->reason), "%s", answer.reason);
	if (--running == 0)
		loop_stop(loop);
}

static void start(const char *what, uint64_t timeout_ns, struct result *result)
{
	Cri__VersionRequest request = CRI__VERSION_REQUEST__INIT;
	const struct grpc_call call = {
		.unix_socket = server.path,
		.method = "/test.Test/Say",
		.message = &request.base,
		.limit_bytes = LIMIT,
		.timeout_ns = timeout_ns,
		.done = keep_result,
		.context = result,
	};

	request.version = (char *)what;
	running++;
	cr_assert_eq(grpc_start(transfers, &call, NULL), 0);
}

static const struct result *ask(const char *what)
{
	static struct result result;

	result = (struct result){};
	start(what, 10 * NS_PER_S, &result);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(result.calls, 1);
	return &result;
}

Test(grpc, a_message_goes_there_and_back)
{
	const struct result *result = ask("echo");

	cr_assert_eq(result->error, 0, "%s", result->reason);
	cr_assert_eq(result->status, 0);
	cr_assert_eq(result->size, 6);
	cr_assert_eq(memcmp(result->message,
			    "\x0a\x04"
			    "echo",
			    6),
		     0);
	cr_assert_str_eq(result->reason, "");
}

Test(grpc, the_outcome_is_in_the_trailers_or_in_the_head)
{
	const struct result *result = ask("absent");

	cr_assert_eq(result->error, 0);
	cr_assert_eq(result->status, GRPC_NOT_FOUND);
	cr_assert_str_eq(result->reason, "gRPC status 5 (not found)", "not what the server says beside it");
	result = ask("trailers only");
	cr_assert_eq(result->error, 0);
	cr_assert_eq(result->status, GRPC_UNIMPLEMENTED);
	cr_assert_str_eq(result->reason, "gRPC status 12 (unimplemented)");
}

Test(grpc, a_message_has_a_limit)
{
	cr_assert_eq(ask("limit")->size, LIMIT);
	cr_assert_eq(ask("large")->error, -EFBIG);
}

Test(grpc, what_is_no_grpc_is_refused)
{
	cr_assert_eq(ask("no outcome")->error, -EPROTO);
	cr_assert_eq(ask("page")->error, -EPROTO);
	cr_assert_eq(ask("reset")->error, -EPROTO);
	cr_assert_eq(ask("noise")->error, -ECONNRESET, "for libcurl the connection broke");
	cr_assert_eq(ask("no headers")->error, -EPROTO);
	cr_assert_neq(ask("go away")->error, 0);
	cr_assert_eq(ask("echo")->error, 0, "and the next is asked as if nothing had been");
}

Test(grpc, no_answer_takes_the_time_given)
{
	static struct result result;

	start("nothing", 50 * NS_PER_MS, &result);
	cr_assert_eq(loop_run(loop), 0);
	cr_assert_eq(result.error, -ETIMEDOUT, "%s", result.reason);
}

Test(grpc, many_at_once)
{
	enum { MANY = 23 };
	static struct result results[MANY];

	for (int i = 0; i < MANY; i++)
		start(i % 2 ? "echo" : "limit", 10 * NS_PER_S, &results[i]);
	cr_assert_eq(loop_run(loop), 0);
	for (int i = 0; i < MANY; i++) {
		cr_assert_eq(results[i].error, 0, "%s", results[i].reason);
		cr_assert_eq(results[i].size, i % 2 ? 6 : LIMIT);
	}
}

static int check(const char *body, size_t size, const char *status)
{
	const struct grpc_parts parts = { .http_status = 200,
					  .content_type = "application/grpc+proto",
					  .grpc_status = status,
					  .body = body,
					  .size = size };
	struct grpc_answer answer;

	grpc_check(&parts, &answer);
	return answer.error;
}

Test(grpc, frames_are_checked)
{
	cr_assert_eq(check("\0\0\0\0\3abc", 8, "0"), 0);
	cr_assert_eq(check("\0\0\0\0\0", 5, "0"), 0);
	cr_assert_eq(check("", 0, "0"), -EPROTO, "no message");
	cr_assert_eq(check("\0\0\0\0", 4, "0"), -EPROTO);
	cr_assert_eq(check("\1\0\0\0\3abc", 8, "0"), -EPROTO, "compressed");
	cr_assert_eq(check("\0\0\0\0\4abc", 8, "0"), -EPROTO, "longer than it is");
	cr_assert_eq(check("\0\0\0\0\2abc", 8, "0"), -EPROTO, "shorter");
	cr_assert_eq(check("\0\xff\xff\xff\xff", 5, "0"), -EPROTO);
	for (const char *const *status =
		     (const char *const[]){ "", "17", "-1", " 0", "0 ", "0x0", "a", NULL };
	     *status; status++)
		cr_assert_eq(check("\0\0\0\0\0", 5, *status), -EPROTO, "'%s'", *status);
	cr_assert_eq(check("", 0, "16"), 0);
}

Test(grpc, a_message_may_take_some_times_its_size_of_memory)
{
	/* 100,000 containers of two bytes each. */
	enum { COUNT = 100000 };
	static uint8_t data[2 * COUNT];
	struct grpc_memory memory;

	for (int i = 0; i < COUNT; i++)
		data[2 * i] = 0x0a;
	cr_assert_null(cri__list_containers_response__unpack(grpc_memory_init(&memory, sizeof(data)),
							     sizeof(data), data));
	cr_assert_leq(memory.left, 64 * 1024 + sizeof(data) * 8);
}
