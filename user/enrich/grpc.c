/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC over HTTP/2 (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md): a message is one byte (1: compressed), its length in four bytes,
 * then itself; the outcome is the trailer grpc-status. */
#include "enrich/grpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"

#define PREFIX_SIZE 5
#define AMPLIFICATION 8
#define LEAST_MEMORY ((size_t)64 << 10)

/* Texts of our own: what the other side says beside its status may be another each time, and this becomes a label. By number, as in
 * github.com/grpc/grpc, doc/statuscodes.md. */
static const char *const statuses[] = {
	"",
	"gRPC status 1 (cancelled)",
	"gRPC status 2 (unknown)",
	"gRPC status 3 (invalid argument)",
	"gRPC status 4 (deadline exceeded)",
	"gRPC status 5 (not found)",
	"gRPC status 6 (already exists)",
	"gRPC status 7 (permission denied)",
	"gRPC status 8 (resource exhausted)",
	"gRPC status 9 (failed precondition)",
	"gRPC status 10 (aborted)",
	"gRPC status 11 (out of range)",
	"gRPC status 12 (unimplemented)",
	"gRPC status 13 (internal)",
	"gRPC status 14 (unavailable)",
	"gRPC status 15 (data loss)",
	"gRPC status 16 (unauthenticated)",
};
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

int grpc_start(struct transfers *transfers, const struct grpc_call *call, struct transfer **ret_transfer)
{
	char url[200], timeout[50];
	const char *const headers[] = { "Content-Type: application/grpc", "TE: trailers", timeout, NULL };
	size_t size = protobuf_c_message_get_packed_size(call->message);
	_cleanup_(cleanup_free) uint8_t *body = malloc(PREFIX_SIZE + size);
	const struct transfer_request request = {
		.url = url,
		.unix_socket = call->unix_socket,
		.http2 = true,
		.headers = headers,
		.body = body,
		.body_size = PREFIX_SIZE + size,
		.limit_bytes = call->limit_bytes + PREFIX_SIZE,
		.timeout_ns = call->timeout_ns,
		.done = call->done,
		.context = call->context,
	};

	if (!body)
		return -ENOMEM;
	if (snprintf(url, sizeof(url), "http://localhost%s", call->method) >= (int)sizeof(url))
		return -ENAMETOOLONG;
	snprintf(timeout, sizeof(timeout), "grpc-timeout: %llum",
		 (unsigned long long)(call->timeout_ns / NS_PER_MS));
	body[0] = 0;
	for (int i = 0; i < 4; i++)
		body[1 + i] = (uint8_t)(size >> (24 - 8 * i));
	protobuf_c_message_pack(call->message, body + PREFIX_SIZE);
	return transfer_start(transfers, &request, ret_transfer);
}

static void refuse(struct grpc_answer *answer, const char *reason)
{
	answer->error = -EPROTO;
	answer->reason = reason;
}

/* "0" to "16". */
static int parse_status(const char *text)
{
	char *end;
	unsigned long status = strtoul(text, &end, 10);

	return text[0] < '0' || text[0] > '9' || *end || status >= STATUSES ? -EPROTO : (int)status;
}

static void check_body(const struct grpc_parts *parts, struct grpc_answer *answer)
{
	const uint8_t *body = parts->body;
	size_t size = 0;

	if (parts->size < PREFIX_SIZE) {
		refuse(answer, "no message in the answer");
		return;
	}
	for (int i = 1; i < PREFIX_SIZE; i++)
		size = size << 8 | body[i];
	if (body[0]) {
		refuse(answer, "a compressed message, which was not asked for");
	} else if (size != parts->size - PREFIX_SIZE) {
		refuse(answer, "the length of the message is wrong");
	} else {
		answer->message = body + PREFIX_SIZE;
		answer->size = size;
	}
}

void grpc_check(const struct grpc_parts *parts, struct grpc_answer *ret_answer)
{
	int status;

	*ret_answer = (struct grpc_answer){ .reason = "" };
	if (parts->http_status != 200 || !parts->content_type ||
	    strncmp(parts->content_type, "application/grpc", strlen("application/grpc")) != 0 ||
	    !parts->grpc_status) {
		refuse(ret_answer, "not a gRPC answer");
		return;
	}
	status = parse_status(parts->grpc_status);
	if (status < 0) {
		refuse(ret_answer, "a gRPC status that there is not");
		return;
	}
	ret_answer->status = (unsigned int)status;
	if (status == GRPC_OK)
		check_body(parts, ret_answer);
	else
		ret_answer->reason = statuses[status];
}

void grpc_read(const struct transfer *transfer, const struct transfer_answer *answer,
	       struct grpc_answer *ret_answer)
{
	const struct grpc_parts parts = {
		.http_status = answer->status,
		.content_type = transfer_header(transfer, "content-type"),
		.grpc_status = transfer_header(transfer, "grpc-status"),
		.body = answer->body,
		.size = answer->size,
	};

	if (answer->error)
		*ret_answer = (struct grpc_answer){ .error = answer->error, .reason = answer->reason };
	else
		grpc_check(&parts, ret_answer);
}

static void *allocate(void *context, size_t size)
{
	struct grpc_memory *memory = context;

	if (size > memory->left)
		return NULL;
	memory->left -= size;
	return malloc(size);
}

static void release(void *context, void *data)
{
	(void)context;
	free(data);
}

ProtobufCAllocator *grpc_memory_init(struct grpc_memory *memory, size_t message_size)
{
	*memory = (struct grpc_memory){ .allocator = { allocate, release, memory },
					.left = LEAST_MEMORY + message_size * AMPLIFICATION };
	return &memory->allocator;
}
