/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Enough of HTTP/2 (RFC 9113) to serve one request after the other on a connection: `h2_answer` is called with the body of each. Header
 * blocks of the client are not decoded; those sent are literals without indexing (RFC 7541, 6.2.2). */
#include "server.h"

#define H2_DATA 0
#define H2_HEADERS 1
#define H2_RST_STREAM 3
#define H2_SETTINGS 4
#define H2_GOAWAY 7
#define H2_END_STREAM 1
#define H2_ACK 1
#define H2_END_HEADERS 4

static void h2_answer(int fd, uint32_t stream, const uint8_t *body, size_t size);

static inline void h2_frame(int fd, uint8_t type, uint8_t flags, uint32_t stream, const void *data,
			    size_t size)
{
	uint8_t *frame = malloc(9 + size);

	for (int i = 0; i < 3; i++)
		frame[i] = (uint8_t)(size >> (16 - 8 * i));
	frame[3] = type;
	frame[4] = flags;
	for (int i = 0; i < 4; i++)
		frame[5 + i] = (uint8_t)(stream >> (24 - 8 * i));
	if (size)
		memcpy(frame + 9, data, size);
	server_write(fd, frame, 9 + size);
	free(frame);
}

/* Names and values in turn, up to NULL; each under 127 bytes. */
static inline void h2_headers(int fd, uint32_t stream, uint8_t flags, const char *const *pairs)
{
	uint8_t block[16384];
	size_t size = 0;

	for (; *pairs; pairs += 2) {
		block[size++] = 0;
		for (int i = 0; i < 2; i++) {
			size_t length = strlen(pairs[i]);

			block[size++] = (uint8_t)length;
			memcpy(block + size, pairs[i], length);
			size += length;
		}
	}
	h2_frame(fd, H2_HEADERS, flags | H2_END_HEADERS, stream, block, size);
}

/* A gRPC answer: the message (NULL: none) and the outcome. */
static inline void h2_grpc(int fd, uint32_t stream, const char *status, const void *message, size_t size)
{
	static const char *const head[] = { ":status", "200", "content-type", "application/grpc", NULL };
	const char *const tail[] = { "grpc-status", status, "grpc-message", "as told", NULL };
	uint8_t prefix[5] = { 0, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
			      (uint8_t)size };

	h2_headers(fd, stream, 0, head);
	if (message) {
		h2_frame(fd, H2_DATA, 0, stream, prefix, sizeof(prefix));
		for (size_t at = 0; at < size; at += 16384)
			h2_frame(fd, H2_DATA, 0, stream, (const uint8_t *)message + at,
				 size - at < 16384 ? size - at : 16384);
	}
	h2_headers(fd, stream, H2_END_STREAM, tail);
}

static inline void h2_serve(struct server *server, int fd)
{
	uint8_t head[24], body[65536], frame[65536];
	size_t body_size = 0;

	(void)server;
	if (recv(fd, head, 24, MSG_WAITALL) != 24 ||
	    memcmp(head, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24) != 0)
		return;
	h2_frame(fd, H2_SETTINGS, 0, 0, NULL, 0);
	while (recv(fd, head, 9, MSG_WAITALL) == 9) {
		size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
		uint32_t stream = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 |
				  head[8];

		if (size > sizeof(frame) || recv(fd, frame, size, MSG_WAITALL) != (ssize_t)size)
			return;
		if (head[3] == H2_SETTINGS && !(head[4] & H2_ACK))
			h2_frame(fd, H2_SETTINGS, H2_ACK, 0, NULL, 0);
		if (head[3] == H2_DATA && body_size + size <= sizeof(body)) {
			memcpy(body + body_size, frame, size);
			body_size += size;
		}
		if (head[3] == H2_DATA && head[4] & H2_END_STREAM) {
			h2_answer(fd, stream, body, body_size);
			body_size = 0;
		}
	}
}
