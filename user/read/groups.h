/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the kernel keeps per cgroup: histograms. */
#include "model/model.h"
#include "read/table.h"

struct groups;

int groups_new(struct table *table, struct groups **ret_groups);
void groups_free(struct groups *groups);

/* Adds what grew to the containers of the cgroups that ran since the last reading, and gives back the groups of removed ones. */
void groups_pass(struct groups *groups, struct model *model);
/* Groups in use. */
uint64_t groups_count(const struct groups *groups);
