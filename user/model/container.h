/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The table of containers: the inside of model.h. */
#include "model/model.h"

/* The container of these names, made at first sight; past the limit of containers the common `other` (counted). NULL when out of
 * memory. */
struct container *container_get(struct model *model, const char *namespace, const char *pod, const char *name,
				uint64_t realtime_ns);
/* The one container of all cgroups whose path could not be found out. */
struct container *container_unknown(struct model *model, uint64_t realtime_ns);
/* The container of these names, or NULL. */
struct container *container_find(const struct model *model, const char *namespace, const char *pod,
				 const char *name);
/* Gives it other names, which no container has; its counters go on under them. 0 or -ENOMEM (then nothing has changed). */
int container_rename(struct model *model, struct container *container, const char *namespace, const char *pod,
		     const char *name);
/* Moves all that `from` is and has counted to `to`, so that `to` never goes back, and frees `from`. */
void container_merge(struct model *model, struct container *from, struct container *to);
/* A program of it is still referred to by a thread or process. */
bool container_is_held(const struct container *container);
void container_free(struct container *container);
