/* SPDX-License-Identifier: Apache-2.0 */
#include "export/network_families.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/subjects.h"
#include "model/network.h"

static void add_row(const struct sheet *sheet, struct subjects *rows, const struct pod *pod,
		    const struct interface *interface, size_t limit)
{
	size_t begin = rows->labels.size;

	sheet_add_label(sheet, &rows->labels, begin, "namespace", pod->namespace, limit);
	sheet_add_label(sheet, &rows->labels, begin, "pod", pod->pod, limit);
	sheet_add_label(sheet, &rows->labels, begin, "container", pod->container, limit);
	sheet_add_label(sheet, &rows->labels, begin, "interface", interface->name, limit);
	subjects_add(rows, interface, begin);
}

static bool collect_rows(const struct sheet *sheet, const struct model *model, struct subjects *rows)
{
	size_t count = 0;

	for (const struct pod *pod = model->pods; pod; pod = pod->hh.next)
		count += HASH_COUNT(pod->interfaces);
	if (!subjects_reserve(rows, count))
		return false;
	for (const struct pod *pod = model->pods; pod; pod = pod->hh.next)
		for (const struct interface *i = pod->interfaces; i; i = i->hh.next)
			add_row(sheet, rows, pod, i, model->limits.label_length);
	return !rows->labels.failed;
}

static void add_metrics(struct sheet *sheet, const struct model *model)
{
	_cleanup_(subjects_done) struct subjects rows = {};
	bool failed = !collect_rows(sheet, model, &rows);
	char name[FAMILY_NAME_SIZE];

	for (unsigned int id = 0; id < METRICS && !failed; id++) {
		const struct metric *metric = &metrics[id];

		if (metric->source != SOURCE_NETDEV || model->missing >> metric->needs & 1)
			continue;
		failed = metric_family_name(metric, LEVEL_POD, name, sizeof(name)) < 0;
		if (failed || !sheet_begin_family(sheet, name, metric->help, metric->kind, metric->unit) ||
		    !sheet_spend(sheet, rows.count))
			continue;
		for (const struct subject_row *row = rows.list; row < rows.list + rows.count; row++) {
			const struct interface *interface = row->item;
			const struct subject subject = subjects_get(&rows, row, interface->created_ns);

			sheet_add(sheet, &subject, 0, interface->value[metric->value - V_NETDEV_RECEIVE]);
		}
	}
	sheet_fail(sheet, failed);
}

/* One row per pod, where protocols were read. `labels` is scratch. */
static void add_protocol_row(struct sheet *sheet, const struct pod *pod, const struct metric *metric,
			     unsigned int own, unsigned int index, size_t limit, struct buffer *labels)
{
	struct subject subject = { .created_ns = pod->created_ns };

	buffer_clear(labels);
	sheet_add_label(sheet, labels, 0, "namespace", pod->namespace, limit);
	sheet_add_label(sheet, labels, 0, "pod", pod->pod, limit);
	sheet_add_label(sheet, labels, 0, "container", pod->container, limit);
	subject.labels = (struct text){ labels->data, labels->size };
	sheet_add(sheet, &subject, own, pod->value[metric->value - V_NETNS_ACCEPT_OVERFLOWS + index]);
}

static void add_protocols(struct sheet *sheet, const struct model *model)
{
	_cleanup_(buffer_done) struct buffer labels = {};
	char name[FAMILY_NAME_SIZE];

	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		if (metric->source != SOURCE_NETNS || model->missing >> metric->needs & 1)
			continue;
		if (metric_family_name(metric, LEVEL_POD, name, sizeof(name)) < 0) {
			sheet_fail(sheet, true);
			return;
		}
		if (!sheet_begin_family(sheet, name, metric->help, metric->kind, metric->unit) ||
		    !sheet_spend(sheet, (size_t)HASH_COUNT(model->pods) * metric->width))
			continue;
		for (unsigned int i = 0; i < metric->width; i++) {
			unsigned int own = !*metric->label ? 0 :
							     sheet_add_own(sheet, metric->label,
									   metric_label_value(metric, i));

			for (const struct pod *pod = model->pods; pod; pod = pod->hh.next)
				if (pod->created_ns)
					add_protocol_row(sheet, pod, metric, own, i,
							 model->limits.label_length, &labels);
		}
	}
	sheet_fail(sheet, labels.failed);
}

/* One cgroup of a pod; of all those of a pod one row is made. */
struct member {
	const char *namespace, *pod, *pod_uid;
	enum identity_qos qos;
	enum container_network network;
};

static int compare_names(const struct member *a, const struct member *b)
{
	return strcmp(a->namespace, b->namespace) ?: strcmp(a->pod, b->pod) ?: strcmp(a->pod_uid, b->pod_uid);
}

static int compare_members(const void *a, const void *b)
{
	return compare_names(a, b);
}

static enum container_network network_of(const struct container *container, const struct cgroup *cgroup)
{
	if (container->network == CONTAINER_NETWORK_UNKNOWN && cgroup->details &&
	    cgroup->details->is_host_network)
		return CONTAINER_NETWORK_HOST;
	return container->network;
}

/* Fills `list` unless NULL; returns how many there are. */
static size_t list_members(const struct model *model, struct member *list)
{
	size_t count = 0;

	for (const struct container *c = model->containers; c; c = c->hh.next) {
		if (!c->pod[0])
			continue;
		for (const struct cgroup *cgroup = c->instances; cgroup; cgroup = cgroup->next_instance) {
			if (!cgroup->identity)
				continue;
			if (list)
				list[count] = (struct member){ c->namespace, c->pod,
							       cgroup->identity->pod_uid,
							       cgroup->identity->qos, network_of(c, cgroup) };
			count++;
		}
	}
	return count;
}

static void add_pod(struct sheet *sheet, const struct member *pod, size_t limit)
{
	static const char *const qos[] = {
		[IDENTITY_QOS_NONE] = "",
		[IDENTITY_QOS_GUARANTEED] = "Guaranteed",
		[IDENTITY_QOS_BURSTABLE] = "Burstable",
		[IDENTITY_QOS_BESTEFFORT] = "BestEffort",
	};
	static const char *const host_network[] = {
		[CONTAINER_NETWORK_UNKNOWN] = "",
		[CONTAINER_NETWORK_OWN] = "false",
		[CONTAINER_NETWORK_HOST] = "true",
	};
	_cleanup_(buffer_done) struct buffer labels = {};

	sheet_add_label(sheet, &labels, 0, "namespace", pod->namespace, limit);
	sheet_add_label(sheet, &labels, 0, "pod", pod->pod, limit);
	sheet_add_label(sheet, &labels, 0, "pod_uid", pod->pod_uid, limit);
	sheet_add_label(sheet, &labels, 0, "qos", qos[pod->qos], limit);
	sheet_add_label(sheet, &labels, 0, "host_network", host_network[pod->network], limit);
	sheet_fail(sheet, labels.failed);
	if (!labels.failed)
		sheet_add(sheet, &(struct subject){ .labels = { labels.data, labels.size } }, 0, 1);
}

static void add_info(struct sheet *sheet, const struct model *model)
{
	size_t count = list_members(model, NULL);
	_cleanup_(cleanup_free) struct member *list = calloc(count + 1, sizeof(*list));

	sheet_fail(sheet, !list);
	if (!list ||
	    !sheet_begin_family(sheet, "ktally_pod_info",
				"Identity of a Kubernetes pod, and whether it uses the host's network.",
				METRIC_INFO, UNIT_NONE))
		return;
	list_members(model, list);
	qsort(list, count, sizeof(*list), compare_members);
	for (size_t i = 0; i < count; i++) {
		struct member pod = list[i];

		/* the first container that knows tells for all */
		for (; i + 1 < count && compare_names(&pod, &list[i + 1]) == 0; i++) {
			pod.qos = pod.qos ?: list[i + 1].qos;
			pod.network = pod.network ?: list[i + 1].network;
		}
		add_pod(sheet, &pod, model->limits.label_length);
	}
}

void network_families_add(struct sheet *sheet, const struct exposition_input *in)
{
	add_metrics(sheet, in->model);
	add_protocols(sheet, in->model);
	add_info(sheet, in->model);
}
