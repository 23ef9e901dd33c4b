/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What cgroups.c (which there are) and cgroups_read.c (their files) share. Private to the two. */
#include "collect/cgroups.h"
#include "collect/networks.h"
#include "read/container_files.h"

/* One cgroup of the machine, whether it is of interest or not. */
struct known {
	UT_hash_handle hh;           /* by id */
	struct known *next, **place; /* in one of the lists of struct cgroups */
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
	struct known **by_turn; /* [settings.rounds]: whose files are looked at in this turn of each round */
	struct known *early;    /* in the next turn */
	struct known *removed;
	struct networks *networks;
	uint64_t turn;
	uint32_t walk;
	bool has_old_gauges;       /* containers with many instances that were read */
	uint64_t instance_changes; /* of the model when gauges were last summed */
	uint32_t nameless;         /* cgroups that were met without a path to be had, ever since */
	uint32_t nameless_at_walk;
	uint64_t wanted_until_ns;     /* instances */
	bool started;                 /* the first walk is over: what is met later was born */
	uint64_t now_ns, realtime_ns; /* of the call under way */
};

/* Of the call under way. */
void cgroups_known_set_time(struct cgroups *cgroups, uint64_t now_ns, uint64_t realtime_ns);
/* NULL: there is none of this id. */
struct known *cgroups_known_find(const struct cgroups *cgroups, uint64_t id);
/* Puts it into the list that it belongs to by now. */
void cgroups_known_place(struct cgroups *cgroups, struct known *known);
/* It is gone: its container may end, its files are closed. */
void cgroups_known_lose(struct cgroups *cgroups, struct known *known);
/* Frees it. */
void cgroups_known_forget(struct cgroups *cgroups, struct known *known);
/* Is it gone when it is not where its path says? */
bool cgroups_known_must_be_there(const struct cgroups *cgroups, const struct known *known);

/* Opens the files of a container's own cgroup, unless they are open or the other hierarchy's are enough. */
void cgroups_known_open_files(struct cgroups *cgroups, struct known *known, const struct cgroup *cgroup);
/* Shows it as an instance when it is one of those around containers, or the root; ends that. */
void cgroups_known_add_parent(struct cgroups *cgroups, struct known *known);
void cgroups_known_lose_parent(struct cgroups *cgroups, struct known *known);
