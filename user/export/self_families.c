/* SPDX-License-Identifier: Apache-2.0 */
/* Families with one sample or a few; written once per scrape, so nothing is cached here. */
#include "export/self_families.h"

#include <stdio.h>
#include <string.h>

#define NO_LIMIT SIZE_MAX

static const struct process_family {
	const char *name, *help;
	enum metric_kind kind;
	enum metric_unit unit;
	size_t offset;
} process_families[] = {
#define ROW(member) offsetof(struct self_process, member)
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

/* One sample without own labels. */
static void add_one(struct sheet *sheet, const struct buffer *labels, uint64_t created_ns, uint64_t value)
{
	struct subject subject = { .created_ns = created_ns };

	if (labels && labels->size > 0)
		subject.labels = (struct text){ labels->data, labels->size };
	sheet_fail(sheet, labels && labels->failed);
	sheet_add(sheet, &subject, 0, value);
}

/* `names` is "a" or "a,b". */
static void set_labels(const struct sheet *sheet, struct buffer *labels, const char *names,
		       const struct self_value *value)
{
	char name[64];

	buffer_clear(labels);
	for (int i = 0; i < 2 && *names; i++) {
		size_t size = strcspn(names, ",");

		snprintf(name, sizeof(name), "%.*s", (int)size, names);
		sheet_add_label(sheet, labels, 0, name, value->label[i], NO_LIMIT);
		names += size + (names[size] == ',');
	}
}

static bool begin_self(struct sheet *sheet, enum self_id id)
{
	const struct self_metric *metric = &self_metrics[id];
	char name[FAMILY_NAME_SIZE];

	if (self_family_name(id, name, sizeof(name)) < 0) {
		sheet_fail(sheet, true);
		return false;
	}
	return sheet_begin_family(sheet, name, metric->help, metric->kind, metric->unit);
}

static void add_self(struct sheet *sheet, const struct self *self, uint64_t created_ns)
{
	struct buffer labels = {};

	for (unsigned int id = 0; id < SELF_METRICS; id++) {
		if (id == SELF_SERIES || id == SELF_SERIES_LEFT_OUT || !begin_self(sheet, id))
			continue;
		for (size_t i = 0; i < self->count; i++) {
			if (self->values[i].id != id)
				continue;
			set_labels(sheet, &labels, self_metrics[id].labels, &self->values[i]);
			add_one(sheet, &labels, created_ns, self->values[i].value);
		}
	}
	buffer_done(&labels);
}

static void add_build(struct sheet *sheet, const struct exposition_input *in)
{
	struct buffer labels = {};

	sheet_add_label(sheet, &labels, 0, "version", in->version, NO_LIMIT);
	sheet_add_label(sheet, &labels, 0, "revision", in->revision, NO_LIMIT);
	sheet_begin_family(sheet, "ktally_build_info", "Version of ktally.", METRIC_INFO, UNIT_NONE);
	add_one(sheet, &labels, 0, 1);
	buffer_done(&labels);
}

static void add_process(struct sheet *sheet, const struct self_process *process)
{
	for (size_t i = 0; i < sizeof(process_families) / sizeof(process_families[0]); i++) {
		const struct process_family *row = &process_families[i];
		uint64_t value;

		memcpy(&value, (const char *)process + row->offset, sizeof(value));
		sheet_begin_family(sheet, row->name, row->help, row->kind, row->unit);
		add_one(sheet, NULL, process->start_time_ns, value);
	}
}

static void add_counts(struct sheet *sheet, enum self_id id, const struct family *families, size_t count)
{
	struct buffer labels = {};

	for (size_t i = 0; i < count; i++) {
		/* the last of all families is this one, with a series for each */
		bool is_itself = id == SELF_SERIES && i == count - 1;

		buffer_clear(&labels);
		sheet_add_label(sheet, &labels, 0, self_metrics[id].labels, families[i].name, NO_LIMIT);
		add_one(sheet, &labels, 0, is_itself ? count : families[i].series);
	}
	buffer_done(&labels);
}

/* Last, when all counts are known. */
static void add_series(struct sheet *sheet)
{
	const struct family *families;
	size_t count;

	families = sheet_left_out(sheet, &count);
	if (begin_self(sheet, SELF_SERIES_LEFT_OUT))
		add_counts(sheet, SELF_SERIES_LEFT_OUT, families, count);
	if (!begin_self(sheet, SELF_SERIES))
		return;
	families = sheet_families(sheet, &count);
	add_counts(sheet, SELF_SERIES, families, count);
}

void self_families_add(struct sheet *sheet, const struct exposition_input *in)
{
	/* what ktally counts of itself begins with its process */
	uint64_t created_ns = in->process ? in->process->start_time_ns : in->model->node->created_ns;

	if (in->self)
		add_self(sheet, in->self, created_ns);
	add_build(sheet, in);
	if (in->process)
		add_process(sheet, in->process);
	add_series(sheet);
}
