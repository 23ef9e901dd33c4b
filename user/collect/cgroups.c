/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "collect/cgroups_known.h"
#include "enrich/cgroup_path.h"
#include "model/journal_watch.h"
#include "read/container_gauges.h"

int cgroups_new(const struct cgroups_settings *settings, struct cgroups **ret_cgroups)
{
	const struct networks_settings networks = { settings->paths, settings->cgroupfs, settings->model,
						    settings->interval_ns };
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));
	int error;

	if (!cgroups)
		return -ENOMEM;
	cgroups->settings = *settings;
	cgroups->settings.rounds = settings->rounds ?: 1;
	cgroups->by_turn = calloc(cgroups->settings.rounds, sizeof(*cgroups->by_turn));
	error = cgroups->by_turn ? networks_new(&networks, &cgroups->networks) : -ENOMEM;
	if (error) {
		cgroups_free(cgroups);
		return error;
	}
	*ret_cgroups = cgroups;
	return 0;
}

void cgroups_known_set_time(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	cgroups->now_ns = now_ns;
	cgroups->realtime_ns = realtime_ns;
}

static void leave_list(struct known *known)
{
	if (!known->place)
		return;
	*known->place = known->next;
	if (known->next)
		known->next->place = known->place;
	known->place = NULL;
}

void cgroups_known_place(struct cgroups *cgroups, struct known *known)
{
	struct known **head = &cgroups->by_turn[known->id % cgroups->settings.rounds];

	if (known->removed)
		head = &cgroups->removed;
	else if (known->in_model && !known->turn)
		head = &cgroups->early;
	leave_list(known);
	known->next = *head;
	known->place = head;
	if (known->next)
		known->next->place = &known->next;
	*head = known;
}

void cgroups_known_forget(struct cgroups *cgroups, struct known *known)
{
	struct identity identity;

	leave_list(known);
	cgroup_path_identify(known->path, &identity, NULL);
	names_remove(cgroups->settings.names, identity.id, known->id);
	HASH_DEL(cgroups->known, known);
	cgroups_known_lose_parent(cgroups, known);
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
		cgroups_known_forget(cgroups, known);
	networks_free(cgroups->networks);
	free(cgroups->by_turn);
	free(cgroups);
}

struct known *cgroups_known_find(const struct cgroups *cgroups, uint64_t id)
{
	struct known *known;

	HASH_FIND(hh, cgroups->known, &id, sizeof(id), known);
	return known;
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
	cgroups_known_place(cgroups, known);
	names_add(cgroups->settings.names, cgroup, cgroups->now_ns, cgroups->realtime_ns);
	if (known->born && known->is_own)
		journal_watch_start(cgroups->settings.model, cgroup);
	if (known->removed)
		end_in_model(cgroups, known, cgroup, known->removed_ns);
	cgroups_known_open_files(cgroups, known, cgroup);
	return cgroup;
}

/* Containers are shown also before their first process; other cgroups when a thread is met in them. */
static bool is_container(const char *path)
{
	struct identity identity;

	return cgroup_path_identify(path, &identity, NULL) == CGROUP_PATH_OWN &&
	       identity.kind == IDENTITY_CONTAINER;
}

static struct known *learn(struct cgroups *cgroups, uint64_t id, const char *path)
{
	struct known *known = cgroups_known_find(cgroups, id);

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
	cgroups_known_place(cgroups, known);
	cgroups_known_add_parent(cgroups, known);
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

void cgroups_known_lose(struct cgroups *cgroups, struct known *known)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, known->id);

	if (known->removed)
		return;
	known->removed = true;
	known->removed_ns = cgroups->now_ns;
	cgroups_known_place(cgroups, known);
	container_files_free(known->files);
	known->files = NULL;
	cgroups_known_lose_parent(cgroups, known);
	if (!cgroup)
		return;
	networks_leave(&known->link, cgroup, cgroups->now_ns);
	cgroup->network = NULL;
	end_in_model(cgroups, known, cgroup, cgroups->now_ns);
	if (!cgroup->container->alive)
		container_gauges_sum(cgroup->container, cgroups->settings.usage);
}

/* Is it gone when it is not where its path says? In a part of the hierarchy that is mounted most are not: notices tell then. */
bool cgroups_known_must_be_there(const struct cgroups *cgroups, const struct known *known)
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
		if (!cgroup->removed && !cgroup->references && !cgroups_known_find(cgroups, cgroup->id))
			model_cgroup_remove(model, cgroup, cgroups->now_ns);
}

int cgroups_walk(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns)
{
	struct known *known, *next;
	int error;

	cgroups->walk++;
	cgroups->nameless_at_walk = cgroups->nameless;
	cgroups_known_set_time(cgroups, now_ns, realtime_ns);
	if (!cgroups->settings.cgroupfs->is_whole)
		learn_roots(cgroups);
	error = cgroupfs_walk(cgroups->settings.cgroupfs, on_walk, cgroups);
	cgroups->started = true;
	if (error)
		return error;
	HASH_ITER(hh, cgroups->known, known, next)
		if (known->seen != cgroups->walk && cgroups_known_must_be_there(cgroups, known))
			cgroups_known_lose(cgroups, known);
	if (cgroups->settings.cgroupfs->is_whole)
		lose_nameless(cgroups);
	return 0;
}

void cgroups_notice(struct cgroups *cgroups, const struct event_cgroup *event, uint64_t now_ns,
		    uint64_t realtime_ns)
{
	struct known *known;

	cgroups_known_set_time(cgroups, now_ns, realtime_ns);
	if (event->header.type == EVENT_CGROUP_RMDIR) {
		known = cgroups_known_find(cgroups, event->cgroup_id);
		if (!known && model_cgroup_find(cgroups->settings.model, event->cgroup_id))
			known = learn(cgroups, event->cgroup_id, event->path); /* named at its end */
		if (known)
			cgroups_known_lose(cgroups, known);
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
	return cgroups_known_find(cgroups, id);
}

struct cgroup *cgroups_get(struct cgroups *cgroups, uint64_t id, uint32_t pid, uint64_t now_ns,
			   uint64_t realtime_ns)
{
	struct cgroup *cgroup = model_cgroup_find(cgroups->settings.model, id);
	struct known *known = cgroups_known_find(cgroups, id);
	char path[EVENT_PATH_SIZE];

	if (cgroup)
		return cgroup;
	cgroups_known_set_time(cgroups, now_ns, realtime_ns);
	if (!known && path_of_process(cgroups, id, pid, path, sizeof(path)) == 0)
		known = learn(cgroups, id, path);
	if (known)
		return add_to_model(cgroups, known);
	cgroups->nameless++;
	return model_cgroup_add(cgroups->settings.model, id, NULL, NULL, realtime_ns, &cgroup) ? NULL :
												 cgroup;
}

void cgroups_read_host_devices(struct cgroups *cgroups)
{
	networks_read_host(cgroups->networks);
}

void cgroups_want_addresses(struct cgroups *cgroups, uint64_t now_ns)
{
	networks_want_addresses(cgroups->networks, now_ns);
}

const char *cgroups_network_reason(const struct cgroups *cgroups)
{
	return networks_reason(cgroups->networks);
}
