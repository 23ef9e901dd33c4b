/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the views get the answers of the API from: a daemon by HTTP, or a file that `ktally record` wrote. Who asks cannot tell
 * them apart, except that a file can be moved in (the second part). Nothing blocks; everything runs on the loop's thread.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"
#include "base/message.h"

struct source;

#define SOURCE_DEFAULT_URL "http://127.0.0.1:10077"

struct source_settings {
	const char *url; /* http or https, host, port, perhaps a path before /api; NULL: SOURCE_DEFAULT_URL */
	const char *user;          /* NULL: none */
	const char *password_file; /* its first line is the password; NULL: none */
	const char *ca_file;       /* PEM, instead of the machine's own authorities; NULL: those */
	bool insecure;             /* whoever answers is believed */
};

/*
 * The answer to one question. `path` is what was asked. Either `answer` is an object (borrowed: json_incref() keeps it; do not change it)
 * and `problem` is NULL, or `answer` is NULL and `problem` is one line for people, which begins in lower case and names the address.
 * It may ask and cancel, but not free the source.
 */
typedef void source_answer(void *context, const char *path, json_t *answer, const char *problem);

/* 0, or negative errno with one line in `message`. All of `settings` is copied. A daemon is not asked for anything yet: it may
 * come and go, and each question tells whether it is there. `loop` must live longer. */
int source_open_daemon(struct loop *loop, const struct source_settings *settings, struct source **ret_source,
		       const struct message *message);
/* The first snapshot is the current one. A damaged file with whole snapshots opens: see source_warning(). */
int source_open_file(struct loop *loop, const char *path, struct source **ret_source,
		     const struct message *message);
/* Ends all questions without calling anybody. NULL is allowed. Before loop_free(). */
void source_free(struct source *source);

/* Asks for `path`, "/api/v1/containers?limit=1000". `answer` is called exactly once, later and never inside this call, unless the
 * question is cancelled. Any number may be under way; they are answered in any order. 0 or negative errno (then never called). */
int source_ask(struct source *source, const char *path, source_answer *answer, void *context);
/* Forgets all questions with this `context`. */
void source_cancel(struct source *source, const void *context);

/* The URL or the file, for a title; never with a password. */
const char *source_name(const struct source *source);

/* ---- files ------------------------------------------------------------------------------------------------------- */

/*
 * A snapshot answers /api/v1/ node, containers, pods, programs, processes, connections, events, syscalls and self, each as it was
 * asked without filters and with the largest limit: the query is not looked at, filters and sorting are the asker's. Anything else
 * (threads, history, the system calls of one container) is the problem "is not in the recording".
 */
struct source_span {
	double first, last; /* Unix time in seconds of the first and the last snapshot */
	double interval_seconds;
	size_t count;        /* at least 1 */
	size_t index;        /* of the current one, from 0 */
	double time;         /* of the current one */
	const char *host;    /* where it was recorded; the source's */
	const char *version; /* of the ktally that was asked */
};

bool source_is_file(const struct source *source);
/* Files only. */
void source_span(const struct source *source, struct source_span *ret_span);
/* Makes another snapshot the current one, the nearest that there is; questions asked from now on are answered from it. False when it
 * is the same as before. A daemon: false. */
bool source_step(struct source *source, long by);
bool source_seek(struct source *source, size_t index);
bool source_seek_time(struct source *source, double time); /* the last one not after `time` */
/* What is wrong with the file although it can be browsed ("ends in the middle of a snapshot ..."); NULL: nothing, or a daemon. */
const char *source_warning(const struct source *source);
