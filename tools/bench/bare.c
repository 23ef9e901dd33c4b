/* SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define HEADERS "HTTP/1.1 200 OK\r\n\r\n"

static void serve(int listening, const char *data, size_t size)
{
	char request[1024];

	for (;;) {
		int fd = accept(listening, NULL, NULL);
		size_t sent = 0;
		ssize_t wrote = read(fd, request, sizeof(request));

		while (wrote > 0 && sent < size) {
			wrote = write(fd, data + sent, size - sent);
			sent += wrote > 0 ? (size_t)wrote : 0;
		}
		close(fd);
	}
}

pid_t bare_start(size_t bytes, uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t address_size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *data = malloc(bytes + sizeof(HEADERS));
	pid_t pid = -1;

	if (data && fd >= 0 && bind(fd, (struct sockaddr *)&address, address_size) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &address_size) == 0 && listen(fd, 16) == 0) {
		memset(data, 'x', bytes + sizeof(HEADERS));
		memcpy(data, HEADERS, strlen(HEADERS));
		*ret_port = ntohs(address.sin_port);
		pid = process_fork(READER_CPU);
		if (pid == 0)
			serve(fd, data, bytes);
	}
	free(data);
	if (fd >= 0)
		close(fd);
	return pid;
}
