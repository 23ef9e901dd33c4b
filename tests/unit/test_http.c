/* SPDX-License-Identifier: Apache-2.0 */
/* Real sockets on loopback. */
#include "unit/http_world.h"

TestSuite(http, .timeout = 120);

Test(http, routes_methods_and_headers)
{
	struct http_config config = make_config();
	char *answer;

	start(&config);
	answer = ask("GET", "/metrics?x=y");
	cr_assert_eq(status_of(answer), 200);
	cr_assert_not_null(strstr(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	cr_assert_eq(strlen(body_of(answer)), shared->buffer.size);
	cr_assert_eq(memcmp(body_of(answer), shared->buffer.data, shared->buffer.size), 0);
	free(answer);
	expect("HEAD", "/metrics", 200, "Content-Length: 14000\r\n", "");
	expect("GET", "/healthz", 200, "Content-Type: text/plain", "ok\n");
	expect("GET", "/readyz", 503, NULL, "not ready\n");
	is_ready = true;
	expect("GET", "/readyz", 200, NULL, "ready\n");
	expect("GET", "/nothing", 404, "Content-Type: text/plain", "not found\n");
	expect("GET", "/metrics/", 404, NULL, NULL);
	expect("DELETE", "/nothing", 404, NULL, NULL);
	expect("DELETE", "/metrics", 405, "Allow: GET, HEAD\r\n", NULL);
	expect("HEAD", "/nothing", 404, NULL, "");
	expect("GET", "/broken", 500, NULL, "out of memory\n");
	finish();
}

Test(http, below_a_route_of_json_it_says_in_json_what_is_wrong)
{
	struct http_config config = make_config();

	start(&config);
	expect("GET", "/api/x", 500, "Content-Type: application/json\r\n", "{\"error\":\"out of memory\"}");
	expect("DELETE", "/api/x", 405, "Allow: GET, HEAD\r\n",
	       "{\"error\":\"only GET and HEAD are served\"}");
	expect("GET", "/api/x?y=%zz", 400, NULL, "{\"error\":\"malformed URL\"}");
	expect("GET", "/api", 404, "Content-Type: text/plain", "not found\n");
	finish();
}

Test(http, accept_header_reaches_the_handler_and_post_with_a_body_does_not)
{
	static char body[1 << 16];
	struct http_config config = make_config();
	char *answer;
	int fd;

	start(&config);
	fd = dial();
	send_text(fd,
		  "GET /metrics HTTP/1.1\r\nHost: x\r\naccept: text/x;q=0.5\r\nConnection: close\r\n\r\n");
	free(read_all(fd, NULL));
	cr_assert_str_eq(last_accept, "text/x;q=0.5");
	fd = dial();
	send_text(fd,
		  "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 655360\r\n\r\n");
	for (int i = 0; i < 10; i++)
		cr_assert_eq(send(fd, body, sizeof(body), MSG_NOSIGNAL), sizeof(body));
	answer = read_all(fd, NULL);
	cr_assert_eq(status_of(answer), 405, "%.200s", answer);
	cr_assert_eq(metrics_calls, 1);
	free(answer);
	finish();
}

Test(http, keep_alive_and_pipelined_requests)
{
	struct http_config config = make_config();
	char *answer, *at;
	int count = 0, fd;

	start(&config);
	fd = dial();
	send_text(fd, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
		      "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	answer = read_all(fd, NULL);
	for (at = answer; (at = strstr(at, "HTTP/1.1 ")); at++)
		count++;
	cr_assert_eq(count, 3, "%s", answer);
	free(answer);
	finish();
}

Test(http, garbage_does_no_harm)
{
	static const char *const garbage[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"GET /metrics\r\n\r\n",
		"GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost\r\n: x\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	};
	struct http_config config = make_config();
	uint64_t begin = time_monotonic_ns();
	unsigned int state = 1;
	int fds[200];

	start(&config);
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		int fd = dial();

		send_text(fd, garbage[i]);
		shutdown(fd, SHUT_WR);
		free(read_all(fd, NULL));
	}
	for (int i = 0; i < 200; i++) {
		char noise[512];

		fds[i] = dial();
		for (size_t j = 0; j < sizeof(noise); j++)
			noise[j] = (char)(rand_r(&state) >> 8);
		cr_assert_eq(send(fds[i], noise, sizeof(noise), MSG_NOSIGNAL), sizeof(noise));
		shutdown(fds[i], SHUT_WR);
	}
	for (int i = 0; i < 200; i++)
		free(read_all(fds[i], NULL));
	cr_assert_lt(time_monotonic_ns() - begin, 30 * NS_PER_S);
	expect("GET", "/healthz", 200, NULL, "ok\n");
	finish();
}

Test(http, huge_header_and_url_are_refused)
{
	struct http_config config = make_config();
	char *huge = malloc(65537), *answer;
	int fd;

	memset(huge, 'a', 65536);
	huge[65536] = '\0';
	start(&config);
	for (int i = 0; i < 2; i++) {
		fd = dial();
		send_text(fd, i ? "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: " : "GET /");
		send(fd, huge, 65536, MSG_NOSIGNAL); /* may be refused in the middle */
		send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
		answer = read_all(fd, NULL);
		cr_assert(status_of(answer) == 0 || status_of(answer) == 414 || status_of(answer) == 431,
			  "%.100s", answer);
		free(answer);
		/* the limit itself, without unread bytes that reset the connection */
		fd = dial();
		send_text(fd, i ? "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: " : "GET /");
		huge[16384] = '\0';
		send_text(fd, huge);
		huge[16384] = 'a';
		answer = read_all(fd, NULL);
		cr_assert(status_of(answer) == 0 || status_of(answer) == (i ? 431 : 414), "%.100s", answer);
		free(answer);
	}
	expect("GET", "/healthz", 200, NULL, "ok\n");
	free(huge);
	finish();
}

Test(http, idle_connections_do_not_keep_a_scrape_out)
{
	struct http_config config = make_config();
	int idle[200];

	start(&config);
	for (int i = 0; i < 200; i++) {
		idle[i] = dial();
		if (i % 2)
			send_text(idle[i], "GET /metrics HTT");
	}
	expect("GET", "/metrics", 200, NULL, NULL);
	for (int i = 0; i < 200; i++)
		close(idle[i]);
	expect("GET", "/metrics", 200, NULL, NULL);
	finish();
}

Test(http, too_many_connections_are_answered_with_503)
{
	struct http_config config = make_config();
	char *answer;
	int idle[20];

	config.max_connections = 20;
	start(&config);
	for (int i = 0; i < 20; i++)
		idle[i] = dial();
	expect("GET", "/metrics", 503, "Retry-After: 1\r\n", "too many connections\n");
	expect("GET", "/healthz", 200, NULL, "ok\n");
	cr_assert_eq(http_refused(http, HTTP_REFUSED_CONNECTIONS), 1);
	for (int i = 0; i < 20; i++)
		close(idle[i]);
	usleep(50000);
	expect("GET", "/metrics", 200, NULL, NULL);
	/* twice the number and more: what has no place waits until the surplus is timed out, and is answered then */
	for (int i = 0; i < 20; i++)
		idle[i] = dial();
	for (int i = 0; i < 30; i++)
		dial();
	answer = ask("GET", "/metrics");
	cr_assert_eq(status_of(answer), 503, "%s", answer);
	free(answer);
	finish();
}

Test(http, thousand_parallel_requests_are_all_answered)
{
	static struct pollfd fds[1000];
	static char begin[1000][16];
	static size_t size[1000];
	struct rlimit files = { 8192, 8192 };
	struct http_config config = make_config();
	int good = 0, refused = 0, open_fds = 1000;

	setrlimit(RLIMIT_NOFILE, &files);
	config.max_connections = 256;
	start(&config);
	for (int i = 0; i < 1000; i++)
		fds[i] = (struct pollfd){ .fd = dial(), .events = POLLIN };
	for (int i = 0; i < 1000; i++)
		send_text(fds[i].fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	while (open_fds > 0 && poll(fds, 1000, 20000) > 0) {
		for (int i = 0; i < 1000; i++) {
			char data[65536];
			ssize_t count;

			if (!fds[i].revents)
				continue;
			count = read(fds[i].fd, data, sizeof(data));
			if (count > 0) {
				if (size[i] == 0)
					memcpy(begin[i], data, sizeof(begin[i]) - 1);
				size[i] += (size_t)count;
				continue;
			}
			close(fds[i].fd);
			fds[i].fd = -1;
			open_fds--;
			good += status_of(begin[i]) == 200 && size[i] > shared->buffer.size;
			refused += status_of(begin[i]) == 503;
		}
	}
	cr_assert_eq(open_fds, 0, "%d not answered", open_fds);
	cr_assert_eq(good + refused, 1000, "%d good, %d refused", good, refused);
	cr_assert_geq(good, 256);
	expect("GET", "/metrics", 200, NULL, NULL);
	finish();
}

Test(http, one_address_may_have_so_many_connections)
{
	struct http_config config = make_config();
	char *answer;
	int fds[5];

	config.max_connections_per_address = 5;
	start(&config);
	for (int i = 0; i < 5; i++)
		fds[i] = dial();
	answer = read_all(dial(), NULL); /* closed at once */
	cr_assert_str_eq(answer, "");
	free(answer);
	close(fds[0]);
	usleep(50000);
	expect("GET", "/healthz", 200, NULL, NULL);
	finish();
}

/* Seconds until the server closes `fd`, sending a byte of `text` every 100 ms. */
static double seconds_until_closed(int fd, const char *text)
{
	uint64_t begin = time_monotonic_ns();
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char byte;

	while (time_monotonic_ns() - begin < 20 * NS_PER_S) {
		if (poll(&poll_fd, 1, 100) > 0 && read(fd, &byte, 1) <= 0)
			break;
		if (*text && send(fd, text, 1, MSG_NOSIGNAL) == 1)
			text++;
	}
	close(fd);
	return (double)(time_monotonic_ns() - begin) / 1e9;
}

Test(http, slow_and_idle_clients_go_away)
{
	struct http_config config = make_config();
	double seconds;

	config.timeout_s = 1;
	start(&config);
	seconds = seconds_until_closed(dial(), "");
	cr_assert(seconds > 0.9 && seconds < 4, "idle: %g s", seconds);
	seconds = seconds_until_closed(
		dial(), "GET /metrics HTTP/1.1\r\nHost: this-is-typed-very-slowly-by-somebody\r\n\r\n");
	cr_assert(seconds > 0.9 && seconds < 4, "dribbling: %g s", seconds);
	for (int i = 0; i < 50 && http_connections(http) > 0; i++) /* the client sees its end first */
		usleep(20000);
	cr_assert_eq(http_connections(http), 0);
	finish();
}

Test(http, slow_reader_goes_away_and_gives_the_body_back)
{
	struct http_config config = make_config();
	char *answer;
	size_t size;
	int fd;

	config.timeout_s = 1;
	start(&config);
	while (shared->buffer.size < BIG)
		buffer_add_string(&shared->buffer, "some_metric_with_a_longer_name 123456789\n");
	fd = dial();
	send_text(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	answer = ask("GET", "/metrics"); /* at the same time, whole */
	cr_assert_eq(strlen(body_of(answer)), shared->buffer.size);
	free(answer);
	for (int i = 0; i < 50 && http_connections(http) > 0; i++)
		usleep(100000);
	cr_assert_eq(http_connections(http), 0);
	answer = read_all(fd, &size);
	cr_assert_lt(size, shared->buffer.size);
	free(answer);
	finish();
}

Test(http, client_that_resets_in_the_middle_does_no_harm)
{
	struct http_config config = make_config();
	struct linger linger = { 1, 0 };

	start(&config);
	while (shared->buffer.size < BIG)
		buffer_add_string(&shared->buffer, "some_metric_with_a_longer_name 123456789\n");
	for (int i = 0; i < 50; i++) {
		int fd = dial();
		char data[1000];

		send_text(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
		if (i % 2)
			cr_assert_gt(read(fd, data, sizeof(data)), 0);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(fd);
	}
	expect("GET", "/healthz", 200, NULL, "ok\n");
	finish();
}

Test(http, addresses_in_use_or_wrong_are_named)
{
	static const char *const wrong[] = { "",       "127.0.0.1", ":",   "::1:80",    "host:port",
					     ":65536", "[::1:80",   ":-1", ":123456789" };
	struct http_config config = make_config();
	struct http *second = NULL;
	struct loop *other;
	char address[40], message[200], expected[200];
	const char *list[2] = { address };

	start(&config);
	cr_assert_eq(loop_new(&other), 0);
	snprintf(address, sizeof(address), "127.0.0.1:%u", http_port(http, 0));
	config.addresses = list;
	cr_assert_eq(http_new(&config, other, &second, message, sizeof(message)), -EADDRINUSE);
	snprintf(expected, sizeof(expected), "cannot listen on '%s': Address already in use", address);
	cr_assert_str_eq(message, expected);
	/* the good one of two must not stay behind */
	list[0] = "127.0.0.1:0";
	list[1] = address;
	config.address_count = 2;
	cr_assert_eq(http_new(&config, other, &second, message, sizeof(message)), -EADDRINUSE);
	config.address_count = 1;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		list[0] = wrong[i];
		cr_assert_eq(http_new(&config, other, &second, message, sizeof(message)), -EINVAL, "%s",
			     wrong[i]);
		cr_assert_not_null(strstr(message, "is not HOST:PORT"));
	}
	list[0] = "192.0.2.1:0"; /* for documentation, nobody's */
	cr_assert_eq(http_new(&config, other, &second, message, sizeof(message)), -EADDRNOTAVAIL);
	cr_assert_str_eq(message, "cannot listen on '192.0.2.1:0': Cannot assign requested address");
	cr_assert_null(second);
	loop_free(other);
	expect("GET", "/healthz", 200, NULL, NULL);
	finish();
}

Test(http, several_addresses_and_the_wildcard)
{
	static const char *const list[] = { "127.0.0.1:0", ":0", "localhost:0" };
	struct http_config config = make_config();

	config.addresses = list;
	config.address_count = 3;
	start(&config);
	for (size_t i = 0; i < 3; i++) {
		int fd = dial_port(http_port(http, i)); /* by IPv4, also to the IPv6 wildcard */
		char *answer;

		send_text(fd, "GET /healthz HTTP/1.0\r\n\r\n");
		answer = read_all(fd, NULL);
		cr_assert_not_null(strstr(answer, " 200 OK"), "%s", answer);
		free(answer);
	}
	cr_assert_eq(http_port(http, 3), 0);
	finish();
}

Test(http, free_accepts_nothing_and_cuts_what_is_open)
{
	struct http_config config = make_config();
	int fds[3];

	http_free(NULL);
	http_body_unref(NULL);
	start(&config);
	while (shared->buffer.size < BIG)
		buffer_add_string(&shared->buffer, "some_metric_with_a_longer_name 123456789\n");
	for (int i = 0; i < 3; i++) {
		fds[i] = dial();
		if (i > 0)
			send_text(fds[i], i == 1 ? "GET /met" : "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	usleep(50000);
	finish(); /* asserts that the body came back */
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}
