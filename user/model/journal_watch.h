/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What of the model's changes goes into the journal: containers that come and go, and what their files tell. */
#include "model/journal.h"
#include "model/model.h"

/* A container that began to be throttled is so until it was not for this long; so is one that hits its limits told once. */
#define JOURNAL_WATCH_NS (30 * 1000000000ULL)

/*
 * A container's own cgroup was made. It is told when a runtime named it, when it ended or 3 s later, with the time of now: by
 * journal_watch_tick(). Cgroups that are not a container's own, or the second of one container, are left out.
 */
void journal_watch_start(struct model *model, struct cgroup *cgroup);
/* A cgroup of a container was removed: its end is told with the last of them. After model_cgroup_remove(). */
void journal_watch_end(struct model *model, struct cgroup *cgroup);
/* Its files were read: throttling, limits. `is_born`: they began at 0 under ktally. */
void journal_watch_files(struct model *model, const struct cgroup *cgroup, bool is_born, uint64_t now_ns);
/* Once per tick. */
void journal_watch_tick(struct model *model);
