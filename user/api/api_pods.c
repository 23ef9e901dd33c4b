/* SPDX-License-Identifier: Apache-2.0 */
/* Pods are put together anew for each answer: the model keeps containers alone. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_container.h"
#include "api/api_endpoint.h"
#include "api/api_rates.h"
#include "model/pod.h"
#include "model/series.h"

#define FRESH_NS (15 * 1000000000ULL)

struct pod_sum {
	UT_hash_handle hh; /* by the names at the head of the key of `first` */
	const struct container *first;
	const struct container *identified; /* one that knows the pod's uid; NULL: none */
	uint32_t containers;                /* without the sandbox */
	double series[SERIES_COUNT];
};

struct pod_sums {
	struct pod_sum *table;
	struct pod_sum list[];
};

static const struct container *container_of(const void *item)
{
	return ((const struct pod_sum *)item)->first;
}

static const char *uid_of(const struct api_answer *answer, const void *item)
{
	const struct pod_sum *sum = item;

	(void)answer;
	return sum->identified ? api_container_pod_uid(sum->identified) : NULL;
}

static const char *qos_of(const struct api_answer *answer, const void *item)
{
	static const char *const names[] = {
		[IDENTITY_QOS_GUARANTEED] = "guaranteed",
		[IDENTITY_QOS_BURSTABLE] = "burstable",
		[IDENTITY_QOS_BESTEFFORT] = "besteffort",
	};
	const struct pod_sum *sum = item;

	(void)answer;
	return sum->identified ? names[api_container_instance(sum->identified)->identity->qos] : NULL;
}

static double containers_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct pod_sum *)item)->containers;
}

static const struct api_field fields[] = {
	API_FIELD_NAMESPACE,
	API_FIELD_POD,
	{ "pod_uid", API_TEXT, API_EXACT, .text = uid_of },
	{ "qos", API_TEXT, API_EXACT, .text = qos_of },
	{ "containers", API_NUMBER, 0, .number = containers_of },
};

/* The key of a container begins with the names of its pod, each with its NUL. */
static size_t key_size(const struct container *container)
{
	return (size_t)(container->name - container->key);
}

static int add_container(struct api_answer *answer, struct pod_sums *sums, const struct container *container)
{
	struct pod_sum *sum;

	HASH_FIND(hh, sums->table, container->key, key_size(container), sum);
	if (!sum) {
		sum = &sums->list[HASH_COUNT(sums->table)];
		sum->first = container;
		series_sum_begin(sum->series);
		HASH_ADD_KEYPTR(hh, sums->table, container->key, key_size(container), sum);
		if (!HASH_HAS(sum))
			return -ENOMEM;
	}
	if (*container->name && container->dead_since_ns == 0)
		sum->containers++;
	if (!sum->identified && *api_container_pod_uid(container))
		sum->identified = container;
	series_sum_add(sum->series, answer->in->model, container);
	return 0;
}

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	const struct model *model = answer->in->model;
	struct pod_sums *sums;
	size_t count = 0;

	for (const struct container *c = model->containers; c; c = c->hh.next)
		count += *c->pod != '\0';
	sums = answer->scratch = calloc(1, sizeof(*sums) + count * sizeof(sums->list[0]));
	if (!sums)
		return -ENOMEM;
	for (const struct container *c = model->containers; c; c = c->hh.next)
		if (*c->pod && add_container(answer, sums, c))
			return -ENOMEM;
	for (const struct pod_sum *sum = sums->table; sum; sum = sum->hh.next)
		api_list_add(run, sum);
	return 0;
}

static void done(struct api_answer *answer)
{
	struct pod_sums *sums = answer->scratch;

	if (sums)
		HASH_CLEAR(hh, sums->table);
	free(sums);
	answer->scratch = NULL;
}

static double series_of(const struct api_answer *answer, const void *item, unsigned int id)
{
	(void)answer;
	return ((const struct pod_sum *)item)->series[id];
}

/* Over the time between the last two readings, unless they are long ago. */
static double rate_of(const struct model *model, const struct interface *interface, unsigned int value)
{
	if (!interface->interval_ns || model->tick_ns > interface->read_ns + FRESH_NS)
		return NAN;
	return (double)interface->growth[value] * 1e9 / (double)interface->interval_ns;
}

static void write_interface(struct api_answer *answer, const struct interface *interface)
{
	struct json *json = &answer->json;
	char name[96];

	json_begin_object(json, NULL);
	json_text(json, "interface", interface->name);
	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		unsigned int value = metric->value - V_NETDEV_RECEIVE;

		if (metric->source != SOURCE_NETDEV ||
		    metric_family_name(metric, LEVEL_POD, name, sizeof(name)) < 0)
			continue;
		json_fixed(json, name, interface->value[value], 0);
		api_rates_add_device(json, metric, rate_of(answer->in->model, interface, value));
	}
	json_end_object(json);
}

/* The devices in its network namespace; a pod in the host's has none. */
static void write_detail(struct api_answer *answer, const void *item)
{
	const struct container *first = ((const struct pod_sum *)item)->first;

	json_begin_array(&answer->json, "interfaces");
	for (const struct pod *pod = answer->in->model->pods; pod; pod = pod->hh.next) {
		if (strcmp(pod->namespace, first->namespace) != 0 || strcmp(pod->pod, first->pod) != 0)
			continue;
		for (const struct interface *i = pod->interfaces; i; i = i->hh.next)
			write_interface(answer, i);
	}
	json_end_array(&answer->json);
}

const struct api_list api_endpoint_pods = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.container = container_of,
	.level = LEVEL_CONTAINER,
	.is_sum = true,
	.series = series_of,
	.sort = "-cpu_cores",
	.collect = collect,
	.detail = write_detail,
	.done = done,
};
