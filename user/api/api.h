/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The model as JSON: what is below /api/v1/ (api.def is the list, docs/api/openapi.yaml the description).
 *
 * Stateless: only reads its input, asks no clock, keeps nothing. Answers have a bound: at most API_ITEMS_MAX items of a list.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/query.h"
#include "model/history.h"
#include "model/model.h"
#include "model/self.h"

#define API_PATH "/api/v1/"
#define API_ITEMS_MAX 1000

struct api_bpf_program {
	const char *name;
	bool is_up;
	const char *reason; /* where it is not up */
};

/* Totals: of a task since it began, of its system calls and waits since ktally sees it. */
struct api_thread {
	uint32_t tid, pid;
	int waits_for; /* VALUE_INDEX(wait_reason, x); negative: it does not wait */
	uint64_t value[THREAD_VALUES];
};
typedef void api_thread_visit(void *visitor, const struct api_thread *thread);

struct api_rates;

struct api_input {
	const struct model *model;
	const struct history *history; /* NULL: none */
	const struct api_rates *rates; /* NULL: none */
	uint64_t realtime_ns;          /* of the reading */
	uint64_t interval_ns;          /* between readings */
	uint64_t boot_ns;              /* CLOCK_REALTIME of the machine's start */
	const char *version, *revision, *hostname, *profile;
	const char *bpf_reason; /* why BPF is off; "" when it is on */
	const struct api_bpf_program *programs;
	size_t program_count;
	/* Values about ktally itself, as they are now; NULL: not known. */
	const struct self *(*read_self)(void *context, struct self_process *ret_process);
	/* Somebody looks at the history of a container, or (unless NULL) of a program of it; NULL: never mind. */
	void (*want_history)(void *context, struct container *container, struct program *program);
	/* All threads of a process that are alive; NULL: none are known. */
	void (*each_thread)(void *context, uint32_t pid, api_thread_visit *visit, void *visitor);
	/* Somebody looks at the system calls of a container, which there is (model/focus.h); NULL: they cannot be counted. */
	enum focus_state (*want_focus)(void *context, const char *namespace, const char *pod,
				       const char *container, const struct focus_place **ret_place);
	void *context; /* of the callbacks */
};

struct http_stream;

/* Answers GET `path`, which begins with API_PATH; returns the HTTP status. The answer, or the error, is appended as JSON on one
 * line. */
unsigned int api_answer(const struct api_input *in, const char *path, const struct query *query,
			bool is_check, struct buffer *out);
/* The same for a path with its query, as a client would write it. `is_check`: only the status is wanted, or the error; lists are
 * not made for that. */
unsigned int api_answer_url(const struct api_input *in, const char *url, bool is_check, struct buffer *out);
/* The stream that API_PATH "stream" is asked for; 200, or another status and the error in `out`. */
unsigned int api_stream(const struct api_input *in, const struct query *query,
			struct http_stream **ret_stream, struct buffer *out);
