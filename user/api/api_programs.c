/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_endpoint.h"
#include "model/history.h"
#include "model/series.h"

static const struct container *container_of(const void *item)
{
	return ((const struct program *)item)->container;
}

static const char *name_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct program *)item)->name;
}

static const struct api_field fields[] = {
	API_FIELD_NAMESPACE,
	API_FIELD_POD,
	API_FIELD_CONTAINER,
	{ "program", API_TEXT, API_NAME | API_EXACT, .text = name_of },
};

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	for (const struct container *c = answer->in->model->containers; c; c = c->hh.next) {
		for (const struct program *p = c->programs; p; p = p->hh.next)
			if (p != c->other)
				api_list_add(run, p);
		if (c->other)
			api_list_add(run, c->other);
	}
	return 0;
}

static double series_of(const struct api_answer *answer, const void *item, unsigned int id)
{
	return series_of_program(answer->in->model, item, id);
}

static struct history_entity entity_of(const struct api_answer *answer, const void *item)
{
	const struct program *program = item;

	(void)answer;
	return (struct history_entity){ .level = HISTORY_PROGRAM,
					.namespace = program->container->namespace,
					.pod = program->container->pod,
					.container = program->container->name,
					.program = program->name };
}

static void write_detail(struct api_answer *answer, const void *item)
{
	const struct program *program = item;

	api_endpoint_add_metrics(answer, LEVEL_PROGRAM, program->container, program->value);
}

const struct api_list api_endpoint_programs = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.container = container_of,
	.level = LEVEL_PROGRAM,
	.series = series_of,
	.entity = entity_of,
	.sort = "-cpu_cores",
	.collect = collect,
	.detail = write_detail,
};
