/* SPDX-License-Identifier: Apache-2.0 */
#include "model/budget.h"

#include "model/disk_device.h"
#include "model/pod.h"

uint64_t budget_taken(const struct model *model)
{
	const struct series_costs *costs = &model->limits.costs;
	/* each with its own `other`; the ones of these names are there when they are needed */
	uint64_t containers = HASH_COUNT(model->containers) + !model->other;
	uint64_t pods = HASH_COUNT(model->pods) + 1, devices = HASH_COUNT(model->devices) + 1;
	uint64_t instances = HASH_COUNT(model->cgroups) - (model->other ? model->other->instance_count : 0);

	return containers * (costs->container + costs->program) + model->program_count * costs->program +
	       pods * (costs->pod + costs->interface) + model->interface_count * costs->interface +
	       devices * costs->device + instances * costs->instance;
}

bool budget_has_room(const struct model *model, uint32_t more)
{
	return model->limits.series == 0 || budget_taken(model) + more <= model->limits.series;
}
