/* SPDX-License-Identifier: Apache-2.0 */
#include "http_world.h"

#define TICK_NS (20 * NS_PER_MS)

static atomic_int ticks, renders, fill_bytes;

static void serve_stream(void *context, const struct http_request *request, struct http_reply *reply)
{
	const struct http_stream_path paths[] = { { "one", "/first" }, { "two", "/second" } };

	(void)context;
	reply->stream = http_stream_new(paths, query_find(&request->query, "both") ? 2 : 1);
	cr_assert(reply->stream);
}

static void render(void *context, const char *path, struct buffer *out)
{
	size_t fill = (size_t)fill_bytes;

	cr_assert_eq(context, &renders);
	renders++;
	buffer_printf(out, "{\"path\":\"%s\"}", path);
	if (fill > 0 && buffer_reserve(out, fill)) {
		memset(out->data + out->size, ' ', fill);
		out->size += fill;
	}
}

static void tick(void *context)
{
	(void)context;
	ticks++;
	http_tick(http);
}

static const struct http_route stream_routes[] = {
	{ "/stream", serve_stream, "text/event-stream", NULL },
	{ "/metrics", serve_metrics, "text/plain", NULL },
};

static void start_streams_of(unsigned int max_streams, const char *web_config_file)
{
	struct http_config config = make_config();

	config.routes = stream_routes;
	config.route_count = 2;
	config.max_streams = max_streams;
	config.web_config_file = web_config_file;
	config.timeout_s = 2;
	config.render = render;
	config.render_context = &renders;
	start(&config);
}

static void start_streams(unsigned int max_streams)
{
	start_streams_of(max_streams, NULL);
}

/* The handlers' loop runs already: this timer is added by a thread that is not its own, before anything is asked. */
static void start_ticks(void)
{
	cr_assert_eq(loop_add_timer(loop, TICK_NS, tick, NULL), 0);
}

static int open_stream(const char *query)
{
	char request[200];
	int fd = dial();

	snprintf(request, sizeof(request), "GET /stream%s HTTP/1.1\r\nHost: x\r\n\r\n", query);
	send_text(fd, request);
	return fd;
}

/* Reads until `text` was seen `count` times; what was read, to be freed. */
static char *read_until(int fd, const char *text, int count)
{
	size_t size = 0, capacity = 32 << 20; /* the large event of a tick is for all who ask then */
	char *data = calloc(1, capacity);

	for (;;) {
		int seen = 0;
		ssize_t got;

		for (const char *at = data; (at = strstr(at, text)); at++)
			seen++;
		if (seen >= count)
			return data;
		cr_assert_lt(size, capacity - 1);
		got = read(fd, data + size, capacity - 1 - size);
		cr_assert_gt(got, 0, "the stream ended after: %s", data);
		size += (size_t)got;
	}
}

static void wait_for_connections(unsigned int count)
{
	for (int i = 0; http_connections(http) != count && i < 1000; i++)
		usleep(10000);
	cr_assert_eq(http_connections(http), count);
}

Test(http_stream, each_tick_is_one_event_for_each_path, .timeout = 20)
{
	char *text;
	int fd;

	start_streams(4);
	start_ticks();
	fd = open_stream("?both");
	text = read_until(fd, "event: two\n", 3);
	cr_assert_eq(strncmp(text, "HTTP/1.1 200 OK\r\n", 17), 0);
	cr_assert(strstr(text, "Content-Type: text/event-stream\r\n"));
	cr_assert(strstr(text, "event: one\nid: "));
	cr_assert(strstr(text, "\ndata: {\"path\":\"/first\"}\n\n"));
	cr_assert(strstr(text, "\ndata: {\"path\":\"/second\"}\n\n"));
	cr_assert_lt(strstr(text, "event: one"), strstr(text, "event: two"));
	cr_assert_eq(http_streams(http), 1);
	free(text);
	close(fd);
	wait_for_connections(0);
	cr_assert_eq(http_streams(http), 0);
	finish();
}

Test(http_stream, no_event_comes_twice_and_their_numbers_grow, .timeout = 20)
{
	unsigned long long last = 0;
	char *text;
	int fd;

	start_streams(4);
	start_ticks();
	fd = open_stream("");
	text = read_until(fd, "id: ", 12);
	for (const char *at = text; (at = strstr(at, "id: ")); at++) {
		unsigned long long number = strtoull(at + 4, NULL, 10);

		cr_assert(number > last || !strchr(at, '\n'), "%llu after %llu", number, last);
		last = number;
	}
	free(text);
	close(fd);
	finish();
}

Test(http_stream, streams_of_the_same_path_share_one_rendering, .timeout = 20)
{
	int fds[7], before_renders, before_ticks;

	start_streams(7);
	start_ticks();
	for (int i = 0; i < 7; i++)
		fds[i] = open_stream("");
	for (int i = 0; i < 7; i++)
		free(read_until(fds[i], "event: one\n", 2));
	before_ticks = ticks;
	before_renders = renders;
	for (int i = 0; i < 7; i++)
		free(read_until(fds[i], "event: one\n", 5));
	/* both are read while they go on: one more of either may have begun */
	cr_assert_leq(renders - before_renders, ticks - before_ticks + 1);
	for (int i = 0; i < 7; i++)
		close(fds[i]);
	finish();
}

Test(http_stream, streams_past_the_bound_are_refused_and_counted, .timeout = 20)
{
	char *answer;
	int fd;

	start_streams(1);
	start_ticks();
	fd = open_stream("");
	free(read_until(fd, "event: one\n", 1));
	answer = ask("GET", "/stream");
	cr_assert_eq(status_of(answer), 503, "%s", answer);
	cr_assert_str_eq(body_of(answer), "too many streams\n");
	cr_assert_eq(http_refused(http, HTTP_REFUSED_STREAMS), 1);
	free(answer);
	close(fd);
	wait_for_connections(0);
	fd = open_stream("");
	free(read_until(fd, "event: one\n", 1));
	close(fd);
	finish();
}

Test(http_stream, who_takes_nothing_misses_ticks_and_is_shut_at_the_timeout, .timeout = 30)
{
	int fd, other;

	start_streams(4);
	fill_bytes = 24 << 20; /* more than the sockets' buffers have room for */
	start_ticks();
	fd = open_stream("");
	while (renders == 0)
		usleep(1000);
	fill_bytes = 0;
	other = open_stream("?both");
	free(read_until(other, "event: two\n", 20));
	cr_assert_eq(http_streams(http), 2, "who takes nothing for a moment is not shut");
	wait_for_connections(1);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_TIME), 1);
	free(read_until(other, "event: two\n", 2));
	close(fd);
	close(other);
	finish();
}

Test(http_stream, a_stream_outlives_the_timeout_of_an_answer, .timeout = 30)
{
	uint64_t begin_ns;
	int fd;

	start_streams(4);
	start_ticks();
	fd = open_stream("");
	begin_ns = time_monotonic_ns();
	while (time_monotonic_ns() - begin_ns < 4 * NS_PER_S)
		free(read_until(fd, "event: one\n", 1));
	cr_assert_eq(http_refused(http, HTTP_REFUSED_TIME), 0);
	close(fd);
	finish();
}

Test(http_stream, a_client_that_has_gone_is_found, .timeout = 20)
{
	start_streams(4);
	start_ticks();
	for (int i = 0; i < 11; i++) {
		int fd = open_stream("?both");

		free(read_until(fd, "event: one\n", 1));
		close(fd);
		wait_for_connections(0);
	}
	cr_assert_eq(http_streams(http), 0);
	finish();
}

Test(http_stream, the_server_ends_while_streams_wait_or_are_sent, .timeout = 20)
{
	int fds[5];

	start_streams(5);
	start_ticks();
	for (int i = 0; i < 5; i++) {
		fds[i] = open_stream(i % 2 ? "?both" : "");
		free(read_until(fds[i], "event: one\n", 1));
	}
	finish();
	for (int i = 0; i < 5; i++)
		close(fds[i]);
}

static int open_stream_as(const char *credentials)
{
	char request[200];
	int fd = dial();

	snprintf(request, sizeof(request),
		 "GET /stream HTTP/1.1\r\nHost: x\r\nAuthorization: Basic %s\r\n\r\n", credentials);
	send_text(fd, request);
	free(read_until(fd, "event: one\n", 1));
	return fd;
}

Test(http_stream, one_ends_when_its_user_is_gone_or_has_another_password, .timeout = 20)
{
	static const char alice[] = "YWxpY2U6c2VjcmV0", bob[] = "Ym9iOnNlY3JldA==";
	static const char new_password[] = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrS";
	char path[] = "/tmp/ktally-test-XXXXXX", text[300];
	int fd_alice, fd_bob;

	close(mkstemp(path));
	write_web(path, "basic_auth_users: {alice: " HASH_OF_SECRET ", bob: " HASH_OF_SECRET "}\n");
	start_streams_of(4, path);
	start_ticks();
	fd_alice = open_stream_as(alice);
	fd_bob = open_stream_as(bob);
	cr_assert_eq(http_streams(http), 2);
	snprintf(text, sizeof(text), "basic_auth_users: {alice: %s, bob: " HASH_OF_SECRET "}\n",
		 new_password);
	write_web(path, text);
	free(read_all(fd_alice, NULL));
	free(read_until(fd_bob, "event: one\n", 7));
	cr_assert_eq(http_streams(http), 1);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_USER), 1);
	/* while the file is wrong nobody comes in, and nobody is sent out */
	write_web(path, "nonsense: 1\n");
	free(read_until(fd_bob, "event: one\n", 7));
	write_web(path, "basic_auth_users: {alice: " HASH_OF_SECRET "}\n");
	free(read_all(fd_bob, NULL));
	wait_for_connections(0);
	cr_assert_eq(http_streams(http), 0);
	cr_assert_eq(http_refused(http, HTTP_REFUSED_USER), 2);
	finish();
	unlink(path);
}

Test(http_stream, heads_have_no_stream, .timeout = 20)
{
	char *answer;

	start_streams(1);
	start_ticks();
	for (int i = 0; i < 3; i++) {
		answer = ask("HEAD", "/stream");
		cr_assert_eq(status_of(answer), 200);
		cr_assert_str_eq(body_of(answer), "");
		free(answer);
	}
	wait_for_connections(0);
	cr_assert_eq(http_streams(http), 0);
	cr_assert_eq(renders, 0);
	finish();
}
