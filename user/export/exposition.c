/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics table, level by level, into a sheet of any format. What samples have in common is put together once: the
 * labels of a container or program once per exposition, own labels once per family. */
#include "export/exposition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/connection_families.h"
#include "export/disk_families.h"
#include "export/identity_families.h"
#include "export/network_families.h"
#include "export/self_families.h"
#include "model/value.h"

#define NO_LIMIT SIZE_MAX
/* Rows whose values are asked of the memory ahead of their turn: they are a kilobyte apart. Without, a quarter of the main thread's
 * samples beside 1,000 containers lay in the loop that waits for them. */
#define ROWS_AHEAD 8

struct row {
	struct subject subject;
	const struct container *container;
	const uint64_t *value;
	size_t labels_at; /* in struct page.labels */
	bool is_dead;
};

/* The subjects of one level. */
struct rows {
	enum metric_level level;
	bool hides_zeros;
	struct row *list;
	size_t count;
};

struct page {
	const struct exposition_input *in;
	struct sheet *sheet;
	struct buffer labels;
	struct rows containers, programs, node;
};

static void page_done(struct page *page)
{
	buffer_done(&page->labels);
	free(page->containers.list);
	free(page->programs.list);
	sheet_free(page->sheet);
}

/* ---- families ---- */

static uint64_t sum_values(const uint64_t *value, unsigned int width)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < width; i++)
		sum += value[i];
	return sum;
}

static bool is_hidden(const struct rows *rows, const struct metric *metric, uint64_t value)
{
	return value == 0 && rows->hides_zeros && metric->kind == METRIC_COUNTER;
}

static bool is_shown(const struct rows *rows, const struct row *row, const struct metric *metric,
		     unsigned int index)
{
	return value_is_known(row->container, metric, index) &&
	       !is_hidden(rows, metric, row->value[metric->value + index]);
}

/* NULL: nothing to show. */
static const struct histogram *shown_histogram(const struct rows *rows, const struct row *row,
					       const struct metric *metric, unsigned int index)
{
	const struct histogram *histogram = value_histogram(row->container, (unsigned int)(metric - metrics),
							    index);

	return histogram && (histogram->count || !rows->hides_zeros) ? histogram : NULL;
}

static void add_values(struct page *page, const struct rows *rows, const struct metric *metric, bool summed)
{
	unsigned int own[LABEL_VALUES], width = summed ? 1 : metric->width;

	for (unsigned int i = 0; i < width && !summed; i++)
		own[i] = sheet_add_own(page->sheet, metric->label, metric_label_value(metric, i) ?: "");
	for (size_t r = 0; r < rows->count; r++) {
		const struct row *row = &rows->list[r];
		const uint64_t *value = row->value + metric->value;

		if (r + ROWS_AHEAD < rows->count) {
			const uint64_t *ahead = rows->list[r + ROWS_AHEAD].value + metric->value;

			__builtin_prefetch(ahead);
			__builtin_prefetch(ahead + metric->width - 1);
		}
		if (metric->kind == METRIC_GAUGE && row->is_dead)
			continue;
		if (summed) {
			uint64_t sum = sum_values(value, metric->width);

			if (!is_hidden(rows, metric, sum))
				sheet_add(page->sheet, &row->subject, 0, sum);
			continue;
		}
		for (unsigned int i = 0; i < width; i++) {
			if (is_shown(rows, row, metric, i))
				sheet_add(page->sheet, &row->subject, own[i], value[i]);
		}
	}
}

/* Adds up the histograms of all values of the own label; false when there are none to show. */
static bool sum_histograms(const struct rows *rows, const struct row *row, const struct metric *metric,
			   struct histogram *ret_sum)
{
	bool any = false;

	*ret_sum = (struct histogram){};
	for (unsigned int i = 0; i < metric->width; i++) {
		const struct histogram *one = shown_histogram(rows, row, metric, i);

		if (!one)
			continue;
		any = true;
		for (unsigned int b = 0; b < HISTOGRAM_BUCKETS; b++)
			ret_sum->bucket[b] += one->bucket[b];
		ret_sum->count += one->count;
		ret_sum->sum += one->sum;
	}
	return any;
}

static void add_histograms(struct page *page, const struct rows *rows, const struct metric *metric,
			   bool summed)
{
	unsigned int width = summed ? 1 : metric->width;
	unsigned int first_octave = value_first_octave(metric);
	struct histogram sum;

	for (unsigned int i = 0; i < width; i++) {
		unsigned int own = summed ? 0 :
					    sheet_add_own(page->sheet, metric->label,
							  metric_label_value(metric, i) ?: "");

		for (size_t r = 0; r < rows->count; r++) {
			const struct row *row = &rows->list[r];
			const struct histogram *histogram;

			if (summed)
				histogram = sum_histograms(rows, row, metric, &sum) ? &sum : NULL;
			else
				histogram = shown_histogram(rows, row, metric, i);
			if (histogram)
				sheet_add_histogram(page->sheet, &row->subject, own, first_octave, histogram);
		}
	}
}

static void add_numbered_one(struct page *page, const struct metric *metric, const char *value,
			     uint64_t count)
{
	struct subject subject = { .created_ns = page->in->model->node->created_ns };
	struct buffer labels = {};

	if (value)
		sheet_add_label(page->sheet, &labels, 0, metric->label, value, NO_LIMIT);
	subject.labels = (struct text){ labels.data, labels.size };
	sheet_fail(page->sheet, labels.failed);
	sheet_add(page->sheet, &subject, 0, count);
	buffer_done(&labels);
}

/* Numbers that ever counted; those without a name of their own are summed. */
static void add_numbered(struct page *page, const struct metric *metric, bool summed)
{
	const struct model *model = page->in->model;
	bool is_syscall = metric - metrics == M_SYSCALLS_BY_NAME;
	const uint64_t *counts = is_syscall ? model->calls_by_number : model->errors_by_number;
	unsigned int size = is_syscall ? SYSCALL_NUMBERS : ERRNO_NUMBERS;
	uint64_t other = 0;

	if (summed) {
		add_numbered_one(page, metric, NULL, sum_values(counts, size));
		return;
	}
	for (unsigned int number = 0; number < size; number++) {
		const char *name = is_syscall ? metric_syscall_name(number) : metric_errno_name(number);

		if (counts[number] == 0)
			continue;
		if (!name || strcmp(name, "other") == 0)
			other += counts[number];
		else
			add_numbered_one(page, metric, name, counts[number]);
	}
	if (other > 0)
		add_numbered_one(page, metric, "other", other);
}

/* How many series of a family a row will have. */
static size_t count_row(const struct rows *rows, const struct row *row, const struct metric *metric,
			bool summed)
{
	struct histogram sum;
	size_t count = 0;

	if (metric->kind == METRIC_GAUGE && row->is_dead)
		return 0;
	if (summed)
		return metric->kind == METRIC_HISTOGRAM ?
			       sum_histograms(rows, row, metric, &sum) :
			       !is_hidden(rows, metric,
					  sum_values(row->value + metric->value, metric->width));
	for (unsigned int i = 0; i < metric->width; i++)
		count += metric->kind == METRIC_HISTOGRAM ? shown_histogram(rows, row, metric, i) != NULL :
							    is_shown(rows, row, metric, i);
	return count;
}

/* How many series a family of containers or programs will have. */
static size_t count_series(const struct rows *rows, const struct metric *metric, bool summed)
{
	size_t count = 0;

	for (size_t r = 0; r < rows->count; r++)
		count += count_row(rows, &rows->list[r], metric, summed);
	return metric->kind == METRIC_HISTOGRAM ? count * sheet_histogram_series(value_first_octave(metric)) :
						  count;
}

static void add_level(struct page *page, const struct rows *rows)
{
	char name[FAMILY_NAME_SIZE];

	for (unsigned int id = 0; id < METRICS; id++) {
		const struct metric *metric = &metrics[id];
		bool summed;

		if (!(metric->levels & rows->level) || metric->source == SOURCE_DISK ||
		    metric->source == SOURCE_PEER || page->in->model->missing >> metric->needs & 1)
			continue;
		if (metric_family_name(metric, rows->level, name, sizeof(name)) < 0) {
			sheet_fail(page->sheet, true);
			break;
		}
		if (!sheet_begin_family(page->sheet, name, metric->help, metric->kind, metric->unit))
			continue;
		summed = exposition_sums(&page->in->choice, metric, name);
		if (rows->level != LEVEL_NODE && page->in->choice.series_limit > 0 &&
		    !sheet_spend(page->sheet, count_series(rows, metric, summed)))
			continue;
		if (metric->source == SOURCE_GROUP)
			add_histograms(page, rows, metric, summed);
		else if (metric->source == SOURCE_CPU)
			add_numbered(page, metric, summed);
		else
			add_values(page, rows, metric, summed);
	}
}

/* The labels since `labels_at` are those of the next row. They may still move: see place_labels(). */
static void add_row(struct page *page, struct rows *rows, size_t labels_at, const struct container *container,
		    const uint64_t *value, uint64_t created_ns)
{
	rows->list[rows->count++] =
		(struct row){ .subject = { { NULL, page->labels.size - labels_at }, created_ns },
			      .container = container,
			      .value = value,
			      .labels_at = labels_at,
			      .is_dead = container->dead_since_ns != 0 };
}

static void add_container_row(struct page *page, const struct container *container)
{
	size_t limit = page->in->model->limits.label_length, begin = page->labels.size;

	sheet_add_label(page->sheet, &page->labels, begin, "namespace", container->namespace, limit);
	sheet_add_label(page->sheet, &page->labels, begin, "pod", container->pod, limit);
	sheet_add_label(page->sheet, &page->labels, begin, "container", container->name, limit);
	add_row(page, &page->containers, begin, container, container->value, container->created_ns);
}

/* To be called right after the container's own. */
static void add_program_row(struct page *page, const struct program *program)
{
	const struct row *owner = &page->containers.list[page->containers.count - 1];
	size_t size = owner->subject.labels.size, begin = page->labels.size;

	if (buffer_reserve(&page->labels, size))
		buffer_add(&page->labels, page->labels.data + owner->labels_at, size);
	/* Not cut as names of others: two that the model tells apart would be one series. */
	sheet_add_label(page->sheet, &page->labels, begin, "program", program->name, NAME_SIZE);
	add_row(page, &page->programs, begin, owner->container, program->value, program->created_ns);
}

static void place_labels(const struct page *page, struct rows *rows)
{
	for (size_t r = 0; r < rows->count; r++)
		rows->list[r].subject.labels.data = page->labels.data + rows->list[r].labels_at;
}

static int collect_rows(struct page *page)
{
	size_t containers = 0, programs = 0;

	for (const struct container *c = page->in->model->containers; c; c = c->hh.next) {
		containers++;
		programs += HASH_COUNT(c->programs) + 1;
	}
	page->containers.list = calloc(containers + 1, sizeof(struct row));
	page->programs.list = calloc(programs + 1, sizeof(struct row));
	if (!page->containers.list || !page->programs.list)
		return -ENOMEM;
	for (const struct container *c = page->in->model->containers; c; c = c->hh.next) {
		add_container_row(page, c);
		for (const struct program *p = c->programs; p; p = p->hh.next) {
			if (p != c->other)
				add_program_row(page, p);
		}
		if (c->other)
			add_program_row(page, c->other);
	}
	place_labels(page, &page->containers);
	place_labels(page, &page->programs);
	return page->labels.failed ? -ENOMEM : 0;
}

static void add_identity(struct page *page)
{
	struct sheet *sheet = page->sheet;

	if (identity_families_begin_info(sheet))
		for (size_t r = 0; r < page->containers.count; r++)
			identity_families_add_info(sheet, page->in, page->containers.list[r].container,
						   page->containers.list[r].subject.labels);
	if (identity_families_begin_labels(sheet))
		for (size_t r = 0; r < page->containers.count; r++)
			identity_families_add_labels(sheet, page->in, page->containers.list[r].container,
						     page->containers.list[r].subject.labels);
}

int exposition_write(const struct exposition_input *in, enum sheet_body body, struct buffer *out)
{
	_cleanup_(page_done) struct page page = { .in = in };
	const struct container *container = in->model->node;
	struct row node = { { {}, container->created_ns }, container, container->value, 0, false };
	int error = sheet_new(body, &in->choice, out, &page.sheet);

	if (error)
		return error;
	page.containers = (struct rows){ LEVEL_CONTAINER, in->choice.hides_zeros, NULL, 0 };
	page.programs = (struct rows){ LEVEL_PROGRAM, in->choice.hides_zeros, NULL, 0 };
	page.node = (struct rows){ LEVEL_NODE, false, &node, 1 };
	error = collect_rows(&page);
	if (error)
		return error;
	add_level(&page, &page.containers);
	if (in->choice.connections)
		connection_families_add(page.sheet, in);
	add_identity(&page);
	add_level(&page, &page.programs);
	network_families_add(page.sheet, in);
	add_level(&page, &page.node);
	disk_families_add(page.sheet, in);
	self_families_add(page.sheet, in);
	sheet_end(page.sheet);
	return out->failed ? -ENOMEM : 0;
}
