/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/time.h"
#include "collect/cgroups.h"
#include "collect/networks.h"
#include "enrich/cgroup_path.h"
#include "model/journal_watch.h"
#include "read/container_files.h"
#include "read/container_gauges.h"

#define WANTED_NS \
	(5 * 60 * NS_PER_S) /* files that only struct instance needs are read so long after somebody asked */
#define QUIET_TURNS_WANTED \
	6 /* the same while somebody asks for instances: writeback and reclaim need no thread of it */
#define WANTED_AT_ONCE 150 /* read for the first who asks, some 18 ms; the rest comes in the next turns */
#define UNMET_NS \
	(10 * NS_PER_S) /* a removed cgroup in which no thread was met: records are all read by then */
#define EARLY_TURNS 2
#define VIEWED_TURNS 4 /* a second: containers that somebody looks at */
#define QUIET_TURNS 30 /* a container that did nothing is read every 30th time: its files hardly change */

/* One cgroup of the machine, whether it is of interest or not. */
struct known {
	UT_hash_handle hh; /* by id */
	uint64_t id;
	char *path;
	bool in_model;
	bool born;   /* after ktally */
	bool told;   /* not by a walk: it may lie outside what is mounted */
	bool is_own; /* the path is a container's own */
	bool removed;
	uint64_t removed_ns;
	uint64_t activity; /* of the cgroup when its files were read */
	bool is_active;    /* it had grown since the reading before */
	uint32_t turn;
	uint32_t early_turns; /* in which it was read one after the other */
	uint32_t seen;        /* number of the last walk that met it */
	struct container_files *files;
	struct networks_link link;
	struct cgroup *parent; /* in model->parents: shown as an instance, though no container */
	struct instance_files *parent_files;
};

struct cgroups {
	struct cgroups_settings settings;
	struct known *known;
	struct networks *networks;
	uint64_t turn;
	uint32_t walk;
	uint64_t wanted_until_ns;     /* instances */
	bool started;                 /* the first walk is over: what is met later was born */
	uint64_t now_ns, realtime_ns; /* of the call under way */
};

int cgroups_new(const struct cgroups_settings *settings, struct cgroups **ret_cgroups)
{
	const struct networks_settings networks = { settings->paths, settings->cgroupfs, settings->model,
						    settings->interval_ns };
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	int error;

	if (!cgroups)
		return -ENOMEM;
	cgroups->settings = *settings;
	error = networks_new(&networks, &cgroups->networks);
	if (error) {
		free(cgroups);
		return error;
	}
	*ret_cgroups = cgroups;
	return 0;
}

static void set_time(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	cgroups->now_ns = now_ns;
	cgroups->realtime_ns = realtime_ns;
}

static void lose_parent(struct cgroups *cgroups, struct known *known)
{
	if (known->parent)
		model_parent_remove(cgroups->settings.model, known->parent);
	known->parent = NULL;
	instance_files_free(known->parent_files);
	known->parent_files = NULL;
}

static void forget(struct cgroups *cgroups, struct known *known)
{
	struct identity identity;

	cgroup_path_identify(known->path, &identity, NULL);
	names_remove(cgroups->settings.names, identity.id, known->id);
	HASH_DEL(cgroups->known, known);
	lose_parent(cgroups, known);
	container_files_free(known->files);
	free(known->path);
	free(known);
}

void cgroups_free(struct cgroups *cgroups)
{
	struct known *known, *next;

	if (!cgroups)
		return;
	HASH_ITER(hh, cgroups->known, known, next)
		forget(cgroups, known);
	networks_free(cgroups->networks);
	free(cgroups);
}

static struct known *find(const struct cgroups *cgroups, uint64_t id)
{
	struct known *known;

	HASH_FIND(hh, cgroups->known, &id, sizeof(id), known);
	return known;
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

static void open_files(struct cgroups *cgroups, struct known *known, const struct cgroup *cgroup)
{
	if (known->files || known->removed || !known->is_own || is_second(cgroups, known, cgroup))
		return;
	if (container_files_open(cgroups->settings.cgroupfs, known->path, known->id & CGROUP_V1,
				 known->born ? CONTAINER_FILES_BORN : 0, &known->files))
		known->files = NULL;
}

static void end_in_model(struct cgroups *cgroups, const struct known *known, struct cgroup *cgroup,
			 uint64_t removed_ns)
{
	model_cgroup_remove(cgroups->settings.model, cgroup, removed_ns);
	if (known->is_own)
		journal_watch_end(cgroups->settings.model, cgroup);
}

static struct cgroup *add_to_model(struct cgroups *cgroups, struct known *known)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, known->id);
	struct identity identity;

	known->is_own = cgroup_path_identify(known->path, &identity, NULL) == CGROUP_PATH_OWN &&
			identity.name[0];
	if (cgroup) {
		if (model_cgroup_name(cgroups->settings.model, cgroup, known->path, &identity,
				      cgroups->now_ns, cgroups->realtime_ns))
			return NULL;
	} else if (model_cgroup_add(cgroups->settings.model, known->id, known->path, &identity,
				    cgroups->realtime_ns, &cgroup)) {
		return NULL;
	}
	known->in_model = true;
	names_add(cgroups->settings.names, cgroup, cgroups->now_ns, cgroups->realtime_ns);
	if (known->born && known->is_own)
		journal_watch_start(cgroups->settings.model, cgroup);
	if (known->removed)
		end_in_model(cgroups, known, cgroup, known->removed_ns);
	open_files(cgroups, known, cgroup);
	return cgroup;
}

/* Containers are shown also before their first process; other cgroups when a thread is met in them. */
static bool is_container(const char *path)
{
	struct identity identity;

	return cgroup_path_identify(path, &identity, NULL) == CGROUP_PATH_OWN &&
	       identity.kind == IDENTITY_CONTAINER;
}

/* The root is shown as the machine; those around containers when they are asked for. On hybrid hosts the v1 cgroup of the same
 * path stands for both. */
static void add_parent(struct cgroups *cgroups, struct known *known)
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

static struct known *learn(struct cgroups *cgroups, uint64_t id, const char *path)
{
	struct known *known = find(cgroups, id);

	if (known)
		return known;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->id = id;
	known->path = strdup(path);
	if (!known->path) {
		free(known);
		return NULL;
	}
	known->born = cgroups->started;
	HASH_ADD(hh, cgroups->known, id, sizeof(known->id), known);
	if (!HASH_HAS(known)) {
		free(known->path);
		free(known);
		return NULL;
	}
	add_parent(cgroups, known);
	/* on hybrid hosts the v1 cgroup of the same path stands for both */
	if (model_cgroup_find(cgroups->settings.model, id) || cgroups->settings.usage ||
	    (is_container(path) && (id & CGROUP_V1 || !cgroupfs_has_v1_cpu(cgroups->settings.cgroupfs))))
		add_to_model(cgroups, known);
	return known;
}

/* Of the hierarchies' roots the id is known also where they are not mounted, see cgroupfs.c. */
static void learn_roots(struct cgroups *cgroups)
{
	static const uint64_t ids[] = { 1, 1 | CGROUP_V1 };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct known *known = learn(cgroups, ids[i], "/");

		if (known)
			known->told = true;
	}
}

static void lose(struct cgroups *cgroups, struct known *known)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, known->id);

	if (known->removed)
		return;
	known->removed = true;
	known->removed_ns = cgroups->now_ns;
	container_files_free(known->files);
	known->files = NULL;
	lose_parent(cgroups, known);
	if (!cgroup)
		return;
	networks_leave(&known->link, cgroup, cgroups->now_ns);
	cgroup->network = NULL;
	end_in_model(cgroups, known, cgroup, cgroups->now_ns);
	if (!cgroup->container->alive)
		container_gauges_sum(cgroup->container, cgroups->settings.usage);
}

/* Is it gone when it is not where its path says? In a part of the hierarchy that is mounted most are not: notices tell then. */
static bool must_be_there(const struct cgroups *cgroups, const struct known *known)
{
	return cgroups->settings.cgroupfs->is_whole || !known->told;
}

static int on_walk(void *context, int dir_fd, uint64_t id, const char *path)
{
	struct cgroups *cgroups = context;
	struct known *known = learn(cgroups, id, path);

	(void)dir_fd;
	if (known)
		known->seen = cgroups->walk;
	return 0;
}

/* Those met by a thread, whose notices were lost and which no walk has found: they are gone. */
static void lose_nameless(struct cgroups *cgroups)
{
	struct model *model = cgroups->settings.model;

	for (struct cgroup *cgroup = model->cgroups; cgroup; cgroup = cgroup->hh.next)
		if (!cgroup->removed && !cgroup->references && !find(cgroups, cgroup->id))
			model_cgroup_remove(model, cgroup, cgroups->now_ns);
}

int cgroups_walk(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	struct known *known, *next;
	int error;

	cgroups->walk++;
	set_time(cgroups, now_ns, realtime_ns);
	if (!cgroups->settings.cgroupfs->is_whole)
		learn_roots(cgroups);
	error = cgroupfs_walk(cgroups->settings.cgroupfs, on_walk, cgroups);
	cgroups->started = true;
	if (error)
		return error;
	HASH_ITER(hh, cgroups->known, known, next)
		if (known->seen != cgroups->walk && must_be_there(cgroups, known))
			lose(cgroups, known);
	if (cgroups->settings.cgroupfs->is_whole)
		lose_nameless(cgroups);
	return 0;
}

void cgroups_notice(struct cgroups *cgroups, const struct event_cgroup *event, uint64_t now_ns,
		    uint64_t realtime_ns)
{
	struct known *known;

	set_time(cgroups, now_ns, realtime_ns);
	if (event->header.type == EVENT_CGROUP_RMDIR) {
		known = find(cgroups, event->cgroup_id);
		if (!known && model_cgroup_find(cgroups->settings.model, event->cgroup_id))
			known = learn(cgroups, event->cgroup_id, event->path); /* named at its end */
		if (known)
			lose(cgroups, known);
		return;
	}
	known = learn(cgroups, event->cgroup_id, event->path);
	if (known) {
		known->seen = cgroups->walk;
		known->told = true;
	}
}

/* Path of a process's cgroup from procfs: for cgroups whose notice was lost or that lie outside our cgroup namespace. */
static int path_of_process(const struct cgroups *cgroups, uint64_t id, uint32_t pid, char *path,
			   size_t capacity)
{
	char name[64], text[16 * 1024], *rest = text, *line;
	bool v1 = id & CGROUP_V1;

	snprintf(name, sizeof(name), "%s/%u/cgroup", cgroups->settings.paths->procfs, pid);
	if (file_read_at(-1, name, text, sizeof(text)) < 0)
		return -ENOENT;
	while ((line = strsep(&rest, "\n"))) {
		char *controllers = strchr(line, ':'),
		     *found = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!found)
			continue;
		*found++ = '\0';
		if (v1 ? strtoul(line, NULL, 10) != cgroups->settings.cgroupfs->v1_id[CONTROLLER_CPU] :
			 controllers[1] != '\0')
			continue;
		if ((size_t)snprintf(path, capacity, "%s", found) >= capacity)
			return -ENAMETOOLONG;
		return cgroupfs_is_alive(cgroups->settings.cgroupfs, id, path) ? 0 : -ESTALE;
	}
	return -ENOENT;
}

bool cgroups_knows(const struct cgroups *cgroups, uint64_t id)
{
	return find(cgroups, id);
}

struct cgroup *cgroups_get(struct cgroups *cgroups, uint64_t id, uint32_t pid, uint64_t now_ns,
			   uint64_t realtime_ns)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, id);
	struct known *known = find(cgroups, id);
	char path[EVENT_PATH_SIZE];

	if (cgroup)
		return cgroup;
	set_time(cgroups, now_ns, realtime_ns);
	if (!known && path_of_process(cgroups, id, pid, path, sizeof(path)) == 0)
		known = learn(cgroups, id, path);
	if (known)
		return add_to_model(cgroups, known);
	return model_cgroup_add(cgroups->settings.model, id, NULL, NULL, realtime_ns, &cgroup) ? NULL :
												 cgroup;
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
		lose(cgroups, known);
		return error;
	}
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
		lose(cgroups, known);
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
		open_files(cgroups, known, cgroup);
		if (!known->files && must_be_there(cgroups, known) &&
		    !cgroupfs_is_alive(cgroups->settings.cgroupfs, known->id, known->path))
			lose(cgroups, known);
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

void cgroups_read_host_devices(struct cgroups *cgroups)
{
	networks_read_host(cgroups->networks);
}

void cgroups_want_instances(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	struct known *known, *next;
	unsigned int count = 0;

	set_time(cgroups, now_ns, realtime_ns);
	if (!is_wanted(cgroups))
		begin_wanted(cgroups);
	cgroups->wanted_until_ns = now_ns + WANTED_NS;
	HASH_ITER(hh, cgroups->known, known, next) {
		struct cgroup *cgroup = known->files ? model_cgroup_find(cgroups->settings.model, known->id) :
						       NULL;

		bool is_read = false;

		if (count >= WANTED_AT_ONCE)
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
			struct known *known = find(cgroups, cgroup->id);

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

	for (container = cgroups->settings.model->containers; container; container = container->hh.next)
		if (container->has_old_gauges)
			container_gauges_sum(container, cgroups->settings.usage);
}

void cgroups_read(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	uint32_t rounds = cgroups->settings.rounds ?: 1;
	struct known *known, *next;

	set_time(cgroups, now_ns, realtime_ns);
	/* what has no name yet may have one now; without BPF there are no notices */
	if (cgroups->turn % rounds == 0 && (cgroups->settings.usage || cgroups->settings.model->unknown))
		cgroups_walk(cgroups, now_ns, realtime_ns);
	read_viewed(cgroups);
	if (cgroups->turn % rounds == 0)
		networks_read_host_protocols(cgroups->networks);
	HASH_ITER(hh, cgroups->known, known, next) {
		if (known->removed) {
			if (now_ns - known->removed_ns >=
			    (known->in_model ? cgroups->settings.grace_ns : UNMET_NS))
				forget(cgroups, known);
			continue;
		}
		if (known->turn && known->id % rounds != cgroups->turn % rounds)
			continue;
		if (known->in_model)
			read_one(cgroups, known);
		if (known->parent && is_wanted(cgroups))
			read_parent(cgroups, known);
	}
	cgroups->turn++;
	sum_gauges(cgroups);
}

const char *cgroups_network_reason(const struct cgroups *cgroups)
{
	return networks_reason(cgroups->networks);
}
