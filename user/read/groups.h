/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the kernel keeps per cgroup: histograms, TCP connections. */
#include "read/table.h"
#include "read/tcp_groups.h"
#include "read/thread.h"

struct groups;

/* `survey`: see tcp_groups.h. 0 or negative errno. */
int groups_new(struct table *table, tcp_groups_survey *survey, void *context, struct groups **ret_groups);
void groups_free(struct groups *groups);

/* Adds what grew to the containers of the cgroups that ran since the last reading, and gives back the groups of removed ones. */
void groups_pass(struct groups *groups, const struct thread_owner *owner);
/* Groups in use. */
uint64_t groups_count(const struct groups *groups);
/* TCP connections opened that no cgroup could be given. */
uint64_t groups_unattributed_connections(const struct groups *groups);
