/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A server on a unix socket for tests: each connection is given to `serve` in a thread of its own. Criterion runs each
 * test in a process, which ends the threads. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct server {
	char folder[64], path[96];
	int fd;
	void (*serve)(struct server *server, int connection);
	atomic_int connections; /* so far */
};

struct server_connection {
	struct server *server;
	int fd;
};

static void *server_run_connection(void *context)
{
	struct server_connection *connection = context;

	connection->server->serve(connection->server, connection->fd);
	close(connection->fd);
	free(connection);
	return NULL;
}

static void *server_run(void *context)
{
	struct server *server = context;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		struct server_connection *connection = malloc(sizeof(*connection));
		pthread_t thread;

		*connection = (struct server_connection){ server, fd };
		server->connections++;
		pthread_create(&thread, NULL, server_run_connection, connection);
		pthread_detach(thread);
	}
	return NULL;
}

static inline void server_listen(struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(server->fd, 100), 0);
}

/* After its socket was shut down and its file removed. */
static inline void server_start_again(struct server *server)
{
	pthread_t thread;

	server_listen(server);
	cr_assert_eq(pthread_create(&thread, NULL, server_run, server), 0);
	pthread_detach(thread);
}

static inline void server_start(struct server *server, void (*serve)(struct server *, int))
{
	*server = (struct server){ .folder = "/tmp/ktally-test-XXXXXX", .serve = serve };
	cr_assert(mkdtemp(server->folder));
	snprintf(server->path, sizeof(server->path), "%s/socket", server->folder);
	server_start_again(server);
}

/* Removes its files. */
static inline void server_remove(struct server *server)
{
	unlink(server->path);
	rmdir(server->folder);
}

/* Reads the head of an HTTP/1.1 request; false when the client has gone. */
static inline bool server_read_head(int fd, char *head, size_t capacity)
{
	size_t size = 0;

	head[0] = 0;
	while (!strstr(head, "\r\n\r\n") && size + 1 < capacity) {
		ssize_t count = read(fd, head + size, 1);

		if (count <= 0)
			return false;
		size += (size_t)count;
		head[size] = 0;
	}
	return true;
}

static inline void server_write(int fd, const void *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		return; /* the client has gone, which it may */
}
