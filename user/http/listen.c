/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets are made here and not by the HTTP library so that a failure names the address and the kernel's reason. */
#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

struct host_port {
	char host[256];
	char port[8];
};

static void cleanup_addrinfo(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int parse(const char *address, struct host_port *ret)
{
	const char *colon = strrchr(address, ':');
	size_t host_size;

	if (!colon)
		return -EINVAL;
	host_size = (size_t)(colon - address);
	if (host_size >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		host_size -= 2;
	} else if (memchr(address, ':', host_size)) {
		return -EINVAL; /* IPv6 without brackets */
	}
	if (host_size >= sizeof(ret->host) || strlen(colon + 1) >= sizeof(ret->port) || colon[1] == '\0' ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return -EINVAL;
	memcpy(ret->host, address, host_size);
	ret->host[host_size] = '\0';
	strcpy(ret->port, colon + 1);
	return strtoul(ret->port, NULL, 10) <= UINT16_MAX ? 0 : -EINVAL;
}

static int open_one(const struct addrinfo *info)
{
	_cleanup_(cleanup_close) int fd =
		socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, info->ai_protocol);
	int on = 1, off = 0;

	if (fd < 0)
		return -errno;
	/* Not SO_REUSEPORT: a second ktally on the same port must fail, not take half of the scrapes. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return -errno;
	if (info->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)))
		return -errno;
	if (bind(fd, info->ai_addr, info->ai_addrlen) || listen(fd, SOMAXCONN))
		return -errno;
	return take_fd(fd);
}

/* Tries the addresses of one family in their order; `error` is what the family before came to. */
static int open_family(const struct addrinfo *list, int family, int error)
{
	for (const struct addrinfo *info = list; info; info = info->ai_next) {
		int fd;

		if (info->ai_family != family)
			continue;
		fd = open_one(info);
		/* In use is an answer: another of the host's addresses is not what was asked for. */
		if (fd >= 0 || fd == -EADDRINUSE)
			return fd;
		error = fd;
	}
	return error;
}

static int open_any(const struct host_port *where, const struct addrinfo *list)
{
	int first = *where->host ? AF_INET : AF_INET6; /* the IPv6 wildcard takes both */
	int second = *where->host ? AF_INET6 : AF_INET;
	int fd = open_family(list, first, -EADDRNOTAVAIL);

	if (fd >= 0 || fd == -EADDRINUSE || fd == -EACCES)
		return fd;
	return open_family(list, second, fd);
}

int listen_open(const char *address, char *message, size_t message_size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	_cleanup_(cleanup_addrinfo) struct addrinfo *list = NULL;
	struct host_port where;
	int error, fd;

	if (parse(address, &where)) {
		snprintf(message, message_size, "listen address '%s' is not HOST:PORT, [IPv6]:PORT or :PORT",
			 address);
		return -EINVAL;
	}
	error = getaddrinfo(*where.host ? where.host : NULL, where.port, &hints, &list);
	if (error) {
		int number = error == EAI_SYSTEM ? -errno : -EADDRNOTAVAIL;

		snprintf(message, message_size, "cannot listen on '%s': %s", address, gai_strerror(error));
		return number;
	}
	fd = open_any(&where, list);
	if (fd < 0)
		snprintf(message, message_size, "cannot listen on '%s': %s", address, strerror(-fd));
	return fd;
}

static bool local_address(int fd, struct sockaddr_in6 *ret)
{
	socklen_t size = sizeof(*ret);

	return getsockname(fd, (struct sockaddr *)ret, &size) == 0;
}

uint16_t listen_port(int fd)
{
	struct sockaddr_in6 address = {};

	/* at the same place in the address of IPv4 */
	return local_address(fd, &address) ? ntohs(address.sin6_port) : 0;
}

bool listen_is_loopback(int fd)
{
	struct sockaddr_in6 address = {};
	struct in_addr four;

	if (!local_address(fd, &address))
		return false;
	if (address.sin6_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&address.sin6_addr))
		return IN6_IS_ADDR_LOOPBACK(&address.sin6_addr);
	if (address.sin6_family == AF_INET6)
		memcpy(&four, &address.sin6_addr.s6_addr[12], sizeof(four));
	else
		four = ((struct sockaddr_in *)&address)->sin_addr;
	return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
}
