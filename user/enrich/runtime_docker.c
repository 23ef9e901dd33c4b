/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker and Podman, asked over their HTTP API: the version; then the list of containers, each of which is inspected; then the
 * stream of events, which says whom to inspect next. The stream begins a minute before it was asked for: nobody falls between
 * list and stream, and what was created while there was no connection, or while ktally started, still gets its name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "enrich/inspection.h"

#define VERSION_LIMIT (64 * KIB)
#define LIST_LIMIT (16 * MIB)
#define EVENT_LIMIT (1 * MIB)
#define CONNECT_TIMEOUT_NS (10 * NS_PER_S)
#define LIST_TIMEOUT_NS (60 * NS_PER_S)
#define PING_NS (10 * NS_PER_S) /* after so long without an answer; and so long it may take */
#define REPLAY_S 60             /* Docker keeps the last 256 events, Podman all */
#define REPLAYED_MAX 1024 /* names at creation that are kept until an inspection; more are told at once */
#define REASON_SIZE 160

#define VERSION_PATH "/version"
/* {"status":["created","running","paused"]}: what both have. One that restarts is told by its event. */
#define LIST_PATH \
	"/containers/json?all=true&filters=%7B%22status%22%3A%5B%22created%22%2C%22running%22%2C%22paused%22%5D%7D"
/* {"type":["container"],"event":["create","start","rename"]} */
#define EVENTS_PATH                                                                 \
	"/events?filters=%7B%22type%22%3A%5B%22container%22%5D%2C%22event%22%3A%5B" \
	"%22create%22%2C%22start%22%2C%22rename%22%5D%7D&since="

static const char *runtime_name(const struct docker *docker)
{
	return docker->reader.is_podman ? "podman" : "docker";
}

static bool passes_label(void *context, const char *name, const char *value)
{
	struct docker *docker = context;

	return source_passes_label(docker->source, name, value);
}

void docker_tell(void *context, const struct details *details)
{
	struct docker *docker = context;

	source_found(docker->source, runtime_name(docker), details);
}

static void refuse(struct docker *docker, uint64_t count)
{
	while (count--)
		source_refused(docker->source);
}

/* ---- requests ----------------------------------------------------------------------------------------------------- */

int docker_get(const struct docker *docker, const char *path, struct transfer_request request,
	       struct transfer **ret_transfer)
{
	/* The version is always asked for as at first, when no other was known. */
	const char *api = strcmp(path, VERSION_PATH) == 0 ? "" : docker->api;
	char url[512];

	snprintf(url, sizeof(url), "http://localhost%s%s%s", api[0] ? "/v" : "", api, path);
	request.url = url;
	request.unix_socket = docker->source->path;
	return transfer_start(docker->source->transfers, &request, ret_transfer);
}

/* Why the answer is none, for people. False when it is one. */
static bool is_failed(const struct transfer_answer *answer, const char *what, char reason[REASON_SIZE])
{
	if (answer->error)
		snprintf(reason, REASON_SIZE, "%s: %s", what,
			 answer->reason[0] ? answer->reason : strerror(-answer->error));
	else if (answer->status != 200)
		snprintf(reason, REASON_SIZE, "%s: answered with HTTP status %u", what, answer->status);
	return answer->error || answer->status != 200;
}

void docker_free_created(struct docker *docker, struct details *created)
{
	docker->created_count -= created != NULL;
	details_free(created);
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

/* Told at once, as it may be gone a moment later. What is replayed may have got another name since, and who was inspected would
 * go back to the old one: it is told only if the inspection that follows says nothing. */
static void on_created(void *context, const struct details *details, uint64_t time_ns)
{
	struct docker *docker = context;

	if (time_ns && time_ns < docker->streamed_ns && docker->created_count < REPLAYED_MAX &&
	    source_is_bounded(details))
		docker->created = details_copy(details);
	docker->created_count += docker->created != NULL;
	if (!docker->created)
		docker_tell(docker, details);
}

/* Leaves it to the inspection of its container. */
static void leave_created(struct docker *docker)
{
	struct details *created = docker->created;
	struct inspection *inspection = inspection_find(docker, created->id);

	docker->created = NULL;
	if (inspection && !inspection->created) {
		inspection->created = created;
		return;
	}
	if (!inspection)
		docker_tell(docker, created);
	docker_free_created(docker, created);
}

static void on_event(void *context, const char *line, size_t size)
{
	struct docker *docker = context;
	char id[DOCKER_ID_SIZE + 1];

	if (docker_read_event(&docker->reader, line, size, id))
		source_refused(docker->source);
	else if (id[0])
		inspection_want(docker, id);
	if (docker->created)
		leave_created(docker);
}

static int on_events(void *context, const char *data, size_t size)
{
	struct docker *docker = context;
	uint64_t before = docker->lines.left_out;

	lines_add(&docker->lines, data, size, on_event, docker);
	refuse(docker, docker->lines.left_out - before);
	return 0;
}

static void on_events_end(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct docker *docker = context;
	char reason[REASON_SIZE];

	(void)transfer;
	docker->transfer = NULL;
	source_down(docker->source,
		    is_failed(answer, "events", reason) ? reason : "events: the stream ended");
}

static int start_events(struct docker *docker)
{
	struct transfer_request request = { .piece = on_events, .done = on_events_end, .context = docker };
	unsigned long long since_s;
	char path[256];

	docker->streamed_ns = time_realtime_ns();
	since_s = docker->streamed_ns / NS_PER_S - REPLAY_S;
	snprintf(path, sizeof(path), "%s%llu", EVENTS_PATH, since_s);
	return docker_get(docker, path, request, &docker->transfer);
}

/* ---- version and list --------------------------------------------------------------------------------------------- */

static void on_listed_one(void *context, const char *id)
{
	inspection_want(context, id);
}

/* A list that cannot be read is no reason to go without events and answers: who is asked for is inspected anyway. */
static void on_listed(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct docker *docker = context;
	char reason[REASON_SIZE];
	uint64_t refused;

	(void)transfer;
	docker->transfer = NULL;
	if (answer->error != -EFBIG && is_failed(answer, "list of containers", reason)) {
		source_down(docker->source, reason);
		return;
	}
	if (answer->error || docker_read_list(answer->body, answer->size, on_listed_one, docker, &refused))
		refused = 1;
	refuse(docker, refused);
	if (start_events(docker))
		source_down(docker->source, "events: out of memory");
	else
		source_up(docker->source);
}

static void on_version(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct docker *docker = context;
	struct transfer_request request = {
		.limit_bytes = LIST_LIMIT, .timeout_ns = LIST_TIMEOUT_NS, .done = on_listed, .context = docker
	};
	struct docker_version version;
	char reason[REASON_SIZE];

	(void)transfer;
	docker->transfer = NULL;
	if (is_failed(answer, "version", reason)) {
		source_down(docker->source, reason);
		return;
	}
	if (docker_read_version(answer->body, answer->size, &version)) {
		source_refused(docker->source);
		source_down(docker->source, "version: the answer is none of Docker's or Podman's");
		return;
	}
	memcpy(docker->api, version.api, sizeof(docker->api));
	docker->reader.is_podman = version.is_podman;
	if (docker_get(docker, LIST_PATH, request, &docker->transfer))
		source_down(docker->source, "list of containers: out of memory");
}

/* ---- does it still answer? ------------------------------------------------------------------------------------------ */

static void on_ping(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct docker *docker = context;
	char reason[REASON_SIZE];

	(void)transfer;
	docker->ping = NULL;
	docker->heard_ns = docker->now_ns;
	if (!is_failed(answer, "ping", reason))
		return;
	source_failed(docker->source);
	source_down(docker->source, reason);
}

/* The stream of events stays open, and silent, when the other side hangs. */
static void turn(struct runtime_source *source, uint64_t now_ns)
{
	struct transfer_request request = { .limit_bytes = VERSION_LIMIT,
					    .timeout_ns = 2 * PING_NS,
					    .done = on_ping };
	struct docker *docker = source->state;

	docker->now_ns = now_ns;
	request.context = docker;
	if (!docker->heard_ns)
		docker->heard_ns = now_ns;
	if (!source->is_up)
		return;
	if (docker->ping) {
		if (now_ns - docker->pinged_ns < PING_NS)
			return;
		source_failed(source);
		source_down(source, "ping: no answer");
	} else if (now_ns - docker->heard_ns >= PING_NS) {
		docker->pinged_ns = now_ns;
		if (docker_get(docker, VERSION_PATH, request, &docker->ping))
			source_failed(source);
	}
}

/* ---- start and stop ----------------------------------------------------------------------------------------------- */

static void stop(struct runtime_source *source)
{
	struct docker *docker = source->state;
	struct inspection *inspection, *next;

	if (!docker)
		return;
	source->state = NULL;
	if (docker->transfer)
		transfer_cancel(docker->transfer);
	if (docker->ping)
		transfer_cancel(docker->ping);
	HASH_ITER(hh, docker->inspections, inspection, next)
		inspection_free(inspection);
	lines_done(&docker->lines);
	free(docker);
}

static int start(struct runtime_source *source)
{
	struct docker *docker = calloc(1, sizeof(*docker));
	struct transfer_request request = { .limit_bytes = VERSION_LIMIT,
					    .timeout_ns = CONNECT_TIMEOUT_NS,
					    .done = on_version,
					    .context = docker };
	int error;

	if (!docker)
		return -ENOMEM;
	docker->source = source;
	docker->reader = (struct docker_reader){
		.passes_label = passes_label, .told = docker_tell, .created = on_created, .context = docker
	};
	lines_init(&docker->lines, EVENT_LIMIT);
	source->state = docker;
	error = docker_get(docker, VERSION_PATH, request, &docker->transfer);
	if (error)
		stop(source);
	return error;
}

static int ask(struct runtime_source *source, const char *id)
{
	struct docker *docker = source->state;

	/* What is no id is of no container of these two, and a path may be anything. */
	if (!docker_is_id(id) || inspection_find(docker, id))
		return 0;
	if (inspection_waiting(docker) >= ASKED_MAX)
		return -EAGAIN;
	inspection_want(docker, id);
	return 0;
}

const struct runtime_ops runtime_docker_ops = { .start = start, .stop = stop, .ask = ask, .turn = turn };
