// SPDX-License-Identifier: Apache-2.0
/* TCP connections: known numbers of them, that succeed, fail, are reset, held, passed on. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { MESSAGE_SIZE = 100, BACKLOG = 1024 };

socklen_t parse_address(char **args, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret_address;
	uint16_t port = htons((uint16_t)parse_number(args[1]));

	memset(ret_address, 0, sizeof(*ret_address));
	if (inet_pton(AF_INET, args[0], &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, args[0], &v6->sin6_addr) != 1)
		fail_usage("not an address: '%s'", args[0]);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = port;
	return sizeof(*v6);
}

static int open_socket(int family, int flags)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		fail("cannot open a socket: %s", strerror(errno));
	return fd;
}

static int listen_at(char **args, int backlog)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(args, &address);
	int fd = open_socket(address.ss_family, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, backlog))
		fail("cannot listen on %s port %s: %s", args[0], args[1], strerror(errno));
	return fd;
}

static int connect_to(char **args)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(args, &address);
	int fd = open_socket(address.ss_family, 0);

	if (connect(fd, (struct sockaddr *)&address, size) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Until the other end closes; all that comes is thrown away. */
static void drain(int fd)
{
	char buffer[16384];

	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
}

void command_tcp_serve(char **args)
{
	int listener = listen_at(args, BACKLOG);

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			fail("cannot accept: %s", strerror(errno));
		if (child_fork() == 0) {
			close(listener);
			if (child_fork()) /* nobody has to wait for the grandchild */
				child_exit(0);
			drain(fd);
			child_exit(0);
		}
		child_wait(-1);
		close(fd);
	}
}

void command_tcp_ignore(char **args)
{
	listen_at(args, (int)parse_number(args[2]));
	for (;;)
		pause();
}

void command_tcp_proxy(char **args)
{
	int listener = listen_at(args, BACKLOG);

	for (;;) {
		int from = accept4(listener, NULL, NULL, SOCK_CLOEXEC), to = connect_to(args + 2);
		char buffer[16384];
		ssize_t size;

		if (from < 0 || to < 0)
			fail("cannot pass on: %s", strerror(errno));
		while ((size = read(from, buffer, sizeof(buffer))) > 0)
			if (write(to, buffer, (size_t)size) != size)
				fail("cannot pass on: %s", strerror(errno));
		close(to);
		close(from);
	}
}

/* Begins a connection and gives it up before it comes about. */
static void abandon(char **args)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(args, &address);
	int fd = open_socket(address.ss_family, SOCK_NONBLOCK);

	if (connect(fd, (struct sockaddr *)&address, size) == 0 || errno != EINPROGRESS)
		fail("the connection is there at once: %s", strerror(errno));
	close(fd);
}

static void send_bytes(int fd, uint64_t bytes)
{
	static const char buffer[16384];
	ssize_t size;

	for (; bytes; bytes -= (uint64_t)size) {
		size = write(fd, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer));
		if (size <= 0)
			fail("cannot send: %s", strerror(errno));
	}
}

static void end_connection(int fd, const char *how, uint64_t bytes)
{
	struct linger at_once = { .l_onoff = 1 };
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (!strcmp(how, "reset")) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		return;
	}
	send_bytes(fd, bytes);
	if (!strcmp(how, "hold"))
		return;
	/* the last of it has come when the other end closes too */
	shutdown(fd, SHUT_WR);
	poll(&wait, 1, 60000);
	close(fd);
}

void command_tcp_connect(char **args)
{
	uint64_t count = parse_number(args[2]), connected = 0, refused = 0, timeout = 0, other = 0;
	const char *how = args[3] ? args[3] : "close";
	uint64_t bytes = args[3] && args[4] ? parse_number(args[4]) : MESSAGE_SIZE;

	if (strcmp(how, "close") && strcmp(how, "reset") && strcmp(how, "hold") && strcmp(how, "abandon"))
		fail_usage("no such end: '%s'", how);
	for (uint64_t i = 0; i < count; i++) {
		int fd;

		if (!strcmp(how, "abandon")) {
			abandon(args);
			continue;
		}
		fd = connect_to(args);
		connected += fd >= 0;
		refused += fd < 0 && errno == ECONNREFUSED;
		timeout += fd < 0 && errno == ETIMEDOUT;
		other += fd < 0 && errno != ECONNREFUSED && errno != ETIMEDOUT;
		if (fd >= 0)
			end_connection(fd, how, bytes);
	}
	report("connected", connected);
	report("refused", refused);
	report("timeout", timeout);
	report("other", other);
	report_flush();
	while (!strcmp(how, "hold"))
		pause();
}
