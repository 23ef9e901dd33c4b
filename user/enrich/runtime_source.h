/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Between runtime.c and the kinds of runtimes (runtime_cri.c, runtime_docker.c): a source is one socket, with the protocol of its
 * kind. runtime_source.c finds the socket, starts and stops the source; runtime.c hands it the ids that somebody wants to know; the
 * kind asks for them and tells what it learned. Nobody outside of user/enrich/runtime*.c includes this.
 */
#include "enrich/runtime.h"

#define SOURCE_STRING_MAX 4096 /* bytes of a string in struct details; longer is refused */

struct runtime_source;

struct runtime_ops {
	/* The socket is there: ask for the version or open a stream. Later source_up() or source_down(). 0 or negative errno,
	 * then with nothing left behind. */
	int (*start)(struct runtime_source *source);
	/* Cancels what is under way, frees what the others made. The source may be started again. */
	void (*stop)(struct runtime_source *source);
	/* Asks for container `id`; called while the source is up, also from inside of source_up() and source_more(), which
	 * therefore come last in a callback. 0: it is being asked, or was already; runtime.c asks again after a pause until
	 * source_found() says enough. -EAGAIN: too many are under way, until source_more(). */
	int (*ask)(struct runtime_source *source, const char *id);
	/* Every 250 ms while started. May be NULL. */
	void (*turn)(struct runtime_source *source, uint64_t now_ns);
};

extern const struct runtime_ops runtime_cri_ops, runtime_docker_ops;

struct runtime_source {
	const char *name, *path;
	struct transfers *transfers;
	void *state; /* the kind's own, between start() and stop() */

	/* of runtime.c and runtime_source.c only: */
	const struct runtime_ops *ops;
	struct runtimes *runtimes;
	uint32_t bit;       /* of its own among all sources */
	bool is_configured; /* not from runtime_sockets.def */
	bool is_present;    /* its socket is there */
	bool was_started, is_started, is_up, is_full, is_ended;
	uint64_t socket_identity[3]; /* device, inode, change time of the socket that is there */
	uint64_t next_start_ns, pause_ns, started_ns;
	uint64_t refused, failures;
	char reason[200];
};

/* ---- for the kinds ---------------------------------------------------------------------------------------------- */

/* It answers: now it gets questions. */
void source_up(struct runtime_source *source);
/* It does not (any more): stop() is called in the next turn, start() after a pause that grows. The reason is for people. */
void source_down(struct runtime_source *source, const char *reason);
/* Room for more questions, after ask() returned -EAGAIN. */
void source_more(struct runtime_source *source);
/* A container is known, asked or not; `details` live during the call. With a pid or a start time it is not asked for again.
 * Strings that are too long count as refused. */
void source_found(struct runtime_source *source, const char *runtime, const struct details *details);
/* Are its strings at most SOURCE_STRING_MAX bytes long? */
bool source_is_bounded(const struct details *details);
/* An answer was wrong or too large; the source goes on. */
void source_refused(struct runtime_source *source);
/* A request got no answer; the source goes on. */
void source_failed(struct runtime_source *source);
/* Does anybody want to know this id? */
bool source_wants(const struct runtime_source *source, const char *id);
/* How many ids wait to be asked. */
size_t source_waiting(const struct runtime_source *source);
/* May this label of a container be passed on? Not when its value is too long. */
bool source_passes_label(const struct runtime_source *source, const char *name, const char *value);

/* ---- for runtime.c ---------------------------------------------------------------------------------------------- */

/* Those that the settings or runtime_sockets.def name, at most 32. 0 or negative errno (-EINVAL: no such kind, or no path), then with
 * nothing left behind. */
int sources_new(const struct runtimes_settings *settings, struct runtimes *runtimes,
		struct runtime_source **ret_sources, size_t *ret_count);
/* NULL is allowed. */
void sources_free(struct runtime_source *sources, size_t count);
/* Looks whether their sockets are there, and are the ones of before. */
void sources_look(struct runtime_source *sources, size_t count);
/* Stops and starts what is due. */
void source_turn(struct runtime_source *source, uint64_t now_ns);
