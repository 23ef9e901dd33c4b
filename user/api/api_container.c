/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_container.h"

#include <string.h>

#define COMPARED_MAX 64

const struct cgroup *api_container_instance(const struct container *container)
{
	const struct cgroup *found = NULL;

	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		if (!cgroup->identity)
			continue;
		if (!cgroup->removed)
			return cgroup;
		found = found ?: cgroup;
	}
	return found;
}

const char *api_container_kind(const struct model *model, const struct container *container)
{
	static const char *const kinds[IDENTITY_KINDS] = {
		[IDENTITY_CONTAINER] = "container", [IDENTITY_POD] = "sandbox", [IDENTITY_UNIT] = "unit",
		[IDENTITY_SLICE] = "slice",         [IDENTITY_PATH] = "other",
	};
	const struct cgroup *cgroup = api_container_instance(container);

	if (container == model->host)
		return "host";
	if (container == model->unknown)
		return "unknown";
	if (!cgroup || container == model->other)
		return "other";
	if (cgroup->details && cgroup->details->is_sandbox)
		return "sandbox";
	return kinds[cgroup->identity->kind];
}

const char *api_container_pod_uid(const struct container *container)
{
	const struct cgroup *cgroup = api_container_instance(container);

	if (!cgroup)
		return "";
	return cgroup->details && *cgroup->details->pod_uid ? cgroup->details->pod_uid :
							      cgroup->identity->pod_uid;
}

static bool is_counted_before(const struct container *container, const struct cgroup *cgroup)
{
	for (const struct cgroup *other = container->instances; other != cgroup;
	     other = other->next_instance) {
		if (other->identity && other->removed == cgroup->removed &&
		    strcmp(other->identity->id, cgroup->identity->id) == 0)
			return true;
	}
	return false;
}

/* On v1 and hybrid hosts one instance has a cgroup in each hierarchy. */
unsigned int api_container_instances(const struct container *container)
{
	unsigned int alive = 0, gone = 0;

	if (container->instance_count > COMPARED_MAX)
		return container->alive ?: container->instance_count;
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		if (!cgroup->identity || is_counted_before(container, cgroup))
			continue;
		alive += !cgroup->removed;
		gone += cgroup->removed;
	}
	return alive ?: gone;
}
