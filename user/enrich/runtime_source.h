/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Between runtime.c and the kinds of runtimes (runtime_cri.c, runtime_docker.c): a source is one socket, with the protocol of its
 * kind. runtime.c finds the socket, starts and stops the source, and hands it the ids that somebody wants to know; the kind asks
 * for them and tells what it learned. Nobody outside of user/enrich/runtime*.c includes this.
 */
#include "enrich/runtime.h"

struct runtime_source;

/* All are called on the loop's thread, none from inside of a source_...() call. */
struct runtime_ops {
	/* The socket is there: open a connection, ask for the version. Later source_up(), or source_down(). 0 or negative errno. */
	int (*start)(struct runtime_source *source);
	/* Cancels what is under way, frees what start() and all others made. The source may be started again. */
	void (*stop)(struct runtime_source *source);
	/* Ask for container `id`, as the source is up. 0 when it is being asked (later source_found() or source_unknown(); nothing is
	 * fine too, as runtime.c asks again after a pause), -EAGAIN when too many are under way: source_more() then says when not. */
	int (*ask)(struct runtime_source *source, const char *id);
	/* Every 250 ms while started. May be NULL. */
	void (*turn)(struct runtime_source *source, uint64_t now_ns);
};

extern const struct runtime_ops runtime_cri_ops, runtime_docker_ops;

/* What a kind may read. */
struct runtime_source {
	const char *name, *path;
	struct transfers *transfers;
	void *state; /* the kind's own, between start() and stop() */
	const struct runtime_ops *ops;
	struct runtimes *runtimes; /* from here on: of runtime.c only */
	unsigned int number;       /* its bit in struct wanted */
	bool is_listed, is_started, is_up, is_full, is_ended;
	uint64_t inode, device, changed_ns; /* of the socket that is there */
	uint64_t next_try_ns, pause_ns, up_since_ns;
	char reason[200];
	uint64_t refused, failures;
};

/* It answers: now it gets questions. */
void source_up(struct runtime_source *source);
/* It does not (any more): stop() is called soon, start() after a pause that grows. The reason is for people. */
void source_down(struct runtime_source *source, const char *reason);
/* Room for more questions, after ask() returned -EAGAIN. */
void source_more(struct runtime_source *source);
/* A container is known, asked or not; `details` live during the call. With a pid or a start time it is not asked again.
 * Strings that are too long count as refused. */
void source_found(struct runtime_source *source, const char *runtime, const struct details *details);
/* The runtime does not know it (yet). */
void source_unknown(struct runtime_source *source, const char *id);
/* An answer was wrong or too large; the source goes on. */
void source_refused(struct runtime_source *source);
/* A request got no answer; the source goes on. */
void source_failed(struct runtime_source *source);
/* Does anybody want to know this id? */
bool source_wants(const struct runtime_source *source, const char *id);
/* How many ids wait to be asked. */
size_t source_waiting(const struct runtime_source *source);
/* May this label of a container be passed on? */
bool source_passes_label(const struct runtime_source *source, const char *name);
