/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What runtimes say of containers, on its way into the model: asks for each container that the model shows, keeps what was told
 * also for containers whose cgroup is not known yet, and gives it to all cgroups of that id.
 */
#include <stdint.h>

#include "enrich/runtime.h"
#include "model/model.h"

struct names;

int names_new(struct model *model, uint64_t grace_ns, struct names **ret_names);
/* NULL is allowed. */
void names_free(struct names *names);

/* From now on runtimes are asked. Of `settings` transfers and callback are given here; what it points to must stay. Once; 0 or
 * negative errno. */
int names_ask_runtimes(struct names *names, struct transfers *transfers,
		       const struct runtimes_settings *settings);
/* NULL when none are. */
const struct runtimes *names_runtimes(const struct names *names);

/* The model got `cgroup`: it is given what is known of its container, which else is asked for. */
void names_add(struct names *names, const struct cgroup *cgroup, uint64_t now_ns, uint64_t realtime_ns);
/* The cgroup with this number and container id is forgotten. */
void names_remove(struct names *names, const char *id, uint64_t cgroup_id);

/* To be called every 250 ms. */
void names_turn(struct names *names, uint64_t now_ns, uint64_t realtime_ns);

/* Containers told of that found no room because too many were waiting for a cgroup. */
uint64_t names_folded(const struct names *names);
