/* SPDX-License-Identifier: Apache-2.0 */
/* The files of cgroups: which are read in which turn, those of instances and of the cgroups around containers included. */
#include <limits.h>
#include <string.h>

#include "base/time.h"
#include "collect/cgroups_known.h"
#include "enrich/cgroup_path.h"
#include "model/journal_watch.h"
#include "read/container_gauges.h"

#define WANTED_NS \
	(5 * 60 * NS_PER_S) /* files that only struct instance needs are read so long after somebody asked */
#define QUIET_TURNS_WANTED \
	6 /* the same while somebody asks for instances: writeback and reclaim need no thread of it */
#define READ_AT_ONCE \
	150 /* for the first who asks for instances, or of those that are new, some 18 ms; the rest comes in the next turns */
#define UNMET_NS \
	(10 * NS_PER_S) /* a removed cgroup in which no thread was met: records are all read by then */
#define EARLY_TURNS 2
#define FEW_INSTANCES 4 /* summed at each reading of one */
#define VIEWED_TURNS 4  /* a second: containers that somebody looks at */
#define QUIET_TURNS 30  /* a container that did nothing is read every 30th time: its files hardly change */

void cgroups_known_lose_parent(struct cgroups *cgroups, struct known *known)
{
	if (known->parent)
		model_parent_remove(cgroups->settings.model, known->parent);
	known->parent = NULL;
	instance_files_free(known->parent_files);
	known->parent_files = NULL;
}

/* The root is shown as the machine; those around containers when they are asked for. On hybrid hosts the v1 cgroup of the same
 * path stands for both. */
void cgroups_known_add_parent(struct cgroups *cgroups, struct known *known)
{
	struct identity identity;

	cgroup_path_identify(known->path, &identity, NULL);
	if (!(known->id & CGROUP_V1) && cgroupfs_has_v1_cpu(cgroups->settings.cgroupfs))
		return;
	/* where a part is mounted its root is not the machine's */
	if (strcmp(known->path, "/") == 0 && !cgroups->settings.cgroupfs->is_whole)
		return;
	if (strcmp(known->path, "/") != 0 &&
	    (!cgroups->settings.parents ||
	     (identity.kind != IDENTITY_POD && identity.kind != IDENTITY_SLICE)))
		return;
	known->parent = model_parent_add(cgroups->settings.model, known->path, &identity);
}

/* The other hierarchy's cgroup of the same path, on hybrid hosts: one of the two is enough for the files. */
static bool is_second(const struct cgroups *cgroups, const struct known *known, const struct cgroup *cgroup)
{
	if (known->id & CGROUP_V1 || !cgroupfs_has_v1_cpu(cgroups->settings.cgroupfs))
		return false;
	for (const struct cgroup *other = cgroup->container->instances; other; other = other->next_instance)
		if (other->id & CGROUP_V1 && strcmp(other->path, cgroup->path) == 0)
			return true;
	return false;
}

void cgroups_known_open_files(struct cgroups *cgroups, struct known *known, const struct cgroup *cgroup)
{
	if (known->files || known->removed || !known->is_own || is_second(cgroups, known, cgroup))
		return;
	if (container_files_open(cgroups->settings.cgroupfs, known->path, known->id & CGROUP_V1,
				 known->born ? CONTAINER_FILES_BORN : 0, &known->files))
		known->files = NULL;
}

static bool is_wanted(const struct cgroups *cgroups)
{
	return cgroups->now_ns < cgroups->wanted_until_ns;
}

static unsigned int read_flags(const struct cgroups *cgroups)
{
	return (cgroups->settings.usage ? INSTANCE_FILES_USAGE : 0) |
	       (is_wanted(cgroups) ? INSTANCE_FILES_ALL : 0);
}

/* 0; or the cgroup is gone. */
static int read_files(struct cgroups *cgroups, struct known *known, struct cgroup *cgroup)
{
	struct instance *instance = model_cgroup_instance(cgroup);
	int error;

	if (!instance)
		return 0;
	file_growth_begin(&instance->growth, cgroups->now_ns);
	error = container_files_read(known->files, cgroup->container, instance, read_flags(cgroups));
	if (error) {
		cgroups_known_lose(cgroups, known);
		return error;
	}
	if (cgroup->container->instance_count <= FEW_INSTANCES)
		container_gauges_sum(cgroup->container, cgroups->settings.usage);
	else
		cgroups->has_old_gauges = true;
	cgroups->settings.model->folded_disks += instance->disks_left_out;
	journal_watch_files(cgroups->settings.model, cgroup, known->born, cgroups->now_ns);
	return 0;
}

static void read_parent(struct cgroups *cgroups, struct known *known)
{
	if (!known->parent_files && instance_files_open(cgroups->settings.cgroupfs, known->path,
							known->id & CGROUP_V1, false, &known->parent_files))
		return;
	if (instance_files_read(known->parent_files, known->parent->instance, read_flags(cgroups)))
		cgroups_known_lose(cgroups, known);
	else if (strcmp(known->path, "/") == 0)
		networks_read_host(cgroups->networks);
}

static void read_one(struct cgroups *cgroups, struct known *known)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, known->id);
	uint32_t quiet_turns = is_wanted(cgroups) ? QUIET_TURNS_WANTED : QUIET_TURNS;
	bool was_active;

	if (!cgroup)
		return;
	/* once more after the last activity: what ended gives back its memory a moment later */
	was_active = known->is_active;
	known->is_active = cgroup->activity != known->activity;
	if (!cgroups->settings.usage && known->turn % quiet_turns && !known->is_active && !was_active) {
		known->turn++;
		return;
	}
	known->turn = 1;
	known->activity = cgroup->activity;
	if (!known->files) {
		cgroups_known_open_files(cgroups, known, cgroup);
		if (!known->files && cgroups_known_must_be_there(cgroups, known) &&
		    !cgroupfs_is_alive(cgroups->settings.cgroupfs, known->id, known->path))
			cgroups_known_lose(cgroups, known);
	}
	if (!known->files || read_files(cgroups, known, cgroup))
		return;
	if (networks_read(cgroups->networks, &known->link, cgroup, known->born, cgroups->now_ns,
			  cgroups->realtime_ns))
		known->turn = 0;
	cgroup->network = known->link.network;
	/* runtimes make a container's hierarchies one after the other: what was not there yet is, a turn later */
	if (known->born && known->early_turns < EARLY_TURNS) {
		known->early_turns++;
		known->turn = 0;
	}
}

/* What was read before nobody wanted it is old. */
static void begin_wanted(struct cgroups *cgroups)
{
	struct cgroup *cgroup;

	for (cgroup = cgroups->settings.model->cgroups; cgroup; cgroup = cgroup->hh.next)
		if (cgroup->instance)
			cgroup->instance->is_complete = false;
	for (cgroup = cgroups->settings.model->parents; cgroup; cgroup = cgroup->next_instance)
		cgroup->instance->is_complete = false;
}

void cgroups_want_instances(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	struct known *known, *next;
	unsigned int count = 0;

	cgroups_known_set_time(cgroups, now_ns, realtime_ns);
	if (!is_wanted(cgroups))
		begin_wanted(cgroups);
	cgroups->wanted_until_ns = now_ns + WANTED_NS;
	HASH_ITER(hh, cgroups->known, known, next) {
		struct cgroup *cgroup = known->files ? model_cgroup_find(cgroups->settings.model, known->id) :
						       NULL;

		bool is_read = false;

		if (count >= READ_AT_ONCE)
			return;
		if (known->parent && !known->parent->instance->is_complete) {
			read_parent(cgroups, known);
			is_read = true;
		}
		if (cgroup && !(cgroup->instance && cgroup->instance->is_complete)) {
			read_files(cgroups, known, cgroup);
			is_read = true;
		}
		count += is_read;
	}
}

static void read_viewed(struct cgroups *cgroups)
{
	const struct model *model = cgroups->settings.model;
	unsigned int count = 0;

	if (cgroups->now_ns >= model->viewed_until_ns || cgroups->turn % VIEWED_TURNS)
		return;
	for (struct container *container = model->containers; container; container = container->hh.next) {
		struct cgroup *cgroup, *next;

		if (cgroups->now_ns >= container->viewed_until_ns)
			continue;
		if (count++ == MODEL_VIEWED)
			return;
		for (cgroup = container->instances; cgroup; cgroup = next) {
			struct known *known = cgroups_known_find(cgroups, cgroup->id);

			next = cgroup->next_instance;
			if (known && known->files)
				read_files(cgroups, known, cgroup);
		}
	}
}

/* Once for all instances that were read, came or went: a container may have any number. */
static void sum_gauges(struct cgroups *cgroups)
{
	struct container *container;

	if (!cgroups->has_old_gauges &&
	    cgroups->instance_changes == cgroups->settings.model->instance_changes)
		return;
	cgroups->has_old_gauges = false;
	cgroups->instance_changes = cgroups->settings.model->instance_changes;
	for (container = cgroups->settings.model->containers; container; container = container->hh.next)
		if (container->has_old_gauges)
			container_gauges_sum(container, cgroups->settings.usage);
}

static void take_list(struct known **from, struct known **to)
{
	*to = *from;
	if (*to)
		(*to)->place = to;
	*from = NULL;
}

/* Each goes to the list that it belongs to then; those past the first `count` to the one that they come from. */
static void read_list(struct cgroups *cgroups, struct known **list, unsigned int count)
{
	struct known *known;

	for (; (known = *list); count -= count > 0) {
		if (count && known->in_model)
			read_one(cgroups, known);
		if (count && known->parent && is_wanted(cgroups))
			read_parent(cgroups, known);
		cgroups_known_place(cgroups, known);
	}
}

static void forget_removed(struct cgroups *cgroups)
{
	struct known *known, *next;

	for (known = cgroups->removed; known; known = next) {
		next = known->next;
		if (cgroups->now_ns - known->removed_ns >=
		    (known->in_model ? cgroups->settings.grace_ns : UNMET_NS))
			cgroups_known_forget(cgroups, known);
	}
}

/* Without BPF there are no notices; what has no name yet may have one now. That what no walk has found is still unknown is no reason
 * to walk all again soon: it takes 10 ms for 1,000 cgroups. */
static bool is_walk_due(const struct cgroups *cgroups)
{
	const struct container *unknown = cgroups->settings.model->unknown;
	uint64_t rounds = cgroups->settings.rounds;

	if (cgroups->turn % rounds)
		return false;
	return cgroups->settings.usage || cgroups->nameless != cgroups->nameless_at_walk ||
	       (unknown && unknown->alive && cgroups->turn % (QUIET_TURNS * rounds) == 0);
}

void cgroups_read(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	uint32_t rounds = cgroups->settings.rounds;
	struct known *early, *due;

	cgroups_known_set_time(cgroups, now_ns, realtime_ns);
	if (is_walk_due(cgroups))
		cgroups_walk(cgroups, now_ns, realtime_ns);
	read_viewed(cgroups);
	if (cgroups->turn % rounds == 0)
		networks_read_host_protocols(cgroups->networks);
	forget_removed(cgroups);
	take_list(&cgroups->early, &early);
	take_list(&cgroups->by_turn[cgroups->turn % rounds], &due);
	read_list(cgroups, &early, READ_AT_ONCE);
	read_list(cgroups, &due, UINT_MAX);
	networks_read_addresses(cgroups->networks, now_ns);
	cgroups->turn++;
	sum_gauges(cgroups);
}
