/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Container runtimes, asked over their sockets for what a cgroup path does not say. Each is optional, found by its socket
 * (runtime_sockets.def or the settings) at any time, and asked again with growing pauses when it does not answer. Answers are
 * taken for hostile: bounded, checked, refused with a counter when they are wrong.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/transfer.h"
#include "model/details.h"

struct runtimes;

/* A runtime told something about a container, asked or not. `runtime` is as in struct identity ("containerd", "cri-o", "docker",
 * "podman"). `details` live during the call only. May be told again when more is known (pid and start of a container). */
typedef void runtimes_found(void *context, const char *runtime, const struct details *details);

/* What it points to must live as long as the runtimes. */
struct runtimes_settings {
	struct transfers *transfers;
	const char *const *
		sockets; /* "cri=/path" or "docker=/path"; in place of runtime_sockets.def when there are any */
	size_t socket_count;
	const char *
		root; /* put before the paths of runtime_sockets.def: "" or where the host's root is mounted */
	const char *const *labels; /* names of container labels to pass on */
	size_t label_count;
	runtimes_found *found;
	void *context;
};

int runtimes_new(const struct runtimes_settings *settings, struct runtimes **ret_runtimes);
/* NULL is allowed. */
void runtimes_free(struct runtimes *runtimes);

/* Somebody wants to know about container `id`. `runtime` is what the path says ("cgroup" where it does not: all are asked).
 * Remembered until it is found or forgotten: a runtime that comes up later is asked then. Asking twice is one question. */
void runtimes_ask(struct runtimes *runtimes, const char *runtime, const char *id, uint64_t now_ns);
/* Nobody wants to know any more. */
void runtimes_forget(struct runtimes *runtimes, const char *id);

/* Looks for sockets, tries again what is due: to be called every 250 ms. */
void runtimes_turn(struct runtimes *runtimes, uint64_t now_ns);

/* The sources that are configured or whose socket was ever there, for ktally_self_source_up and the log. */
struct runtime_status {
	const char *source;
	const char *path;
	bool up;
	const char *reason; /* why not; "" while up */
	uint64_t refused;   /* answers that were wrong or too large */
	uint64_t failures;  /* requests without an answer */
};
size_t runtimes_status(const struct runtimes *runtimes, size_t index,
		       struct runtime_status *ret_status); /* returns how many there are */

struct runtimes_counts {
	size_t wanted;    /* ids asked for and not yet known */
	uint64_t dropped; /* ids that found no room in their table, and are not asked for */
};
void runtimes_count(const struct runtimes *runtimes, struct runtimes_counts *ret_counts);
