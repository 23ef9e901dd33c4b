/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What Docker's Engine API answers, as Docker and Podman give it: JSON text -> struct details. Pure functions; the text is taken
 * for hostile. It is refused whole (-EPROTO) when it is no JSON (RFC 8259, UTF-8), names a member twice, nests deeper than 2048
 * (jansson's bound), has more than JSON_VALUES_MAX values, or when a member that is read has another type than the API says.
 * A text with \u0000 in it is not known; a member's name with it refuses the answer (jansson has no such names).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/details.h"

#define DOCKER_ID_SIZE 64 /* hexadecimal digits, as in the cgroup path */
#define DOCKER_API_SIZE 8 /* "1.41" */

/* Who reads, and who is told. `details` live during the call only. */
struct docker_reader {
	bool is_podman;
	bool (*passes_label)(void *context, const char *name, const char *value);
	void (*told)(void *context, const struct details *details);
	/* Of a container that was created at `time_ns` (CLOCK_REALTIME; 0: not said), which may be another by now. NULL: told. */
	void (*created)(void *context, const struct details *details, uint64_t time_ns);
	void *context;
};

struct docker_version {
	char api[DOCKER_API_SIZE]; /* as in paths: /v1.41/... */
	bool is_podman;
};

bool docker_is_id(const char *text);

/* All return 0, -EPROTO or -ENOMEM; then nobody was told. */

/* GET /version */
int docker_read_version(const char *text, size_t size, struct docker_version *ret_version);

/* GET /containers/json: calls `listed` with each id. An entry that has none is counted in *ret_refused. */
int docker_read_list(const char *text, size_t size, void (*listed)(void *context, const char *id),
		     void *context, uint64_t *ret_refused);

/* GET /containers/{id}/json: tells all there is. */
int docker_read_container(const struct docker_reader *reader, const char *text, size_t size);

/* A line of GET /events. `ret_id` is whom to inspect now: a container that was created, started or renamed; "" for none. One
 * that was created is told at once, as it may be gone a moment later: without pid, time and network. */
int docker_read_event(const struct docker_reader *reader, const char *text, size_t size,
		      char ret_id[DOCKER_ID_SIZE + 1]);
