/* SPDX-License-Identifier: Apache-2.0 */
#include "export/disk_families.h"

#include "base/cleanup.h"
#include "model/disk_device.h"
#include "model/value.h"

#define OPERATIONS DIMENSION_WIDTH(operation)

/* The samples of one operation of all disks, or of the queue. `labels` is scratch for those of a disk. */
static void add_devices(struct sheet *sheet, const struct metric *metric, const struct model *model,
			unsigned int operation, struct buffer *labels)
{
	bool is_queue = metric == &metrics[M_DEVICE_QUEUE];
	unsigned int own = is_queue ? 0 :
				      sheet_add_own(sheet, "operation",
						    metric_label_value(&metrics[M_DISK_LATENCY], operation));

	for (const struct disk_device *device = model->devices; device; device = device->hh.next) {
		struct subject subject = { .created_ns = device->created_ns };

		if (!is_queue && !device->latency[operation].count)
			continue;
		buffer_clear(labels);
		sheet_add_label(sheet, labels, 0, "device", device->name, sizeof(device->name));
		subject.labels = (struct text){ labels->data, labels->size };
		if (is_queue)
			sheet_add(sheet, &subject, own, device->queue_depth);
		else if (metric->kind == METRIC_HISTOGRAM)
			sheet_add_histogram(sheet, &subject, own, value_first_octave(metric),
					    &device->latency[operation]);
		else
			sheet_add(sheet, &subject, own, device->bytes[operation]);
	}
}

static size_t count_series(const struct metric *metric, const struct model *model)
{
	size_t one = metric->kind == METRIC_HISTOGRAM ? sheet_histogram_series(value_first_octave(metric)) :
							1,
	       count = 0;

	if (metric == &metrics[M_DEVICE_QUEUE])
		return HASH_COUNT(model->devices);
	for (const struct disk_device *device = model->devices; device; device = device->hh.next)
		for (unsigned int i = 0; i < OPERATIONS; i++)
			count += device->latency[i].count ? one : 0;
	return count;
}

void disk_families_add(struct sheet *sheet, const struct exposition_input *in)
{
	_cleanup_(buffer_done) struct buffer labels = {};
	char name[FAMILY_NAME_SIZE];

	for (const struct metric *metric = metrics; metric < metrics + METRICS; metric++) {
		if (metric->source != SOURCE_DISK || in->model->missing >> metric->needs & 1)
			continue;
		if (metric_family_name(metric, LEVEL_NODE, name, sizeof(name)) < 0) {
			sheet_fail(sheet, true);
			return;
		}
		if (!sheet_begin_family(sheet, name, metric->help, metric->kind, metric->unit) ||
		    !sheet_spend(sheet, count_series(metric, in->model)))
			continue;
		for (unsigned int i = 0; i < (metric == &metrics[M_DEVICE_QUEUE] ? 1 : OPERATIONS); i++)
			add_devices(sheet, metric, in->model, i, &labels);
	}
	sheet_fail(sheet, labels.failed);
}
