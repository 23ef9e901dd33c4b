/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics table, level by level. What a sample line has in common with others is escaped and put together once: the
 * labels of a container or program once per exposition, the end of a line (own labels) once per family. */
#include "export/exposition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "export/label.h"
#include "export/sample.h"
#include "export/self_families.h"

#define NO_LIMIT SIZE_MAX
#define TAILS (HISTOGRAM_BOUNDS > LABEL_VALUES ? HISTOGRAM_BOUNDS : LABEL_VALUES)

/* Whom a sample is about. */
struct subject {
	const struct container *container;
	const uint64_t *value;
	size_t labels_at, labels_size; /* in struct page.labels */
};

/* The subjects of one level. */
struct subjects {
	enum metric_level level;
	struct subject *list;
	size_t count;
};

struct page {
	const struct exposition_input *in;
	struct sheet *sheet;
	struct buffer labels;
	struct subjects containers, programs, node;
};

/* Ends of the lines of one family: what comes after the subject's labels, by index of the value. */
struct tails {
	struct buffer data;
	size_t end[TAILS];
	unsigned int count;
};

static void page_done(struct page *page)
{
	buffer_done(&page->labels);
	free(page->containers.list);
	free(page->programs.list);
}

static struct text subject_labels(const struct page *page, const struct subject *subject)
{
	if (subject->labels_size == 0)
		return TEXT("");
	return (struct text){ page->labels.data + subject->labels_at, subject->labels_size };
}

static void tails_begin(struct tails *tails)
{
	buffer_clear(&tails->data);
	tails->count = 0;
}

static struct text tail_at(const struct tails *tails, unsigned int index)
{
	size_t begin = index > 0 ? tails->end[index - 1] : 0;

	return (struct text){ tails->data.data + begin, tails->end[index] - begin };
}

/* Appends the labels `names` ("a" or "a,b") with the values `values` ("x" or "x,y"). */
static void add_own_labels(struct buffer *out, size_t begin, const char *names, const char *values)
{
	char name[64], value[64];

	while (*names) {
		size_t name_size = strcspn(names, ","),
		       value_size = names[name_size] ? strcspn(values, ",") : strlen(values);

		snprintf(name, sizeof(name), "%.*s", (int)name_size, names);
		snprintf(value, sizeof(value), "%.*s", (int)value_size, values);
		label_add(out, begin, name, value, NO_LIMIT);
		names += name_size + (names[name_size] == ',');
		values += value_size + (values[value_size] == ',');
	}
}

/* One tail: `names` and `values` as above, then le="bound" unless NULL. `has_labels`: others stand before. */
static void tails_add(struct tails *tails, bool has_labels, const char *names, const char *values,
		      const char *bound)
{
	struct buffer *out = &tails->data;
	size_t begin = out->size;

	add_own_labels(out, has_labels ? NO_LIMIT : begin, names, values ?: "");
	if (bound)
		label_add(out, has_labels ? NO_LIMIT : begin, "le", bound, NO_LIMIT);
	if (has_labels || out->size > begin)
		buffer_add(out, "}", 1);
	buffer_add(out, " ", 1);
	tails->end[tails->count++] = out->size;
}

/* Begin of a sample line: the family's name, a suffix, and the brace if any label follows. */
static struct text make_head(char head[FAMILY_NAME_SIZE + 16], const char *name, const char *suffix,
			     bool has_any_label)
{
	int size = snprintf(head, FAMILY_NAME_SIZE + 16, "%s%s%s", name, suffix, has_any_label ? "{" : "");

	return (struct text){ head, (size_t)size };
}

static void add_values(struct page *page, const struct subjects *group, const struct metric *metric,
		       const char *name, struct tails *tails)
{
	bool has_labels = group->level != LEVEL_NODE;
	unsigned int decimals = sample_decimals(metric->unit);
	char head_data[FAMILY_NAME_SIZE + 16];
	struct text head = make_head(head_data, name, "", has_labels || *metric->label);

	tails_begin(tails);
	for (unsigned int i = 0; i < metric->width; i++)
		tails_add(tails, has_labels, metric->label, metric_label_value(metric, i), NULL);
	page->sheet->out->failed |= tails->data.failed;
	for (size_t s = 0; s < group->count && !page->sheet->out->failed; s++) {
		const struct subject *subject = &group->list[s];
		struct text labels = subject_labels(page, subject);

		if (metric->kind == METRIC_GAUGE && subject->container->dead_since_ns)
			continue;
		for (unsigned int i = 0; i < metric->width; i++) {
			unsigned int index = metric->value + i;

			if (metric->source == SOURCE_FILE &&
			    !subject->container->has_file[index - PROGRAM_VALUES])
				continue;
			sample_add(page->sheet, head, labels, tail_at(tails, i), subject->value[index],
				   decimals);
		}
	}
}

static const struct histogram *find_histogram(const struct container *container, unsigned int metric_id,
					      unsigned int index)
{
	if (metric_id == M_RUNQUEUE_LATENCY)
		return &container->runqueue;
	return container->latency ? &container->latency[index] : NULL;
}

/* Classic buckets are a quarter of the native ones: those at powers of two, each the sum of all below. The count is the
 * sum of the buckets, so that it cannot differ from le="+Inf". */
static void add_histogram(struct sheet *sheet, const struct text heads[3], struct text labels,
			  const struct tails *tails, int min_exponent, const struct histogram *histogram)
{
	unsigned int tail = 0;
	uint64_t sum = 0;
	int bucket = 0;

	for (int exponent = min_exponent; exponent <= HISTOGRAM_MAX_EXPONENT; exponent++) {
		while (bucket <= (exponent - HISTOGRAM_MIN_EXPONENT) * (1 << HISTOGRAM_SCHEMA))
			sum += histogram->bucket[bucket++];
		sample_add(sheet, heads[0], labels, tail_at(tails, tail++), sum, 0);
	}
	while (bucket < HISTOGRAM_BUCKETS)
		sum += histogram->bucket[bucket++];
	sample_add(sheet, heads[0], labels, tail_at(tails, tail++), sum, 0);
	sample_add(sheet, heads[1], labels, tail_at(tails, tail), histogram->sum_ns, 9);
	sample_add(sheet, heads[2], labels, tail_at(tails, tail), sum, 0);
}

/* Tails of the buckets, of +Inf, and one without le. Powers of two are exact in a double and have at most 17 digits; %g
 * spells them as Prometheus does. */
static void add_bucket_tails(struct tails *tails, bool has_labels, const char *names, const char *values,
			     int min_exponent)
{
	char bound[32];

	tails_begin(tails);
	for (int exponent = min_exponent; exponent <= HISTOGRAM_MAX_EXPONENT; exponent++) {
		double seconds = exponent < 0 ? 1.0 / (double)(1ULL << -exponent) :
						(double)(1ULL << exponent);

		snprintf(bound, sizeof(bound), "%.17g", seconds);
		tails_add(tails, has_labels, names, values, bound);
	}
	tails_add(tails, has_labels, names, values, "+Inf");
	tails_add(tails, has_labels, names, values, NULL);
}

static void add_histograms(struct page *page, const struct subjects *group, const struct metric *metric,
			   const char *name, struct tails *tails)
{
	unsigned int id = (unsigned int)(metric - metrics);
	int min_exponent = id == M_RUNQUEUE_LATENCY ? RUNQUEUE_MIN_EXPONENT : HISTOGRAM_MIN_EXPONENT;
	bool has_labels = group->level != LEVEL_NODE;
	char heads_data[3][FAMILY_NAME_SIZE + 16];
	struct text heads[3] = {
		make_head(heads_data[0], name, "_bucket", true),
		make_head(heads_data[1], name, "_sum", has_labels || *metric->label),
		make_head(heads_data[2], name, "_count", has_labels || *metric->label),
	};

	for (unsigned int i = 0; i < metric->width; i++) {
		add_bucket_tails(tails, has_labels, metric->label, metric_label_value(metric, i),
				 min_exponent);
		page->sheet->out->failed |= tails->data.failed;
		for (size_t s = 0; s < group->count && !page->sheet->out->failed; s++) {
			const struct histogram *histogram = find_histogram(group->list[s].container, id, i);

			if (histogram)
				add_histogram(page->sheet, heads, subject_labels(page, &group->list[s]),
					      tails, min_exponent, histogram);
		}
	}
}

static void add_numbered_one(struct page *page, const struct metric *metric, const char *value,
			     uint64_t count)
{
	struct buffer labels = {};

	label_add(&labels, 0, metric->label, value, NO_LIMIT);
	page->sheet->out->failed |= labels.failed;
	sample_add_one(page->sheet, (struct text){ labels.data, labels.size }, count);
	buffer_done(&labels);
}

/* Numbers that ever counted; those without a name of their own are summed. */
static void add_numbered(struct page *page, const struct metric *metric)
{
	const struct model *model = page->in->model;
	bool is_syscall = metric - metrics == M_SYSCALLS_BY_NAME;
	const uint64_t *counts = is_syscall ? model->calls_by_number : model->errors_by_number;
	unsigned int size = is_syscall ? SYSCALL_NUMBERS : ERRNO_NUMBERS;
	uint64_t other = 0;

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

static void add_level(struct page *page, const struct subjects *group)
{
	char name[FAMILY_NAME_SIZE];
	struct tails tails = {};

	for (unsigned int id = 0; id < METRICS && !page->sheet->out->failed; id++) {
		const struct metric *metric = &metrics[id];

		if (!(metric->levels & group->level) || page->in->model->missing >> metric->needs & 1)
			continue;
		if (metric_family_name(metric, group->level, name, sizeof(name)) < 0) {
			page->sheet->out->failed = true;
			break;
		}
		sample_begin_family(page->sheet, name, metric->help, metric->kind, metric->unit);
		if (metric->source == SOURCE_GROUP)
			add_histograms(page, group, metric, name, &tails);
		else if (metric->source == SOURCE_CPU)
			add_numbered(page, metric);
		else
			add_values(page, group, metric, name, &tails);
	}
	buffer_done(&tails.data);
}

static void add_container_subject(struct page *page, const struct container *container)
{
	size_t limit = page->in->model->limits.label_length, begin = page->labels.size;

	label_add(&page->labels, begin, "namespace", container->namespace, limit);
	label_add(&page->labels, begin, "pod", container->pod, limit);
	label_add(&page->labels, begin, "container", container->name, limit);
	page->containers.list[page->containers.count++] =
		(struct subject){ container, container->value, begin, page->labels.size - begin };
}

/* To be called right after the container's own. */
static void add_program_subject(struct page *page, const struct program *program)
{
	const struct subject *owner = &page->containers.list[page->containers.count - 1];
	size_t begin = page->labels.size;

	if (buffer_reserve(&page->labels, owner->labels_size))
		buffer_add(&page->labels, page->labels.data + owner->labels_at, owner->labels_size);
	label_add(&page->labels, begin, "program", program->name, page->in->model->limits.label_length);
	page->programs.list[page->programs.count++] = (struct subject){ owner->container, program->value,
									begin, page->labels.size - begin };
}

static int collect_subjects(struct page *page)
{
	size_t containers = 0, programs = 0;

	for (const struct container *c = page->in->model->containers; c; c = c->hh.next) {
		containers++;
		programs += HASH_COUNT(c->programs) + 1;
	}
	page->containers.list = calloc(containers + 1, sizeof(struct subject));
	page->programs.list = calloc(programs + 1, sizeof(struct subject));
	if (!page->containers.list || !page->programs.list)
		return -ENOMEM;
	for (const struct container *c = page->in->model->containers; c; c = c->hh.next) {
		add_container_subject(page, c);
		for (const struct program *p = c->programs; p; p = p->hh.next) {
			if (p != c->other)
				add_program_subject(page, p);
		}
		if (c->other)
			add_program_subject(page, c->other);
	}
	return page->labels.failed ? -ENOMEM : 0;
}

static void add_info(struct page *page)
{
	self_families_begin_container_info(page->sheet);
	for (size_t i = 0; i < page->containers.count; i++)
		self_families_add_container_info(page->sheet, page->in, page->containers.list[i].container,
						 subject_labels(page, &page->containers.list[i]));
}

int exposition_write(const struct exposition_input *in, struct buffer *out)
{
	_cleanup_(cleanup_free) struct sheet *sheet = calloc(1, sizeof(*sheet));
	_cleanup_(page_done) struct page page = { .in = in, .sheet = sheet };
	struct subject node = { .container = in->model->node, .value = in->model->node->value };
	int error;

	if (!sheet)
		return -ENOMEM;
	sheet->out = out;
	page.containers.level = LEVEL_CONTAINER;
	page.programs.level = LEVEL_PROGRAM;
	page.node = (struct subjects){ LEVEL_NODE, &node, 1 };
	error = collect_subjects(&page);
	if (error)
		return error;
	add_level(&page, &page.containers);
	add_info(&page);
	add_level(&page, &page.programs);
	add_level(&page, &page.node);
	self_families_add(sheet, in);
	return out->failed ? -ENOMEM : 0;
}

static const struct exposition_format formats[] = {
	{ "text", "text/plain; version=0.0.4; charset=utf-8", exposition_write },
};

const struct exposition_format *exposition_select(const char *accept)
{
	(void)accept; /* one format so far: it is also what a client gets that accepts nothing of ours */
	return &formats[0];
}
