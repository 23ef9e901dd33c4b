/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One connection to Docker or Podman: what runtime_docker.c (list and events) and inspection.c share. Private to them. */
#include "base/hash.h"
#include "base/lines.h"
#include "enrich/docker.h"
#include "enrich/runtime_source.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

struct inspection;

struct docker {
	struct runtime_source *source;
	struct docker_reader reader;
	char api[DOCKER_API_SIZE];
	struct transfer *transfer; /* version, list, then events */
	struct details *created; /* told by the event that is being read, and not yet passed on; else NULL */
	uint64_t streamed_ns;    /* CLOCK_REALTIME when the stream was asked for: what is older is replayed */
	size_t created_count;    /* of it and those of inspections */
	struct transfer *ping;
	uint64_t now_ns, heard_ns, pinged_ns; /* turns: the last, the last before an answer, of the ping */
	struct lines lines;
	struct inspection *inspections;
	size_t under_way;
};

/* Starts a request; `request` without address and socket. 0 or negative errno. */
int docker_get(const struct docker *docker, const char *path, struct transfer_request request,
	       struct transfer **ret_transfer);
/* Passes on what is known of a container; `context` is the docker. */
void docker_tell(void *context, const struct details *details);
/* Of what an event told when a container was created; NULL is allowed. */
void docker_free_created(struct docker *docker, struct details *created);
