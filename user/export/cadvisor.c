/* SPDX-License-Identifier: Apache-2.0 */
#include "export/cadvisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/cadvisor_row.h"
#include "export/exposition.h"

#define NO_LIMIT SIZE_MAX

enum show { PLAIN, QUOTA, LIMITED, OR_0 };

struct family_row {
	const char *name, *labels, *label_values, *help;
	enum metric_kind kind;
	enum metric_unit unit;
	bool (*get)(const struct cadvisor_row *row, uint64_t *ret_value); /* or the next two */
	unsigned int value; /* enum instance_value or disk_value */
	enum show show;
};

static const struct family_row instance_rows[] = {
#define FROM_INSTANCE(name, kind, unit, value, show, labels, label_values, help) \
	{ name, labels, label_values, help, METRIC_##kind, UNIT_##unit, NULL, INSTANCE_##value, show },
#define FROM_ROW(name, kind, unit, function, labels, label_values, help) \
	{ name, labels, label_values, help, METRIC_##kind, UNIT_##unit, cadvisor_row_##function, 0, PLAIN },
#include "export/cadvisor.def"
}, disk_rows[] = {
#define FROM_DISK(name, kind, unit, value, labels, label_values, help) \
	{ name, labels, label_values, help, METRIC_##kind, UNIT_##unit, NULL, DISK_##value, PLAIN },
#include "export/cadvisor.def"
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A disk of a row, with the labels of both. */
struct disk_row {
	const struct instance_disk *disk;
	struct subject subject;
	size_t labels_at;
};

struct page {
	const struct cadvisor_input *in;
	struct sheet *sheet;
	struct buffer labels;
	struct cadvisor_row *rows;
	struct disk_row *disks;
	size_t row_count, disk_count;
};

static void page_done(struct page *page)
{
	buffer_done(&page->labels);
	free(page->rows);
	free(page->disks);
	sheet_free(page->sheet);
}

/* ---- rows ---- */

static void add_disk(struct page *page, const struct cadvisor_row *row, const struct instance_disk *disk)
{
	size_t begin = page->labels.size, size = row->subject.labels.size;
	char device[48];

	if (disk->name[0])
		snprintf(device, sizeof(device), "/dev/%s", disk->name);
	else
		snprintf(device, sizeof(device), "%u:%u", disk->major, disk->minor);
	if (buffer_reserve(&page->labels, size))
		buffer_add(&page->labels, page->labels.data + row->labels_at, size);
	sheet_add_label(page->sheet, &page->labels, begin, "device", device, NO_LIMIT);
	page->disks[page->disk_count++] = (struct disk_row){ .disk = disk,
							     .labels_at = begin,
							     .subject = { { NULL, page->labels.size - begin },
									  row->subject.created_ns } };
}

static void add_row(struct page *page, const struct cgroup *cgroup)
{
	struct cadvisor_row *row = &page->rows[page->row_count];
	const struct instance *instance = cgroup->instance;

	if (!cadvisor_row_is_shown(cgroup))
		return;
	page->row_count++;
	*row = (struct cadvisor_row){ .in = page->in, .cgroup = cgroup, .labels_at = page->labels.size };
	cadvisor_row_label(row, page->sheet, &page->labels);
	row->subject.labels.size = page->labels.size - row->labels_at;
	if (instance->has[INSTANCE_START_TIME])
		row->subject.created_ns = instance->value[INSTANCE_START_TIME];
	if (cgroup->container)
		model_cgroup_scheduled(cgroup, row->scheduled);
	for (uint32_t i = 0; i < instance->disk_count; i++)
		add_disk(page, row, &instance->disks[i]);
}

static int collect_rows(struct page *page)
{
	const struct model *model = page->in->model;
	size_t rows = 0, disks = 0;

	for (int pass = 0; pass < 2; pass++) {
		const struct cgroup *cgroup;

		for (cgroup = model->cgroups; cgroup; cgroup = cgroup->hh.next) {
			rows++;
			disks += cgroup->instance ? cgroup->instance->disk_count : 0;
			if (pass == 1)
				add_row(page, cgroup);
		}
		for (cgroup = model->parents; cgroup; cgroup = cgroup->next_instance) {
			rows++;
			disks += cgroup->instance->disk_count;
			if (pass == 1)
				add_row(page, cgroup);
		}
		if (pass == 1)
			break;
		page->rows = calloc(rows + 1, sizeof(*page->rows));
		page->disks = calloc(disks + 1, sizeof(*page->disks));
		if (!page->rows || !page->disks)
			return -ENOMEM;
	}
	/* only now they stay where they are */
	for (size_t i = 0; i < page->row_count; i++)
		page->rows[i].subject.labels.data = page->labels.data + page->rows[i].labels_at;
	for (size_t i = 0; i < page->disk_count; i++)
		page->disks[i].subject.labels.data = page->labels.data + page->disks[i].labels_at;
	return page->labels.failed ? -ENOMEM : 0;
}

/* ---- families ---- */

static bool get_value(const struct family_row *family, const struct cadvisor_row *row, uint64_t *ret_value)
{
	const struct instance *instance = row->cgroup->instance;

	if (family->get)
		return family->get(row, ret_value);
	*ret_value = instance->value[family->value];
	if (*ret_value == INSTANCE_UNLIMITED && family->show == LIMITED)
		return false;
	if (*ret_value == INSTANCE_UNLIMITED && family->show == OR_0)
		*ret_value = 0;
	if (family->show == QUOTA &&
	    (!instance->has[INSTANCE_CPU_QUOTA] || instance->value[INSTANCE_CPU_QUOTA] == INSTANCE_UNLIMITED))
		return false;
	return instance->has[family->value];
}

static void add_samples(struct page *page, const struct family_row *family)
{
	unsigned int own = sheet_add_own(page->sheet, family->labels, family->label_values);
	uint64_t value;

	for (size_t i = 0; i < page->row_count; i++)
		if (get_value(family, &page->rows[i], &value))
			sheet_add(page->sheet, &page->rows[i].subject, own, value);
}

static void add_disk_samples(struct page *page, const struct family_row *family)
{
	for (size_t i = 0; i < page->disk_count; i++)
		if (page->disks[i].disk->has[family->value])
			sheet_add(page->sheet, &page->disks[i].subject, 0,
				  page->disks[i].disk->value[family->value]);
}

static void add_families(struct page *page, const struct family_row *rows, size_t count,
			 void (*add)(struct page *page, const struct family_row *family))
{
	bool wanted = false;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
			wanted = sheet_begin_family(page->sheet, rows[i].name, rows[i].help, rows[i].kind,
						    rows[i].unit);
		if (wanted)
			add(page, &rows[i]);
	}
}

/* ---- the machine ---- */

static void add_machine(struct page *page)
{
	const struct machine *machine = &page->in->model->machine;
	const struct {
		const char *name, *help;
		uint64_t value;
		bool known;
	} rows[] = {
		{ "machine_cpu_cores", "Number of logical CPU cores.", machine->cores, machine->cores },
		{ "machine_cpu_physical_cores", "Number of physical CPU cores.", machine->physical_cores,
		  machine->physical_cores },
		{ "machine_cpu_sockets", "Number of CPU sockets.", machine->sockets, machine->sockets },
		{ "machine_memory_bytes", "Amount of memory installed on the machine.", machine->memory_bytes,
		  machine->memory_bytes },
		{ "machine_swap_bytes", "Amount of swap memory available on the machine.",
		  machine->swap_bytes, machine->memory_bytes },
	};
	struct buffer labels = {};
	struct subject subject = {};

	sheet_add_label(page->sheet, &labels, 0, "boot_id", machine->boot_id, NO_LIMIT);
	sheet_add_label(page->sheet, &labels, 0, "machine_id", machine->machine_id, NO_LIMIT);
	sheet_add_label(page->sheet, &labels, 0, "system_uuid", machine->system_uuid, NO_LIMIT);
	subject.labels = (struct text){ labels.data, labels.size };
	sheet_fail(page->sheet, labels.failed);
	for (size_t i = 0; i < ROWS(rows); i++)
		if (rows[i].known &&
		    sheet_begin_family(page->sheet, rows[i].name, rows[i].help, METRIC_GAUGE, UNIT_NONE))
			sheet_add(page->sheet, &subject, 0, rows[i].value);
	buffer_done(&labels);
}

/* As a kubelet does, which has no version of cAdvisor or Docker to tell. */
static void add_version(struct page *page)
{
	const struct machine *machine = &page->in->model->machine;
	const char *const rows[][2] = {
		{ "cadvisorRevision", "" },       { "cadvisorVersion", "" },
		{ "dockerVersion", "" },          { "kernelVersion", machine->kernel },
		{ "osVersion", machine->system },
	};
	struct buffer labels = {};
	struct subject subject = {};

	for (size_t i = 0; i < ROWS(rows); i++)
		sheet_add_label(page->sheet, &labels, 0, rows[i][0], rows[i][1], NO_LIMIT);
	subject.labels = (struct text){ labels.data, labels.size };
	sheet_fail(page->sheet, labels.failed);
	if (sheet_begin_family(
		    page->sheet, "cadvisor_version_info",
		    "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
		    METRIC_GAUGE, UNIT_NONE))
		sheet_add(page->sheet, &subject, 0, 1);
	buffer_done(&labels);
}

static void add_errors(struct page *page)
{
	static const char *const rows[][2] = {
		{ "container_scrape_error",
		  "1 if there was an error while getting container metrics, 0 otherwise" },
		{ "machine_scrape_error",
		  "1 if there was an error while getting machine metrics, 0 otherwise." },
	};
	const struct subject none = {};

	for (size_t i = 0; i < ROWS(rows); i++)
		if (sheet_begin_family(page->sheet, rows[i][0], rows[i][1], METRIC_GAUGE, UNIT_NONE))
			sheet_add(page->sheet, &none, 0,
				  i == 0 ? !page->row_count : !page->in->model->machine.memory_bytes);
}

int cadvisor_write(const struct cadvisor_input *in, enum sheet_body body, struct buffer *out)
{
	_cleanup_(page_done) struct page page = { .in = in };
	int error = sheet_new(body, NULL, out, &page.sheet);

	if (error)
		return error;
	error = collect_rows(&page);
	if (error)
		return error;
	add_families(&page, instance_rows, ROWS(instance_rows), add_samples);
	add_families(&page, disk_rows, ROWS(disk_rows), add_disk_samples);
	add_machine(&page);
	add_version(&page);
	add_errors(&page);
	sheet_end(page.sheet);
	return out->failed ? -ENOMEM : 0;
}

const struct exposition_format *cadvisor_select(const char *accept)
{
	const struct exposition_format *format = exposition_select(accept);

	return format->body == SHEET_OPENMETRICS ? exposition_select(NULL) : format;
}
