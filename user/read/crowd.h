/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The kernel's groups (histograms, TCP) are one per cgroup, and a container may make any number of cgroups. One that has 1 / GROUP_SHARE
 * of all groups gets no more: its further cgroups count for the node alone, and others find room.
 */
#include "read/table.h"
#include "model/model.h"

/* Tells the kernel who has enough; `groups` are in use. Counts them for each container (container->groups) once anybody can have. */
void crowd_pass(const struct table *table, struct model *model, uint64_t groups);
