// SPDX-License-Identifier: Apache-2.0
/* UDP datagrams: known numbers of them, and a receiver that does not read. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { DATAGRAM_SIZE = 1000 };

static int open_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("cannot open a socket: %s", strerror(errno));
	return fd;
}

void command_udp_ignore(char **args)
{
	struct sockaddr_storage address;
	socklen_t size = parse_address(args, &address);
	int fd = open_socket(address.ss_family), least = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) ||
	    bind(fd, (struct sockaddr *)&address, size))
		fail("cannot receive on %s port %s: %s", args[0], args[1], strerror(errno));
	for (;;)
		pause();
}

void command_udp_send(char **args)
{
	static const char datagram[DATAGRAM_SIZE];
	uint64_t count = parse_number(args[2]), sent = 0;
	struct sockaddr_storage address;
	socklen_t size = parse_address(args, &address);
	int fd = open_socket(address.ss_family);

	for (uint64_t i = 0; i < count; i++)
		sent += sendto(fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&address, size) ==
			sizeof(datagram);
	report("sent", sent);
	report_flush();
	close(fd);
}
