/* SPDX-License-Identifier: Apache-2.0 */
/* Families with one sample or a few; written once per scrape, so nothing is cached here. */
#include "export/self_families.h"

#include <stdio.h>
#include <string.h>

#include "export/label.h"

#define NO_LIMIT SIZE_MAX

static const char *const unit_suffixes[] = {
	[UNIT_NONE] = "",
	[UNIT_SECONDS] = "_seconds",
	[UNIT_BYTES] = "_bytes",
	[UNIT_CORES] = "_cores",
};

static const struct process_family {
	const char *name, *help;
	enum metric_kind kind;
	enum metric_unit unit;
	size_t offset;
} process_families[] = {
#define ROW(member) offsetof(struct exposition_process, member)
	{ "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", METRIC_COUNTER,
	  UNIT_SECONDS, ROW(cpu_ns) },
	{ "process_max_fds", "Maximum number of open file descriptors.", METRIC_GAUGE, UNIT_NONE,
	  ROW(max_fds) },
	{ "process_open_fds", "Number of open file descriptors.", METRIC_GAUGE, UNIT_NONE, ROW(open_fds) },
	{ "process_resident_memory_bytes", "Resident memory size in bytes.", METRIC_GAUGE, UNIT_BYTES,
	  ROW(resident_bytes) },
	{ "process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
	  METRIC_GAUGE, UNIT_SECONDS, ROW(start_time_ns) },
	{ "process_virtual_memory_bytes", "Virtual memory size in bytes.", METRIC_GAUGE, UNIT_BYTES,
	  ROW(virtual_bytes) },
#undef ROW
};

static struct text buffer_text(const struct buffer *buffer)
{
	return buffer->size > 0 ? (struct text){ buffer->data, buffer->size } : TEXT("");
}

void self_families_begin_container_info(struct sheet *sheet)
{
	sample_begin_family(sheet, "ktally_container_info",
			    "Identity of a container: one for each of its instances.", METRIC_GAUGE,
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

void self_families_add_container_info(struct sheet *sheet, const struct exposition_input *in,
				      const struct container *container, struct text container_labels)
{
	size_t limit = in->model->limits.label_length;
	struct buffer labels = {};

	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		const struct identity *identity = cgroup->identity;

		if (!identity || is_listed_before(container, cgroup))
			continue;
		buffer_clear(&labels);
		buffer_add(&labels, container_labels.data, container_labels.size);
		label_add(&labels, 0, "id", identity->id, limit);
		label_add(&labels, 0, "image", "", limit);
		label_add(&labels, 0, "runtime", identity->runtime, limit);
		label_add(&labels, 0, "pod_uid", identity->pod_uid, limit);
		label_add(&labels, 0, "workload_kind", "", limit);
		label_add(&labels, 0, "workload", "", limit);
		label_add(&labels, 0, "node", in->node, limit);
		sheet->out->failed |= labels.failed;
		sample_add_one(sheet, buffer_text(&labels), 1);
	}
	buffer_done(&labels);
}

/* `names` is "a" or "a,b". */
static void add_labels(struct buffer *labels, const char *names, const struct self_value *value)
{
	char name[64];

	buffer_clear(labels);
	for (int i = 0; i < 2 && *names; i++) {
		size_t size = strcspn(names, ",");

		snprintf(name, sizeof(name), "%.*s", (int)size, names);
		label_add(labels, 0, name, value->label[i], NO_LIMIT);
		names += size + (names[size] == ',');
	}
}

static void self_name(const struct self_metric *metric, char name[FAMILY_NAME_SIZE])
{
	snprintf(name, FAMILY_NAME_SIZE, "ktally_self_%s%s%s", metric->name, unit_suffixes[metric->unit],
		 metric->kind == METRIC_COUNTER ? "_total" : "");
}

static void add_self(struct sheet *sheet, const struct self *self)
{
	struct buffer labels = {};
	char name[FAMILY_NAME_SIZE];

	for (unsigned int id = 0; id < SELF_METRICS; id++) {
		const struct self_metric *metric = &self_metrics[id];

		if (id == SELF_SERIES)
			continue;
		self_name(metric, name);
		sample_begin_family(sheet, name, metric->help, metric->kind, metric->unit);
		for (size_t i = 0; i < self->count; i++) {
			if (self->values[i].id != id)
				continue;
			add_labels(&labels, metric->labels, &self->values[i]);
			sheet->out->failed |= labels.failed;
			sample_add_one(sheet, buffer_text(&labels), self->values[i].value);
		}
	}
	buffer_done(&labels);
}

static void add_build(struct sheet *sheet, const struct exposition_input *in)
{
	struct buffer labels = {};

	label_add(&labels, 0, "version", in->version, NO_LIMIT);
	label_add(&labels, 0, "revision", in->revision, NO_LIMIT);
	sheet->out->failed |= labels.failed;
	sample_begin_family(sheet, "ktally_build_info", "Version of ktally.", METRIC_GAUGE, UNIT_NONE);
	sample_add_one(sheet, buffer_text(&labels), 1);
	buffer_done(&labels);
}

static void add_process(struct sheet *sheet, const struct exposition_process *process)
{
	for (size_t i = 0; i < sizeof(process_families) / sizeof(process_families[0]); i++) {
		const struct process_family *row = &process_families[i];
		uint64_t value;

		memcpy(&value, (const char *)process + row->offset, sizeof(value));
		sample_begin_family(sheet, row->name, row->help, row->kind, row->unit);
		sample_add_one(sheet, TEXT(""), value);
	}
}

/* Last, when all counts are known but its own, which is the number of families with it. */
static void add_series(struct sheet *sheet)
{
	const struct self_metric *metric = &self_metrics[SELF_SERIES];
	char name[FAMILY_NAME_SIZE];
	struct buffer labels = {};
	size_t families;

	self_name(metric, name);
	sample_begin_family(sheet, name, metric->help, metric->kind, metric->unit);
	families = sheet->count;
	for (size_t i = 0; i < families; i++) {
		buffer_clear(&labels);
		label_add(&labels, 0, metric->labels, sheet->families[i].name, NO_LIMIT);
		sheet->out->failed |= labels.failed;
		sample_add_one(sheet, buffer_text(&labels),
			       i == families - 1 ? families : sheet->families[i].series);
	}
	buffer_done(&labels);
}

void self_families_add(struct sheet *sheet, const struct exposition_input *in)
{
	if (in->self)
		add_self(sheet, in->self);
	add_build(sheet, in);
	if (in->process)
		add_process(sheet, in->process);
	add_series(sheet);
}
