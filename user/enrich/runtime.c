/* SPDX-License-Identifier: Apache-2.0 */
/* The table of ids that somebody wants to know, and who is asked for them when. An id is due (in the list `due`) or sleeps; in one
 * round each source that is up and may know it is asked once, then it sleeps for a pause that grows. */
#include "base/hash.h"
#include "enrich/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "enrich/runtime_source.h"

#define WANTED_MAX 8192
#define ID_MAX 128
#define LOOK_NS (2 * NS_PER_S)
#define FIRST_PAUSE_NS (250 * NS_PER_MS)
#define LAST_PAUSE_NS (60 * NS_PER_S)

struct wanted {
	UT_hash_handle hh; /* by id */
	TAILQ_ENTRY(wanted) due;
	bool is_due;
	uint32_t asked;                /* sources asked in this round, by their bits */
	const struct runtime_ops *ops; /* of the runtime that the path names; NULL: any */
	uint64_t next_ns, pause_ns;
	char id[]; /* NUL-terminated */
};

struct runtimes {
	struct runtimes_settings settings;
	struct runtime_source *sources;
	size_t source_count;
	struct wanted *wanted;
	TAILQ_HEAD(due, wanted) due;
	size_t due_count;
	uint64_t now_ns, look_ns, dropped;
};

/* Which kind knows the containers that a path says are of a runtime. All others may be known to any. */
static const struct {
	const char *runtime;
	const struct runtime_ops *ops;
} hints[] = {
	{ "containerd", &runtime_cri_ops },
	{ "cri-o", &runtime_cri_ops },
	{ "docker", &runtime_docker_ops },
	{ "podman", &runtime_docker_ops },
};

static const struct runtime_ops *find_hint(const char *runtime)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strcmp(hints[i].runtime, runtime) == 0)
			return hints[i].ops;
	}
	return NULL;
}

int runtimes_new(const struct runtimes_settings *settings, struct runtimes **ret_runtimes)
{
	struct runtimes *runtimes = calloc(1, sizeof(*runtimes));
	int error;

	if (!runtimes)
		return -ENOMEM;
	runtimes->settings = *settings;
	TAILQ_INIT(&runtimes->due);
	error = sources_new(settings, runtimes, &runtimes->sources, &runtimes->source_count);
	if (error) {
		runtimes_free(runtimes);
		return error;
	}
	*ret_runtimes = runtimes;
	return 0;
}

/* ---- wanted ids ------------------------------------------------------------------------------------------------- */

static struct wanted *find_wanted(const struct runtimes *runtimes, const char *id)
{
	struct wanted *wanted;

	HASH_FIND_STR(runtimes->wanted, id, wanted);
	return wanted;
}

static void set_due(struct runtimes *runtimes, struct wanted *wanted, bool is_due)
{
	if (wanted->is_due == is_due)
		return;
	wanted->is_due = is_due;
	if (is_due) {
		TAILQ_INSERT_TAIL(&runtimes->due, wanted, due);
		runtimes->due_count++;
	} else {
		TAILQ_REMOVE(&runtimes->due, wanted, due);
		runtimes->due_count--;
	}
}

static void remove_wanted(struct runtimes *runtimes, struct wanted *wanted)
{
	set_due(runtimes, wanted, false);
	HASH_DEL(runtimes->wanted, wanted);
	free(wanted);
}

/* Is any source up that is of the kind that the path names? Where not, all are asked: the path may be wrong, as the driver cgroupfs
 * makes the same paths with all runtimes. */
static bool has_own_kind(const struct runtimes *runtimes, const struct wanted *wanted)
{
	for (size_t i = 0; i < runtimes->source_count; i++) {
		if (runtimes->sources[i].is_up && runtimes->sources[i].ops == wanted->ops)
			return true;
	}
	return false;
}

/* Asks all sources that were not asked in this round. False when one of them has no room. */
static bool ask_sources(struct runtimes *runtimes, struct wanted *wanted)
{
	bool own_kind = has_own_kind(runtimes, wanted), asked_all = true;

	for (size_t i = 0; i < runtimes->source_count; i++) {
		struct runtime_source *source = &runtimes->sources[i];

		if (!source->is_up || wanted->asked & source->bit || (own_kind && source->ops != wanted->ops))
			continue;
		if (!source->is_full)
			source->is_full = source->ops->ask(source, wanted->id) == -EAGAIN;
		if (source->is_full)
			asked_all = false;
		else
			wanted->asked |= source->bit;
	}
	return asked_all;
}

/* Is there a source that would take a question? */
static bool has_room(const struct runtimes *runtimes)
{
	for (size_t i = 0; i < runtimes->source_count; i++) {
		if (runtimes->sources[i].is_up && !runtimes->sources[i].is_full)
			return true;
	}
	return false;
}

static void ask_due(struct runtimes *runtimes)
{
	struct wanted *next;

	for (struct wanted *wanted = TAILQ_FIRST(&runtimes->due); wanted && has_room(runtimes);
	     wanted = next) {
		next = TAILQ_NEXT(wanted, due);
		if (!ask_sources(runtimes, wanted))
			continue;
		set_due(runtimes, wanted, false);
		wanted->asked = 0;
		wanted->next_ns = runtimes->now_ns + wanted->pause_ns;
		wanted->pause_ns *= 2;
		if (wanted->pause_ns > LAST_PAUSE_NS)
			wanted->pause_ns = LAST_PAUSE_NS;
	}
}

void runtimes_ask(struct runtimes *runtimes, const char *runtime, const char *id, uint64_t now_ns)
{
	size_t size = strlen(id);
	struct wanted *wanted;

	if (!runtimes || find_wanted(runtimes, id))
		return;
	runtimes->now_ns = now_ns;
	wanted = size <= ID_MAX && HASH_COUNT(runtimes->wanted) < WANTED_MAX ?
			 calloc(1, sizeof(*wanted) + size + 1) :
			 NULL;
	if (!wanted) {
		runtimes->dropped++;
		return;
	}
	memcpy(wanted->id, id, size);
	wanted->ops = find_hint(runtime);
	wanted->pause_ns = FIRST_PAUSE_NS;
	HASH_ADD_STR(runtimes->wanted, id, wanted);
	if (!HASH_HAS(wanted)) {
		free(wanted);
		runtimes->dropped++;
		return;
	}
	set_due(runtimes, wanted, true);
	ask_due(runtimes);
}

void runtimes_forget(struct runtimes *runtimes, const char *id)
{
	struct wanted *wanted = runtimes ? find_wanted(runtimes, id) : NULL;

	if (wanted)
		remove_wanted(runtimes, wanted);
}

void runtimes_turn(struct runtimes *runtimes, uint64_t now_ns)
{
	runtimes->now_ns = now_ns;
	if (now_ns >= runtimes->look_ns) {
		runtimes->look_ns = now_ns + LOOK_NS;
		sources_look(runtimes->sources, runtimes->source_count);
	}
	for (size_t i = 0; i < runtimes->source_count; i++)
		source_turn(&runtimes->sources[i], now_ns);
	/* where no source is up all are due, and stay so */
	for (struct wanted *wanted = runtimes->wanted;
	     wanted && runtimes->due_count < HASH_COUNT(runtimes->wanted); wanted = wanted->hh.next) {
		if (!wanted->is_due && now_ns >= wanted->next_ns)
			set_due(runtimes, wanted, true);
	}
	ask_due(runtimes);
}

void runtimes_free(struct runtimes *runtimes)
{
	struct wanted *wanted, *next;

	if (!runtimes)
		return;
	sources_free(runtimes->sources, runtimes->source_count);
	HASH_ITER(hh, runtimes->wanted, wanted, next)
		remove_wanted(runtimes, wanted);
	free(runtimes);
}

size_t runtimes_status(const struct runtimes *runtimes, size_t index, struct runtime_status *ret_status)
{
	size_t count = 0;

	for (size_t i = 0; i < runtimes->source_count; i++) {
		const struct runtime_source *source = &runtimes->sources[i];

		if (!source->is_configured && !source->was_started)
			continue;
		if (count++ == index)
			*ret_status = (struct runtime_status){ .source = source->name,
							       .path = source->path,
							       .up = source->is_up,
							       .reason = source->is_up ? "" : source->reason,
							       .refused = source->refused,
							       .failures = source->failures };
	}
	return count;
}

void runtimes_count(const struct runtimes *runtimes, struct runtimes_counts *ret_counts)
{
	ret_counts->wanted = HASH_COUNT(runtimes->wanted);
	ret_counts->dropped = runtimes->dropped;
}

/* ---- what the kinds tell ---------------------------------------------------------------------------------------- */

void source_up(struct runtime_source *source)
{
	source->is_up = true;
	source->is_full = false;
	for (struct wanted *wanted = source->runtimes->wanted; wanted; wanted = wanted->hh.next) {
		if (!wanted->is_due)
			wanted->asked = UINT32_MAX; /* the others were asked before */
		wanted->asked &= ~source->bit;
		wanted->pause_ns = FIRST_PAUSE_NS;
		set_due(source->runtimes, wanted, true);
	}
	ask_due(source->runtimes);
}

void source_more(struct runtime_source *source)
{
	source->is_full = false;
	ask_due(source->runtimes);
}

bool source_is_bounded(const struct details *details)
{
	const char *const strings[] = { details->id,  details->name,    details->namespace,
					details->pod, details->pod_uid, details->image };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strnlen(strings[i], SOURCE_STRING_MAX + 1) > SOURCE_STRING_MAX)
			return false;
	}
	return true;
}

void source_found(struct runtime_source *source, const char *runtime, const struct details *details)
{
	const struct runtimes_settings *settings = &source->runtimes->settings;
	struct wanted *wanted;

	if (!source_is_bounded(details)) {
		source_refused(source);
		return;
	}
	wanted = find_wanted(source->runtimes, details->id);
	if (wanted && (details->pid || details->started_ns))
		remove_wanted(source->runtimes, wanted);
	settings->found(settings->context, runtime, details);
}

bool source_wants(const struct runtime_source *source, const char *id)
{
	return find_wanted(source->runtimes, id);
}

size_t source_waiting(const struct runtime_source *source)
{
	return source->runtimes->due_count;
}

bool source_passes_label(const struct runtime_source *source, const char *name, const char *value)
{
	const struct runtimes_settings *settings = &source->runtimes->settings;

	for (size_t i = 0; i < settings->label_count; i++) {
		if (strcmp(settings->labels[i], name) == 0)
			return strnlen(value, SOURCE_STRING_MAX + 1) <= SOURCE_STRING_MAX;
	}
	return false;
}
