/* SPDX-License-Identifier: Apache-2.0 */
/* What clients may ask for and how much of it: names, compression, memory, rate, users, and the time of the loop. */
#include <zlib.h>

#include "export/renderings.h"
#include "unit/http_ticks.h"

#ifdef __SANITIZE_ADDRESS__ /* writing one of the big answers takes 40 ms of processor time */
#define LATE_NS (100 * NS_PER_MS)
#else
#define LATE_NS (20 * NS_PER_MS)
#endif

TestSuite(http_limits, .timeout = 120);

static char names[HTTP_NAMES_MAX][32];
static size_t name_count;

static void serve_names(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	name_count = request->name_count;
	for (size_t i = 0; i < name_count; i++)
		snprintf(names[i], sizeof(names[i]), "%s", request->names[i]);
	reply->body = http_body_ref(shared);
}

/* Another answer for each. */
static void serve_big(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context, (void)request;
	reply->body = http_body_new();
	while (reply->body->buffer.size < BIG)
		buffer_add_string(&reply->body->buffer, "some_metric_with_a_longer_name 123456789\n");
	reply->body->buffer.size = BIG;
}

static struct renderings renderings;
static atomic_int
	renderings_age_ms; /* of the reading that the first rendering is made from, and all ask about */

/* As /metrics: a rendering is given on while it is young enough. */
static void serve_rendered(void *context, const struct http_request *request, struct http_reply *reply)
{
	uint64_t now_ns = time_monotonic_ns(), read_ns;
	uint64_t oldest_ns = now_ns - renderings_age_ns(&renderings, request, http);

	(void)context;
	oldest_ns += (uint64_t)renderings_age_ms * NS_PER_MS; /* so much later is it */
	reply->body = renderings_find(&renderings, request, SHEET_TEXT, oldest_ns, &read_ns);
	if (reply->body) {
		reply->age_s = (unsigned int)((now_ns - read_ns) / NS_PER_S) +
			       (unsigned int)renderings_age_ms / 1000;
		return;
	}
	reply->body = http_body_new();
	while (reply->body->buffer.size < BIG)
		buffer_add_string(&reply->body->buffer, "some_metric_with_a_longer_name 123456789\n");
	reply->body->buffer.size = BIG;
	renderings_keep(&renderings, request, SHEET_TEXT, now_ns, 1, reply->body);
}

static const struct http_route own_routes[] = {
	{ "/names", serve_names, "text/plain", NULL },
	{ "/big", serve_big, "text/plain", NULL },
	{ "/rendered", serve_rendered, "text/plain", NULL },
};

static struct http_config own_config(void)
{
	struct http_config config = make_config();

	config.routes = own_routes;
	config.route_count = sizeof(own_routes) / sizeof(own_routes[0]);
	return config;
}

static char *ask_with(const char *method, const char *path, const char *header, size_t *ret_size)
{
	char request[1000];
	int fd = dial();

	snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\nConnection: close\r\n\r\n",
		 method, path, header);
	send_text(fd, request);
	return read_all(fd, ret_size);
}

static long content_length(const char *answer)
{
	const char *at = strstr(answer, "Content-Length: ");

	return at ? strtol(at + strlen("Content-Length: "), NULL, 10) : -1;
}

Test(http_limits, names_are_decoded_and_others_ignored)
{
	static char long_query[8000] = "/names?name[]=x";
	struct http_config config = own_config();

	start(&config);
	expect("GET", "/names?name[]=up&name%5B%5D=a%2Bb&other=1&name=no&name[]&name[]=&=x&&name[]=c+d", 200,
	       NULL, NULL);
	cr_assert_eq(name_count, 5);
	cr_assert_str_eq(names[0], "up");
	cr_assert_str_eq(names[1], "a+b");
	cr_assert_str_eq(names[2], "");
	cr_assert_str_eq(names[3], "");
	cr_assert_str_eq(names[4], "c d");
	expect("GET", "/names?collect[]=cpu", 200, NULL, NULL);
	cr_assert_eq(name_count, 0);
	expect("GET", "/names?", 200, NULL, NULL);
	expect("GET", "/nam%65s", 200, NULL, NULL);
	expect("GET", "/names%00", 400, NULL, "malformed URL\n");
	expect("GET", "/names?name[]=%zz", 400, NULL, "malformed URL\n");
	expect("GET", "/names?name[]=a%", 400, NULL, "malformed URL\n");
	for (int i = 1; i < HTTP_NAMES_MAX; i++)
		strcat(long_query, "&name[]=x");
	free(ask_with("GET", long_query, "X: y", NULL));
	cr_assert_eq(name_count, HTTP_NAMES_MAX);
	strcat(long_query, "&name[]=x");
	name_count = 0;
	{
		char *answer = ask_with("GET", long_query, "X: y", NULL);

		cr_assert_eq(status_of(answer), 400);
		cr_assert_str_eq(body_of(answer), "too many parameters\n");
		free(answer);
	}
	cr_assert_eq(name_count, 0);
	/* one malformed request says nothing of the next on the same connection */
	{
		int fd = dial();
		char *answer;

		send_text(fd, "GET /names%zz HTTP/1.1\r\nHost: x\r\n\r\n"
			      "GET /names HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		answer = read_all(fd, NULL);
		cr_assert_not_null(strstr(answer, "400 Bad Request"));
		cr_assert_not_null(strstr(answer, "200 OK"));
		free(answer);
	}
	finish();
}

static void expand(const char *from, size_t from_size, const struct buffer *expected)
{
	char *to = malloc(expected->size + 1);
	z_stream stream = { .next_in = (unsigned char *)from,
			    .avail_in = (unsigned int)from_size,
			    .next_out = (unsigned char *)to,
			    .avail_out = (unsigned int)expected->size + 1 };

	cr_assert_eq(inflateInit2(&stream, 15 + 16), Z_OK);
	cr_assert_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
	cr_assert_eq(stream.total_out, expected->size);
	cr_assert_eq(memcmp(to, expected->data, expected->size), 0);
	inflateEnd(&stream);
	free(to);
}

Test(http_limits, compressed_for_who_accepts_it)
{
	struct http_config config = own_config();
	char *answer;
	size_t size;

	start(&config);
	answer = ask_with("GET", "/names", "Accept-Encoding: gzip", &size);
	cr_assert_not_null(strstr(answer, "Content-Encoding: gzip\r\n"));
	cr_assert_not_null(strstr(answer, "Vary: Accept, Accept-Encoding\r\n"));
	cr_assert_eq((size_t)content_length(answer), size - (size_t)(body_of(answer) - answer));
	expand(body_of(answer), (size_t)content_length(answer), &shared->buffer);
	cr_assert_not_null(shared->gzip);
	/* HEAD says what GET would */
	{
		char *head = ask_with("HEAD", "/names", "Accept-Encoding: gzip", NULL);

		cr_assert_eq(content_length(head), content_length(answer));
		cr_assert_not_null(strstr(head, "Content-Encoding: gzip\r\n"));
		cr_assert_str_eq(body_of(head), "");
		free(head);
	}
	free(answer);
	answer = ask_with("GET", "/names", "Accept-Encoding: gzip;q=0, br", NULL);
	cr_assert_null(strstr(answer, "Content-Encoding"));
	cr_assert_not_null(strstr(answer, "Vary: Accept, Accept-Encoding\r\n"));
	cr_assert_eq(strlen(body_of(answer)), shared->buffer.size);
	free(answer);
	answer = ask_with("GET", "/healthz", "Accept-Encoding: gzip", NULL);
	cr_assert_null(strstr(answer, "Content-Encoding"));
	cr_assert_str_eq(body_of(answer), "ok\n");
	free(answer);
	finish();
}

/* 40 clients that do not read, each with an answer of 8 MiB of its own: eight of them fill the bound to the last byte, the others are
 * refused. The liveness probe is answered all the same. */
Test(http_limits, different_answers_that_wait_have_a_bound)
{
	struct http_config config = own_config();
	char *answer;
	int fds[40], status = 0;

	config.timeout_s = 100;
	start(&config);
	for (int i = 0; i < 40; i++) {
		int small = 4096;

		fds[i] = dial();
		setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		send_text(fds[i], "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	for (int i = 0; i < 200 && http_refused(http, HTTP_REFUSED_MEMORY) < 32; i++)
		usleep(50000);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_MEMORY), 32);
	expect("GET", "/big", 503, NULL, "too much is being sent\n");
	expect("GET", "/healthz", 200, NULL, "ok\n");
	cr_assert_eq(http_refused(http, HTTP_REFUSED_MEMORY), 33);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	for (int i = 0; i < 200 && status != 200; i++) { /* until it is seen that they have gone */
		answer = ask("GET", "/big");
		status = status_of(answer);
		if (status == 200)
			cr_assert_eq(strlen(body_of(answer)), BIG);
		else
			usleep(50000);
		free(answer);
	}
	cr_assert_eq(status, 200);
	finish();
}

static int dial_slowly(const char *request)
{
	int fd = dial(), small = 4096;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	send_text(fd, request);
	return fd;
}

static void wait_for_room(enum http_room room)
{
	for (int i = 0; i < 200 && http_room(http, BIG) != room; i++)
		usleep(50000);
	cr_assert_eq(http_room(http, BIG), room);
}

/* One rendering is being sent to a client that does not read, and answers of others fill the memory: the rendering is given on,
 * the header says how old it is, until it is older than five seconds. */
Test(http_limits, the_last_rendering_is_given_on_while_there_is_no_room)
{
	struct http_config config = own_config();
	int fds[8];

	config.timeout_s = 100;
	start(&config);
	fds[0] = dial_slowly("GET /rendered HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 200 && http_room(http, BIG * 7) != HTTP_ROOM_SCARCE; i++)
		usleep(50000);
	for (int i = 1; i < 8; i++)
		fds[i] = dial_slowly("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
	wait_for_room(HTTP_ROOM_NONE);
	renderings_age_ms = 2000;
	expect("GET", "/rendered", 200, "\r\nAge: 2\r\n", NULL);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_MEMORY), 0);
	renderings_age_ms = 5000;
	expect("GET", "/rendered", 503, NULL, "too much is being sent\n");
	cr_assert_eq(http_refused(http, HTTP_REFUSED_MEMORY), 1);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	wait_for_room(HTTP_ROOM_ENOUGH);
	renderings_age_ms = 0;
	expect("GET", "/rendered", 200, NULL, NULL);
	finish();
	renderings_done(&renderings);
}

static atomic_int news_count;
static char last_news[300];

static void take_news(void *context, bool is_bad, const char *text)
{
	(void)context;
	snprintf(last_news, sizeof(last_news), "%s%s", is_bad ? "bad: " : "good: ", text);
	news_count++;
}

Test(http_limits, users_come_and_go_with_the_file)
{
	static const char secret[] = "Authorization: Basic YWxpY2U6c2VjcmV0",
			  wrong[] = "Authorization: Basic YWxpY2U6c2VjcmV1";
	char path[] = "/tmp/ktally-test-XXXXXX";
	struct http_config config = own_config();
	struct {
		const char *file, *header;
		int status;
	} steps[] = {
		{ "basic_auth_users:\n  alice: " HASH_OF_SECRET "\n", secret, 200 },
		{ NULL, wrong, 401 },
		{ NULL, secret, 200 },
		{ NULL, "X: y", 401 },
		{ "basic_auth_users:\n  bob: " HASH_OF_SECRET "\n", secret, 401 },
		{ "nonsense: 1\n", secret, 500 },
		{ NULL, "X: y", 500 },
		{ "rate_limit: {interval: 1h, burst: 2}\n", "X: y", 200 },
		{ NULL, "X: y", 200 },
		{ NULL, "X: y", 429 },
		{ "", "X: y", 200 },
		{ "tls_server_config: {cert_file: c, key_file: k}\n", "X: y", 500 },
		{ "http_server_config: {headers: {Content-Security-Policy: ''}}\n", "X: y", 200 },
	};

	close(mkstemp(path));
	write_web(path, steps[0].file);
	config.web_config_file = path;
	config.on_news = take_news;
	start(&config);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char *answer;

		if (i > 0 && steps[i].file)
			write_web(path, steps[i].file);
		answer = ask_with("GET", "/names", steps[i].header, NULL);
		cr_assert_eq(status_of(answer), steps[i].status, "step %zu: %.200s", i, answer);
		cr_assert(!!strstr(answer, "Content-Security-Policy: default") == (i != 12), "step %zu", i);
		cr_assert(!!strstr(answer, "WWW-Authenticate: Basic") == (steps[i].status == 401), "step %zu",
			  i);
		free(answer);
	}
	cr_assert_eq(http_refused(http, HTTP_REFUSED_USER), 3);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_RATE), 1);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_CONFIG), 3);
	cr_assert_eq(unlink(path), 0);
	{
		char *answer = ask_with("GET", "/names", "X: y", NULL);

		cr_assert_eq(status_of(answer), 500);
		free(answer);
	}
	finish(); /* the loop of the handlers has taken the news */
	cr_assert_eq(news_count, 7);
	cr_assert_not_null(strstr(last_news, "bad: cannot read '/tmp/ktally-test-"), "%s", last_news);
}

/* 300 clients for whom nobody reads, 300 of big answers of their own and 200 of wrong passwords, while the loop ticks each 50 ms. */
Test(http_limits, no_tick_is_late_because_of_clients)
{
	char path[] = "/tmp/ktally-test-XXXXXX";
	struct http_config config = own_config();
	struct rlimit files = { 8192, 8192 };
	static int fds[800];
	uint64_t end_ns;

	setrlimit(RLIMIT_NOFILE, &files);
	close(mkstemp(path));
	write_web(path, "basic_auth_users: {alice: " HASH_OF_SECRET "}\n");
	config.web_config_file = path;
	shared = http_body_new();
	cr_assert_eq(loop_new(&loop), 0);
	{
		char message[200];

		cr_assert_eq(http_new(&config, loop, &http, message, sizeof(message)), 0, "%s", message);
	}
	for (int i = 0; i < 100000; i++)
		buffer_add_string(&shared->buffer, "some_metric_with_a_longer_name 123456789\n");
	stop_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(loop_add_fd(loop, stop_fd, stop, NULL), 0);
	add_ticks(50 * NS_PER_MS, LATE_NS);
	cr_assert_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
	for (int i = 0; i < 800; i++) {
		static const char *const paths[] = { "/names", "/big" };
		char request[300];

		fds[i] = dial();
		snprintf(request, sizeof(request),
			 "GET %s HTTP/1.1\r\nHost: x\r\nAccept-Encoding: %s\r\n"
			 "Authorization: Basic YWxpY2U6c2VjcmV%c\r\n\r\n",
			 paths[i % 2], i % 3 ? "gzip" : "br", i < 600 ? '0' : '1');
		send_text(fds[i], request);
	}
	end_ns = time_monotonic_ns() + 4 * NS_PER_S;
	while (time_monotonic_ns() < end_ns) {
		static char data[65536];

		for (int i = 0; i < 800; i++)
			if (recv(fds[i], data, sizeof(data), MSG_DONTWAIT) == 0)
				break;
	}
	for (int i = 0; i < 800; i++)
		close(fds[i]);
	finish();
	unlink(path);
	fprintf(stderr, "worst tick %lu us late by itself, and %lu us for want of a CPU\n",
		punctuality_worst_ns(&ticks, PUNCTUALITY_SELF) / 1000,
		punctuality_worst_ns(&ticks, PUNCTUALITY_CPU) / 1000);
	cr_assert_gt(ticks.due_ns, end_ns); /* it ticked to the end */
	cr_assert_eq(ticks.late[PUNCTUALITY_SELF], 0);
}
