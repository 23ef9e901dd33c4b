/* SPDX-License-Identifier: Apache-2.0 */
#include "export/cadvisor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/cadvisor_machine.h"
#include "export/cadvisor_row.h"
#include "export/exposition.h"
#include "export/label.h"
#include "model/network.h"

#define NO_LIMIT SIZE_MAX

enum show { PLAIN, QUOTA, LIMITED, OR_0 };

struct family_row {
	const char *name, *labels, *label_values, *help;
	enum metric_kind kind;
	enum metric_unit unit;
	bool (*get)(const struct cadvisor_row *row, uint64_t *ret_value); /* or the next two */
	unsigned int value; /* enum instance_value, disk_value, or of a network device */
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
}, numbered_disk_rows[] = {
#define FROM_NUMBERED_DISK(name, kind, unit, value, labels, label_values, help) \
	{ name, labels, label_values, help, METRIC_##kind, UNIT_##unit, NULL, DISK_##value, PLAIN },
#include "export/cadvisor.def"
}, device_rows[] = {
#define FROM_DEVICE(name, kind, unit, value, labels, label_values, help)                 \
	{ name,          labels,      label_values, help,                                \
	  METRIC_##kind, UNIT_##unit, NULL,         V_NETDEV_##value - V_NETDEV_RECEIVE, \
	  PLAIN },
#include "export/cadvisor.def"
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* A disk or network device of a row, with the labels of both. */
struct part {
	const uint64_t *value;
	const bool *has; /* NULL: all */
	struct subject subject;
	size_t labels_at;
};

struct parts {
	struct part *list;
	size_t count, capacity;
};

/* Which row shows a namespace that several use. */
struct shown_network {
	UT_hash_handle hh;
	const struct network *network;
	const struct cadvisor_row *row;
};

struct page {
	const struct cadvisor_input *in;
	struct sheet *sheet;
	struct buffer labels;
	struct cadvisor_row *rows;
	size_t row_count;
	struct parts disks, numbered_disks, devices;
	struct shown_network *networks;
};

static void page_done(struct page *page)
{
	struct shown_network *network, *next;

	buffer_done(&page->labels);
	free(page->rows);
	free(page->disks.list);
	free(page->numbered_disks.list);
	free(page->devices.list);
	HASH_ITER(hh, page->networks, network, next) {
		HASH_DEL(page->networks, network);
		free(network);
	}
	sheet_free(page->sheet);
}

/* ---- rows ---- */

struct label {
	const char *name, *value;
};

static void add_part(struct page *page, struct parts *parts, const struct cadvisor_row *row,
		     const struct label *labels, size_t label_count, const uint64_t *value, const bool *has)
{
	size_t begin = page->labels.size, size = row->subject.labels.size;
	struct part *grown;

	if (parts->count == parts->capacity) {
		parts->capacity = parts->capacity ? 2 * parts->capacity : 64;
		grown = reallocarray(parts->list, parts->capacity, sizeof(*grown));
		if (!grown) {
			page->labels.failed = true;
			return;
		}
		parts->list = grown;
	}
	if (buffer_reserve(&page->labels, size))
		buffer_add(&page->labels, page->labels.data + row->labels_at, size);
	for (size_t i = 0; i < label_count; i++)
		sheet_add_label(page->sheet, &page->labels, begin, labels[i].name, labels[i].value, NO_LIMIT);
	parts->list[parts->count++] = (struct part){
		.value = value,
		.has = has,
		.subject = { { NULL, page->labels.size - begin }, row->subject.created_ns },
		.labels_at = begin,
	};
}

static void add_disk(struct page *page, const struct cadvisor_row *row, const struct instance_disk *disk)
{
	char device[48], major[16], minor[16];
	const struct label labels[] = { { "device", device }, { "major", major }, { "minor", minor } };

	snprintf(major, sizeof(major), "%u", disk->major);
	snprintf(minor, sizeof(minor), "%u", disk->minor);
	if (disk->name[0])
		snprintf(device, sizeof(device), "/dev/%s", disk->name);
	else
		snprintf(device, sizeof(device), "%s:%s", major, minor);
	add_part(page, &page->disks, row, labels, 1, disk->value, disk->has);
	add_part(page, &page->numbered_disks, row, labels, 3, disk->value, disk->has);
}

/* Those that cAdvisor leaves out: the ends that belong to others, and what no packet from outside passes. */
static void add_device(struct page *page, const struct cadvisor_row *row, const struct network_device *device)
{
	static const char *const ignored[] = { "lo", "veth", "docker", "nerdctl" };
	_cleanup_(buffer_done) struct buffer name = {};

	for (size_t i = 0; i < ROWS(ignored); i++)
		if (strncasecmp(device->name, ignored[i], strlen(ignored[i])) == 0)
			return;
	label_spell(&name, device->name); /* told apart by all bytes */
	buffer_add(&name, "", 1);
	page->labels.failed |= name.failed;
	if (!name.failed)
		add_part(page, &page->devices, row, &(struct label){ "interface", name.data }, 1,
			 device->value, NULL);
}

/* A pod's sandbox shows it, else the first row that uses it. */
static void choose_row(struct page *page, const struct cadvisor_row *row)
{
	const struct network *network = row->cgroup->network;
	struct shown_network *shown;

	if (!network)
		return;
	HASH_FIND_PTR(page->networks, &network, shown);
	if (!shown) {
		shown = calloc(1, sizeof(*shown));
		if (!shown) {
			page->labels.failed = true;
			return;
		}
		shown->network = network;
		HASH_ADD_PTR(page->networks, network, shown);
		if (!HASH_HAS(shown)) {
			free(shown);
			page->labels.failed = true;
			return;
		}
	}
	if (!shown->row || (row->cgroup->details && row->cgroup->details->is_sandbox))
		shown->row = row;
}

static void add_devices(struct page *page)
{
	const struct model *model = page->in->model;
	const struct network_device *device;

	for (size_t i = 0; i < page->row_count; i++) {
		const struct cadvisor_row *row = &page->rows[i];

		choose_row(page, row);
		for (size_t j = 0; strcmp(row->cgroup->path, "/") == 0 && j < model->host_device_count; j++)
			add_device(page, row, &model->host_devices[j]);
	}
	for (struct shown_network *shown = page->networks; shown; shown = shown->hh.next)
		for (uint32_t i = 0; (device = network_device_at(shown->network, i)); i++)
			add_device(page, shown->row, device);
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

static void place_labels(const struct page *page, struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		parts->list[i].subject.labels.data = page->labels.data + parts->list[i].labels_at;
}

static int collect_rows(struct page *page)
{
	const struct model *model = page->in->model;
	const struct cgroup *cgroup;
	size_t count = HASH_COUNT(model->cgroups);

	for (cgroup = model->parents; cgroup; cgroup = cgroup->next_instance)
		count++;
	page->rows = calloc(count + 1, sizeof(*page->rows));
	if (!page->rows)
		return -ENOMEM;
	for (cgroup = model->cgroups; cgroup; cgroup = cgroup->hh.next)
		add_row(page, cgroup);
	for (cgroup = model->parents; cgroup; cgroup = cgroup->next_instance)
		add_row(page, cgroup);
	add_devices(page);
	/* only now they stay where they are */
	for (size_t i = 0; i < page->row_count; i++)
		page->rows[i].subject.labels.data = page->labels.data + page->rows[i].labels_at;
	place_labels(page, &page->disks);
	place_labels(page, &page->numbered_disks);
	place_labels(page, &page->devices);
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

static void add_parts(struct page *page, const struct family_row *family, const struct parts *parts)
{
	unsigned int own = sheet_add_own(page->sheet, family->labels, family->label_values);

	for (size_t i = 0; i < parts->count; i++)
		if (!parts->list[i].has || parts->list[i].has[family->value])
			sheet_add(page->sheet, &parts->list[i].subject, own,
				  parts->list[i].value[family->value]);
}

static void add_disk_samples(struct page *page, const struct family_row *family)
{
	add_parts(page, family, &page->disks);
}

static void add_numbered_disk_samples(struct page *page, const struct family_row *family)
{
	add_parts(page, family, &page->numbered_disks);
}

static void add_device_samples(struct page *page, const struct family_row *family)
{
	add_parts(page, family, &page->devices);
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

/* ---- all ---- */

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
	add_families(&page, numbered_disk_rows, ROWS(numbered_disk_rows), add_numbered_disk_samples);
	add_families(&page, device_rows, ROWS(device_rows), add_device_samples);
	cadvisor_machine_add(in, page.sheet, page.row_count > 0);
	sheet_end(page.sheet);
	return out->failed ? -ENOMEM : 0;
}

const struct exposition_format *cadvisor_select(const char *accept)
{
	const struct exposition_format *format = exposition_select(accept);

	return format->body == SHEET_OPENMETRICS ? exposition_select(NULL) : format;
}
