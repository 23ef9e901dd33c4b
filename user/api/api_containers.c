/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "api/api_container.h"
#include "api/api_endpoint.h"
#include "model/history.h"
#include "model/series.h"

static const struct container *container_of(const void *item)
{
	return item;
}

static const char *kind_of(const struct api_answer *answer, const void *item)
{
	return api_container_kind(answer->in->model, item);
}

static const char *runtime_of(const struct api_answer *answer, const void *item)
{
	const struct cgroup *cgroup = api_container_instance(item);

	(void)answer;
	return cgroup ? cgroup->identity->runtime : NULL;
}

static const char *image_of(const struct api_answer *answer, const void *item)
{
	const struct cgroup *cgroup = api_container_instance(item);

	(void)answer;
	return cgroup && cgroup->details && *cgroup->details->image ? cgroup->details->image : NULL;
}

static const char *id_of(const struct api_answer *answer, const void *item)
{
	const struct cgroup *cgroup = api_container_instance(item);

	(void)answer;
	return cgroup ? cgroup->identity->id : NULL;
}

static const char *pod_uid_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return api_container_pod_uid(item);
}

static bool is_alive(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct container *)item)->dead_since_ns == 0;
}

static double instances_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return api_container_instances(item);
}

static double file_value(const struct container *container, unsigned int index)
{
	return container->has_file[index - PROGRAM_VALUES] && container->dead_since_ns == 0 ?
		       (double)container->value[index] :
		       NAN;
}

static double started_of(const struct api_answer *answer, const void *item)
{
	const struct cgroup *cgroup = api_container_instance(item);

	(void)answer;
	if (cgroup && cgroup->details && cgroup->details->started_ns)
		return (double)cgroup->details->started_ns / 1e9;
	return file_value(item, V_START_TIME) / 1e9;
}

static double cpu_limit_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return file_value(item, V_CPU_LIMIT) / 1e3;
}

static double memory_limit_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return file_value(item, V_MEMORY_LIMIT);
}

static double processes_limit_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return file_value(item, V_PROCESSES_LIMIT);
}

static double oom_kills_of(const struct api_answer *answer, const void *item)
{
	const struct container *container = item;

	return answer->in->model->missing >> NEEDS_VICTIMS & 1 ? NAN : (double)container->value[V_OOM_KILLS];
}

static const struct api_field fields[] = {
	API_FIELD_NAMESPACE,
	API_FIELD_POD,
	API_FIELD_CONTAINER,
	{ "kind", API_TEXT, API_EXACT, .text = kind_of },
	{ "runtime", API_TEXT, 0, .text = runtime_of },
	{ "image", API_TEXT, API_NAME, .text = image_of },
	{ "id", API_TEXT, API_NAME, .text = id_of },
	{ "pod_uid", API_TEXT, 0, .text = pod_uid_of },
	{ "alive", API_FLAG, 0, .flag = is_alive },
	{ "instances", API_NUMBER, 0, .number = instances_of },
	{ "started_seconds", API_NUMBER, 0, .number = started_of },
	{ "cpu_limit_cores", API_NUMBER, 0, .number = cpu_limit_of },
	{ "memory_limit_bytes", API_NUMBER, 0, .number = memory_limit_of },
	{ "processes_limit", API_NUMBER, 0, .number = processes_limit_of },
	{ "oom_kills", API_NUMBER, 0, .number = oom_kills_of },
};

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	for (const struct container *c = answer->in->model->containers; c; c = c->hh.next)
		api_list_add(run, c);
	return 0;
}

static double series_of(const struct api_answer *answer, const void *item, unsigned int id)
{
	return series_of_container(answer->in->model, item, id);
}

static struct history_entity entity_of(const struct api_answer *answer, const void *item)
{
	const struct container *container = item;

	(void)answer;
	return (struct history_entity){ .level = HISTORY_CONTAINER,
					.namespace = container->namespace,
					.pod = container->pod,
					.container = container->name,
					.program = "" };
}

static void write_detail(struct api_answer *answer, const void *item)
{
	const struct container *container = item;

	api_endpoint_add_metrics(answer, LEVEL_CONTAINER, container, container->value);
}

const struct api_list api_endpoint_containers = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.container = container_of,
	.level = LEVEL_CONTAINER,
	.series = series_of,
	.entity = entity_of,
	.sort = "-cpu_cores",
	.collect = collect,
	.detail = write_detail,
};
