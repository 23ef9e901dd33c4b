/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define ID_SIZE 64         /* of a container as all runtimes make them: hexadecimal digits */
#define UNCLAIMED_MAX 4096 /* told of by a runtime, and without a cgroup so far */

struct named {
	UT_hash_handle hh; /* by id */
	char id[ID_SIZE + 1];
	char runtime[RUNTIME_SIZE];
	struct details *details; /* NULL: asked for */
	uint64_t *cgroups;       /* those of the model that are it, or are below it */
	uint32_t count, capacity;
	uint64_t unclaimed_since_ns; /* while count is 0 */
};

struct names {
	struct model *model;
	struct runtimes *runtimes;
	struct named *named;
	uint64_t grace_ns, now_ns, realtime_ns, expired_ns;
	uint32_t unclaimed;
	uint64_t folded;
};

int names_new(struct model *model, uint64_t grace_ns, struct names **ret_names)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	names->model = model;
	names->grace_ns = grace_ns;
	*ret_names = names;
	return 0;
}

static void forget(struct names *names, struct named *named)
{
	if (!named->count)
		names->unclaimed--;
	runtimes_forget(names->runtimes, named->id);
	HASH_DEL(names->named, named);
	details_free(named->details);
	free(named->cgroups);
	free(named);
}

void names_free(struct names *names)
{
	struct named *named, *next;

	if (!names)
		return;
	HASH_ITER(hh, names->named, named, next)
		forget(names, named);
	runtimes_free(names->runtimes);
	free(names);
}

static void set_time(struct names *names, uint64_t now_ns, uint64_t realtime_ns)
{
	names->now_ns = now_ns;
	names->realtime_ns = realtime_ns;
}

static struct named *find(const struct names *names, const char *id)
{
	struct named *named;

	HASH_FIND_STR(names->named, id, named);
	return named;
}

static struct named *add(struct names *names, const char *id)
{
	struct named *named = calloc(1, sizeof(*named));

	if (!named)
		return NULL;
	memcpy(named->id, id, ID_SIZE);
	named->unclaimed_since_ns = names->now_ns;
	HASH_ADD_STR(names->named, id, named);
	if (!HASH_HAS(named)) {
		free(named);
		return NULL;
	}
	names->unclaimed++;
	return named;
}

static bool is_id(const char *id)
{
	return strlen(id) == ID_SIZE && strspn(id, "0123456789abcdef") == ID_SIZE;
}

static void describe(struct names *names, const struct named *named, uint64_t cgroup_id)
{
	struct cgroup *cgroup = model_cgroup_find(names->model, cgroup_id);

	if (cgroup && cgroup->identity)
		model_cgroup_describe(names->model, cgroup, named->runtime, named->details, names->now_ns,
				      names->realtime_ns);
}

static void on_found(void *context, const char *runtime, const struct details *details)
{
	struct names *names = context;
	struct named *named;
	struct details *copy;

	if (!is_id(details->id))
		return;
	set_time(names, time_monotonic_ns(), time_realtime_ns());
	named = find(names, details->id);
	if (!named && names->unclaimed >= UNCLAIMED_MAX) {
		names->folded++;
		return;
	}
	copy = details_copy(details);
	if (copy && !named)
		named = add(names, details->id);
	if (!named || !copy) {
		details_free(copy);
		return;
	}
	details_free(named->details);
	named->details = copy;
	snprintf(named->runtime, sizeof(named->runtime), "%s", runtime);
	for (uint32_t i = 0; i < named->count; i++)
		describe(names, named, named->cgroups[i]);
}

int names_ask_runtimes(struct names *names, struct transfers *transfers,
		       const struct runtimes_settings *settings)
{
	struct runtimes_settings own = *settings;
	int error;

	own.transfers = transfers;
	own.found = on_found;
	own.context = names;
	error = runtimes_new(&own, &names->runtimes);
	if (error)
		return error;
	for (struct named *named = names->named; named; named = named->hh.next)
		if (!named->details)
			runtimes_ask(names->runtimes, named->runtime, named->id, time_monotonic_ns());
	return 0;
}

const struct runtimes *names_runtimes(const struct names *names)
{
	return names->runtimes;
}

static bool claim(struct names *names, struct named *named, uint64_t cgroup_id)
{
	for (uint32_t i = 0; i < named->count; i++)
		if (named->cgroups[i] == cgroup_id)
			return true;
	if (named->count == named->capacity) {
		uint32_t capacity = named->capacity ? 2 * named->capacity : 2;
		uint64_t *cgroups = reallocarray(named->cgroups, capacity, sizeof(*cgroups));

		if (!cgroups)
			return false;
		named->cgroups = cgroups;
		named->capacity = capacity;
	}
	if (!named->count)
		names->unclaimed--;
	named->cgroups[named->count++] = cgroup_id;
	return true;
}

void names_add(struct names *names, const struct cgroup *cgroup, uint64_t now_ns, uint64_t realtime_ns)
{
	const struct identity *identity = cgroup->identity;
	struct named *named;

	if (identity->kind != IDENTITY_CONTAINER || !is_id(identity->id))
		return;
	set_time(names, now_ns, realtime_ns);
	named = find(names, identity->id);
	if (!named) {
		named = add(names, identity->id);
		if (named)
			snprintf(named->runtime, sizeof(named->runtime), "%s", identity->runtime);
	}
	if (!named || !claim(names, named, cgroup->id))
		return;
	if (named->details)
		describe(names, named, cgroup->id);
	/* an event tells a name, and neither process nor start */
	if (names->runtimes && !(named->details && named->details->started_ns))
		runtimes_ask(names->runtimes, named->runtime, named->id, now_ns);
}

void names_remove(struct names *names, const char *id, uint64_t cgroup_id)
{
	struct named *named = find(names, id);

	for (uint32_t i = 0; named && i < named->count; i++) {
		if (named->cgroups[i] != cgroup_id)
			continue;
		named->cgroups[i] = named->cgroups[--named->count];
		if (!named->count) {
			names->unclaimed++;
			forget(names, named);
		}
		return;
	}
}

void names_turn(struct names *names, uint64_t now_ns, uint64_t realtime_ns)
{
	struct named *named, *next;

	set_time(names, now_ns, realtime_ns);
	if (!names->runtimes)
		return;
	runtimes_turn(names->runtimes, now_ns);
	if (!names->unclaimed || now_ns - names->expired_ns < NS_PER_S)
		return;
	names->expired_ns = now_ns;
	HASH_ITER(hh, names->named, named, next)
		if (!named->count && now_ns - named->unclaimed_since_ns >= names->grace_ns)
			forget(names, named);
}

uint64_t names_folded(const struct names *names)
{
	return names->folded;
}
