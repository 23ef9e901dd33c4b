/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* TCP connections as the kernel keeps them per cgroup: counters, the gauge of open ones, histograms. And what UDP dropped. */
#include "read/table.h"
#include "read/thread.h"

struct tcp_groups;

/* Has survey_drops run, which moves drops from group 0 to those of the sockets' owners. */
typedef void tcp_groups_survey(void *context);

/* `table` outlives it. 0 or -ENOMEM. */
int tcp_groups_new(const struct table *table, tcp_groups_survey *survey, void *context,
		   struct tcp_groups **ret_groups);
void tcp_groups_free(struct tcp_groups *groups);

/*
 * Adds what grew in each group to the container of its cgroup and to the node, and sets the gauges anew. Packets come without a
 * thread of the cgroup running, so all groups in use are looked at: two cache lines each. A cgroup that only its sockets told of
 * is asked for by `owner->find_cgroup`. Returns how many are in use.
 */
uint32_t tcp_groups_pass(struct tcp_groups *groups, const struct thread_owner *owner);
/* The last of a group whose cgroup is gone; its open connections end in group 0, so they stay in the node's gauge. */
void tcp_groups_release(struct tcp_groups *groups, const struct cgroup *cgroup, struct model *model);
/* Connections opened that no cgroup could be given. */
uint64_t tcp_groups_unattributed(const struct tcp_groups *groups);
