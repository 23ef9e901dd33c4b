/* SPDX-License-Identifier: Apache-2.0 */
#include "export/identity_families.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define LABEL_NAME_SIZE 128

static void add_one(struct sheet *sheet, const struct buffer *labels)
{
	struct subject subject = { .labels = { labels->data, labels->size } };

	sheet_fail(sheet, labels->failed);
	sheet_add(sheet, &subject, 0, 1);
}

bool identity_families_begin_info(struct sheet *sheet)
{
	return sheet_begin_family(sheet, "ktally_container_info",
				  "Identity of a container: one for each of its instances.", METRIC_INFO,
				  UNIT_NONE);
}

static int compare_identities(const struct cgroup *a, const struct cgroup *b)
{
	int difference = strcmp(a->identity->id, b->identity->id);

	difference = difference ?: strcmp(a->identity->runtime, b->identity->runtime);
	return difference ?: strcmp(a->identity->pod_uid, b->identity->pod_uid);
}

/* Of those that are one: first who knows more, then always the same. */
static int compare_instances(const void *a_, const void *b_)
{
	const struct cgroup *const *a = a_, *const *b = b_;
	int difference = compare_identities(*a, *b);

	difference = difference ?: !(*a)->details - !(*b)->details;
	return difference ?: ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

static void add_info_of(struct sheet *sheet, const struct exposition_input *in, const struct cgroup *cgroup,
			struct text container_labels, struct buffer *labels)
{
	const struct identity *identity = cgroup->identity;
	size_t limit = in->model->limits.label_length;

	buffer_clear(labels);
	buffer_add(labels, container_labels.data, container_labels.size);
	sheet_add_label(sheet, labels, 0, "id", identity->id, limit);
	sheet_add_label(sheet, labels, 0, "image", cgroup->details ? cgroup->details->image : "", limit);
	sheet_add_label(sheet, labels, 0, "runtime", identity->runtime, limit);
	sheet_add_label(sheet, labels, 0, "pod_uid", identity->pod_uid, limit);
	sheet_add_label(sheet, labels, 0, "workload_kind", "", limit);
	sheet_add_label(sheet, labels, 0, "workload", "", limit);
	sheet_add_label(sheet, labels, 0, "node", in->node, limit);
	add_one(sheet, labels);
}

void identity_families_add_info(struct sheet *sheet, const struct exposition_input *in,
				const struct container *container, struct text container_labels)
{
	_cleanup_(cleanup_free)
		const struct cgroup **list = calloc(container->instance_count + 1, sizeof(*list));
	_cleanup_(buffer_done) struct buffer labels = {};
	size_t count = 0;

	sheet_fail(sheet, !list);
	if (!list || container == in->model->other) /* any number of others, and nobody's identity */
		return;
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance)
		if (cgroup->identity)
			list[count++] = cgroup;
	qsort(list, count, sizeof(*list), compare_instances);
	/* on v1 and hybrid hosts one container has a cgroup in each hierarchy */
	for (size_t i = 0; i < count; i++)
		if (i == 0 || compare_identities(list[i - 1], list[i]) != 0)
			add_info_of(sheet, in, list[i], container_labels, &labels);
}

bool identity_families_begin_labels(struct sheet *sheet)
{
	return sheet_begin_family(sheet, "ktally_container_labels_info",
				  "Labels of a container, as far as --containers.labels allows.", METRIC_INFO,
				  UNIT_NONE);
}

static void make_name(char name[LABEL_NAME_SIZE], const char *text)
{
	snprintf(name, LABEL_NAME_SIZE, "label_%s", text);
	for (; *name; name++)
		if (!isascii((unsigned char)*name) || !isalnum((unsigned char)*name))
			*name = '_';
}

static bool is_named_before(const struct details *details, size_t index, const char *name)
{
	char other[LABEL_NAME_SIZE];

	for (size_t i = 0; i < index; i++) {
		make_name(other, details->labels[i].name);
		if (strcmp(other, name) == 0)
			return true;
	}
	return false;
}

void identity_families_add_labels(struct sheet *sheet, const struct exposition_input *in,
				  const struct container *container, struct text container_labels)
{
	const struct cgroup *cgroup = container->instances;
	const struct details *details;
	char name[LABEL_NAME_SIZE];
	struct buffer labels = {};

	while (cgroup && !(cgroup->details && cgroup->details->label_count))
		cgroup = cgroup->next_instance;
	if (!cgroup)
		return;
	details = cgroup->details;
	buffer_add(&labels, container_labels.data, container_labels.size);
	for (size_t i = 0; i < details->label_count; i++) {
		make_name(name, details->labels[i].name);
		if (!is_named_before(details, i, name))
			sheet_add_label(sheet, &labels, 0, name, details->labels[i].value,
					in->model->limits.label_length);
	}
	add_one(sheet, &labels);
	buffer_done(&labels);
}
