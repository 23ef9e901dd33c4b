/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* gRPC with one message each way, over a unix socket: HTTP/2 by transfers, messages by protobuf-c. */
#include <protobuf-c/protobuf-c.h>

#include "base/transfer.h"

enum { GRPC_OK = 0, GRPC_NOT_FOUND = 5, GRPC_UNIMPLEMENTED = 12 };

struct grpc_call {
	const char *unix_socket;
	const char *method; /* "/package.Service/Method" */
	const ProtobufCMessage *message;
	size_t limit_bytes; /* of the answer */
	uint64_t timeout_ns;
	transfer_done *done; /* gives what it gets to grpc_read() */
	void *context;
};
/* As transfer_start(). */
int grpc_start(struct transfers *transfers, const struct grpc_call *call, struct transfer **ret_transfer);

/* An answer as it came: texts are NULL where there was no such header or trailer. */
struct grpc_parts {
	unsigned int http_status;
	const char *content_type, *grpc_status;
	const void *body;
	size_t size;
};

struct grpc_answer {
	/* 0; -EPROTO or -EFBIG: wrong or too large, the source lies or is no gRPC server; else no answer came. */
	int error;
	unsigned int status; /* of gRPC, where error is 0 */
	const char *reason;  /* for people, one of few; "" where all went well */
	const uint8_t *message;
	size_t size;
};
void grpc_check(const struct grpc_parts *parts, struct grpc_answer *ret_answer);
/* In `done` only. */
void grpc_read(const struct transfer *transfer, const struct transfer_answer *answer,
	       struct grpc_answer *ret_answer);

/* Memory that a message may take when it is unpacked: some times its size, so that a few bytes cannot ask for gigabytes.
 * Ends with the function that declares it: struct grpc_memory memory; unpack(grpc_memory_init(&memory, size), ...). */
struct grpc_memory {
	ProtobufCAllocator allocator;
	size_t left;
};
ProtobufCAllocator *grpc_memory_init(struct grpc_memory *memory, size_t message_size);
