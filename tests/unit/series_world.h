/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A model whose containers and programs are got by name, and the moments at which it is read. */
#include <stdio.h>

#include "equal_real.h"
#include "model/container.h"
#include "model/series.h"
#include "model_world.h"

#define S 1000000000ULL
#define BEGIN (1000003 * S)

static struct cgroup *add(uint64_t id, const char *name)
{
	struct identity identity = { .runtime = "docker" };
	struct cgroup *cgroup = NULL;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "id of %s", name);
	cr_assert_eq(model_cgroup_add(model, id, "/x", &identity, 1, &cgroup), 0);
	return cgroup;
}

static struct program *get(struct container *container, const char *name)
{
	struct program *program = model_program_get(model, container, name, false, 1, 1);

	cr_assert_not_null(program);
	return program;
}
