/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a container is, as its instances tell. Private to api*.c. */
#include "model/model.h"

/* "container", "sandbox", "unit", "slice", "host", "unknown" (cgroups whose path is not known), "other". */
const char *api_container_kind(const struct model *model, const struct container *container);
/* The instance that speaks for it: one with an identity, alive where there is one. NULL: none has. */
const struct cgroup *api_container_instance(const struct container *container);
/* "" when it is not known or in no pod. */
const char *api_container_pod_uid(const struct container *container);
/* Different ones that are alive, or, where none is, that there were; past 64 cgroups all count. */
unsigned int api_container_instances(const struct container *container);
