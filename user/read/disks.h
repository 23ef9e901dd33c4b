/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the kernel keeps of block requests, per disk and per cgroup. */
#include "model/model.h"
#include "read/table.h"
#include "read/thread.h"

struct disks;

struct disks_statistics {
	uint64_t entries, capacity;
	uint64_t lost;         /* requests whose completion was not seen: in no number */
	uint64_t unattributed; /* requests of no cgroup that is known */
};

int disks_new(struct table *table, struct disks **ret_disks);
void disks_free(struct disks *disks);

/* Adds what grew to the containers of the cgroups and to the disks, and gives back the entries of removed cgroups. */
void disks_pass(struct disks *disks, const struct thread_owner *owner);
const struct disks_statistics *disks_statistics(const struct disks *disks);
