/* SPDX-License-Identifier: Apache-2.0 */
#include "export/identity_families.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

/* On v1 and hybrid hosts one container has a cgroup in each hierarchy. */
static bool is_listed_before(const struct container *container, const struct cgroup *cgroup)
{
	for (const struct cgroup *other = container->instances; other != cgroup;
	     other = other->next_instance) {
		if (other->identity && strcmp(other->identity->id, cgroup->identity->id) == 0 &&
		    strcmp(other->identity->runtime, cgroup->identity->runtime) == 0 &&
		    strcmp(other->identity->pod_uid, cgroup->identity->pod_uid) == 0)
			return true;
	}
	return false;
}

void identity_families_add_info(struct sheet *sheet, const struct exposition_input *in,
				const struct container *container, struct text container_labels)
{
	size_t limit = in->model->limits.label_length;
	struct buffer labels = {};

	if (container == in->model->other) /* any number of others, and nobody's identity */
		return;
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		const struct identity *identity = cgroup->identity;

		if (!identity || is_listed_before(container, cgroup))
			continue;
		buffer_clear(&labels);
		buffer_add(&labels, container_labels.data, container_labels.size);
		sheet_add_label(sheet, &labels, 0, "id", identity->id, limit);
		sheet_add_label(sheet, &labels, 0, "image", cgroup->details ? cgroup->details->image : "",
				limit);
		sheet_add_label(sheet, &labels, 0, "runtime", identity->runtime, limit);
		sheet_add_label(sheet, &labels, 0, "pod_uid", identity->pod_uid, limit);
		sheet_add_label(sheet, &labels, 0, "workload_kind", "", limit);
		sheet_add_label(sheet, &labels, 0, "workload", "", limit);
		sheet_add_label(sheet, &labels, 0, "node", in->node, limit);
		add_one(sheet, &labels);
	}
	buffer_done(&labels);
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
