/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "api/api_endpoint.h"
#include "model/series.h"

static const struct container *container_of(const void *item)
{
	return ((const struct process *)item)->program->container;
}

static const char *program_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct process *)item)->program->name;
}

static double pid_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct process *)item)->key.tgid;
}

/* The kernel counts from the machine's start. */
static double start_of(const struct api_answer *answer, const void *item)
{
	uint64_t start_ns = ((const struct process *)item)->key.start_ns;

	return answer->in->boot_ns ? (double)(answer->in->boot_ns + start_ns) / 1e9 : NAN;
}

static double cpu_of(const struct api_answer *answer, const void *item)
{
	if (answer->in->model->missing >> NEEDS_TASKS & 1)
		return NAN;
	return (double)((const struct process *)item)->cpu_ns / 1e9;
}

static const struct api_field fields[] = {
	{ "pid", API_NUMBER, API_EXACT, .number = pid_of },
	{ "start_seconds", API_NUMBER, 0, .number = start_of },
	{ "program", API_TEXT, API_NAME | API_EXACT, .text = program_of },
	API_FIELD_NAMESPACE,
	API_FIELD_POD,
	API_FIELD_CONTAINER,
	{ "cpu_seconds", API_NUMBER, 0, .number = cpu_of },
};

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	for (const struct process *p = answer->in->model->processes; p; p = p->hh.next) {
		if (!p->exited && p->threads > 0)
			api_list_add(run, p);
	}
	return 0;
}

static double series_of(const struct api_answer *answer, const void *item, unsigned int id)
{
	return series_of_process(answer->in->model, item, id);
}

const struct api_list api_endpoint_processes = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.container = container_of,
	.level = LEVEL_PROCESS,
	.series = series_of,
	.sort = "-cpu_cores",
	.collect = collect,
};
