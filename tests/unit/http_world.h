/* SPDX-License-Identifier: Apache-2.0 */
/* A server on loopback and a client for its tests. The loop of the handlers runs in a thread of the test; everything of it is
 * touched by that thread only. */
#pragma once
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/time.h"
#include "http/http.h"

#define BIG ((size_t)8 << 20)
#define HASH_OF_SECRET "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

static struct loop *loop;
static struct http *http;
static pthread_t thread;
static int stop_fd;
static struct http_body *shared; /* body of /metrics */
static atomic_bool is_ready;
static atomic_int metrics_calls;
static char last_accept[100];

static inline void serve_metrics(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	metrics_calls++;
	snprintf(last_accept, sizeof(last_accept), "%s", request->accept ?: "(none)");
	reply->body = http_body_ref(shared);
}

static inline void serve_nothing(void *context, const struct http_request *request, struct http_reply *reply)
{
	(void)context;
	(void)request;
	(void)reply;
}

static inline bool answer_ready(void *context)
{
	(void)context;
	return is_ready;
}

static const struct http_route routes[] = {
	{ "/metrics", serve_metrics, "text/plain; version=0.0.4; charset=utf-8", NULL },
	{ "/broken", serve_nothing, "text/plain", NULL },
	{ "/api/", serve_nothing, "application/json", NULL },
};

static const char *const addresses[] = { "127.0.0.1:0", "[::1]:0" };

static const struct web_file page_files[] = {
	{ "/", "text/html; charset=utf-8", "0123456789abcdef", "<p>page of seven words in a row", "(zip)", 31,
	  5 },
	{ "/web/short.js", "text/javascript; charset=utf-8", "fedcba9876543210", "1;", "(longer)", 2, 8 },
};

static inline struct http_config make_config(void)
{
	return (struct http_config){
		.addresses = addresses,
		.address_count = 1,
		.max_connections = 512,
		.timeout_s = 10,
		.files = page_files,
		.file_count = sizeof(page_files) / sizeof(page_files[0]),
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.is_ready = answer_ready,
	};
}

static inline void stop(void *context)
{
	(void)context;
	loop_stop(loop);
}

static inline void *run_loop(void *context)
{
	(void)context;
	loop_run(loop);
	return NULL;
}

static inline void start(const struct http_config *config)
{
	char message[200];

	/* As the daemon would be: a client that goes away must not end it. */
	signal(SIGPIPE, SIG_DFL);
	shared = http_body_new();
	for (int i = 0; i < 1000; i++)
		buffer_add_string(&shared->buffer, "some_metric 1\n");
	cr_assert_eq(loop_new(&loop), 0);
	cr_assert_eq(http_new(config, loop, &http, message, sizeof(message)), 0, "%s", message);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	cr_assert_eq(loop_add_fd(loop, stop_fd, stop, NULL), 0);
	cr_assert_eq(pthread_create(&thread, NULL, run_loop, NULL), 0);
}

static inline void finish(void)
{
	cr_assert_eq(write(stop_fd, &(uint64_t){ 1 }, 8), 8);
	cr_assert_eq(pthread_join(thread, NULL), 0);
	http_free(http);
	loop_free(loop);
	cr_assert_eq(shared->refs, 1, "a body leaked");
	http_body_unref(shared);
}

static inline void write_web(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static inline int dial_port(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "%s",
		  strerror(errno));
	return fd;
}

static inline int dial(void)
{
	return dial_port(http_port(http, 0));
}

static inline void send_text(int fd, const char *text)
{
	cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads to the end of the connection; *ret_size (or NULL) with the NUL not counted. */
static inline char *read_all(int fd, size_t *ret_size)
{
	size_t size = 0, capacity = 4096;
	char *data = malloc(capacity);

	for (;;) {
		ssize_t count = read(fd, data + size, capacity - 1 - size);

		if (count <= 0)
			break;
		size += (size_t)count;
		if (size == capacity - 1)
			data = realloc(data, capacity *= 2);
	}
	data[size] = '\0';
	if (ret_size)
		*ret_size = size;
	close(fd);
	return data;
}

static inline char *ask(const char *method, const char *path)
{
	char request[300];
	int fd = dial();

	snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method,
		 path);
	send_text(fd, request);
	return read_all(fd, NULL);
}

static inline int status_of(const char *answer)
{
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

static inline const char *body_of(const char *answer)
{
	const char *end = strstr(answer, "\r\n\r\n");

	return end ? end + 4 : "";
}

static inline void expect(const char *method, const char *path, int status, const char *header,
			  const char *body)
{
	char *answer = ask(method, path);

	cr_assert_eq(status_of(answer), status, "%s %s: %.300s", method, path, answer);
	cr_assert(!header || strstr(answer, header), "%s %s: %.300s", method, path, answer);
	cr_assert(!body || strcmp(body_of(answer), body) == 0, "%s %s: %.300s", method, path, answer);
	cr_assert_not_null(strstr(answer, "X-Content-Type-Options: nosniff\r\n"));
	free(answer);
}
