/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/time.h"
#include "model/series.h"

#define C LEVEL_CONTAINER
#define P LEVEL_PROGRAM
#define N LEVEL_NODE
#define X LEVEL_PROCESS

#define SERIES(name_, levels_, kind_, metric_, first_, count_, argument_, history_) \
	[SERIES_##name_] = {                                                        \
		.name = #name_,                                                     \
		.levels = levels_,                                                  \
		.kind = SERIES_##kind_,                                             \
		.metric = M_##metric_,                                              \
		.value = V_##metric_ + (first_),                                    \
		.count = count_,                                                    \
		.argument = argument_,                                              \
		.history = history_,                                                \
	},
const struct series series_table[SERIES_COUNT] = {
#include "model/series.def"
};
#undef SERIES

/* The order that windows rely on, and that a row is of the metric it names. */
#define SERIES(name, levels, kind, metric, first, count, argument, history)                          \
	_Static_assert((SERIES_##kind == SERIES_RATE) == (SERIES_##name < SERIES_RATES), #name);     \
	_Static_assert((SERIES_##kind == SERIES_RATE && (levels) & (P | X)) ==                       \
			       (SERIES_##name < SERIES_PROGRAM_RATES),                               \
		       #name);                                                                       \
	_Static_assert((SERIES_##kind == SERIES_RATE && (levels)&X) ==                               \
			       (SERIES_##name < SERIES_PROCESS_RATES),                               \
		       #name);                                                                       \
	_Static_assert(V_##metric + (first) + (count)-1 <= V_##metric##_LAST, #name);                \
	_Static_assert(SERIES_##kind != SERIES_RATE || V_##metric##_LAST < CONTAINER_VALUES, #name); \
	_Static_assert(!((levels) & (P | X)) || V_##metric##_LAST < PROGRAM_VALUES, #name);
#include "model/series.def"
#undef SERIES
#undef C
#undef P
#undef N
#undef X

enum series_id series_find(const char *name)
{
	enum series_id id;

	for (id = 0; id < SERIES_COUNT; id++)
		if (strcmp(series_table[id].name, name) == 0)
			break;
	return id;
}

void series_feed(uint8_t fed[CONTAINER_VALUES][2])
{
	memset(fed, NOT_FED, CONTAINER_VALUES * sizeof(fed[0]));
	for (enum series_id id = 0; id < SERIES_RATES; id++) {
		const struct series *series = &series_table[id];

		for (unsigned int i = series->value; i < series->value + series->count; i++)
			fed[i][fed[i][0] != NOT_FED] = id;
	}
}

void series_tick(struct model *model, uint64_t now_ns)
{
	model->interval_ns = model->tick_ns ? now_ns - model->tick_ns : 0;
	model->tick_ns = now_ns;
	model->tick++;
}

uint64_t series_interval_ns(const struct model *model)
{
	return model->interval_ns;
}

static double per_second(const struct series *series, double growth, uint64_t interval_ns)
{
	/* times are kept in nanoseconds, so the two cancel out */
	return metrics[series->metric].unit == UNIT_SECONDS ? growth / interval_ns :
							      growth * NS_PER_S / interval_ns;
}

static bool is_missing(const struct model *model, const struct series *series)
{
	return model->missing >> metrics[series->metric].needs & 1;
}

static uint64_t growth_of(const struct model *model, const struct window *window, unsigned int count,
			  enum series_id id)
{
	const uint64_t *growth = window_of(window, model->tick - 1, count);

	return growth ? growth[id] : 0;
}

static uint64_t growth_of_program(const struct model *model, const struct program *program, enum series_id id)
{
	return growth_of(model, program->window, SERIES_PROGRAM_RATES, id);
}

/* What programs count is not kept again for their container: the tick would touch as much memory once more. */
static uint64_t growth_of_container(const struct model *model, const struct container *container,
				    enum series_id id)
{
	uint64_t sum = 0;

	if (container == model->node || id >= SERIES_PROGRAM_RATES)
		return growth_of(model, container->window, SERIES_RATES, id);
	for (const struct program *program = container->programs; program; program = program->hh.next)
		sum += growth_of_program(model, program, id);
	return container->other ? sum + growth_of_program(model, container->other, id) : sum;
}

static double rate_of(const struct model *model, double growth, enum series_id id)
{
	return model->interval_ns ? per_second(&series_table[id], growth, model->interval_ns) : NAN;
}

/* Without BPF, CPU time is a counter in files like any other. */
static bool is_from_files(const struct model *model, const struct series *series)
{
	return series->kind == SERIES_SHARE ||
	       (metrics[series->metric].needs == NEEDS_USAGE && model->missing >> NEEDS_TASKS & 1);
}

static double growth_rate_of(const struct file_growth *growth, const struct series *series)
{
	if (!growth || !growth->interval_ns)
		return NAN;
	return per_second(series, file_growth_of(growth, series->value), growth->interval_ns);
}

static double file_rate_of(const struct model *model, const struct container *container,
			   const struct series *series)
{
	double sum = NAN;

	if (container == model->node)
		return growth_rate_of(container->file_growth, series);
	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		double rate = cgroup->instance && !cgroup->removed ?
				      growth_rate_of(&cgroup->instance->growth, series) :
				      NAN;

		if (!isnan(rate))
			sum = (isnan(sum) ? 0 : sum) + rate;
	}
	return sum;
}

static double ratio_of(const struct container *container, const struct series *series)
{
	uint64_t part = 0, all = 0;

	for (const struct cgroup *cgroup = container->instances; cgroup; cgroup = cgroup->next_instance) {
		if (!cgroup->instance || cgroup->removed)
			continue;
		part += file_growth_of(&cgroup->instance->growth, series->value);
		all += file_growth_of(&cgroup->instance->growth, series->argument);
	}
	return all ? (double)part / all : NAN;
}

static double gauge_of(const uint64_t *value, const bool *has_file, const struct series *series)
{
	uint64_t sum = 0;

	for (unsigned int i = series->value; i < series->value + series->count; i++) {
		if (metrics[series->metric].source == SOURCE_FILE && !has_file[i - PROGRAM_VALUES])
			return NAN;
		sum += value[i];
	}
	return sum;
}

static double quantile_of(const struct model *model, const struct container *container,
			  const struct series *series)
{
	const uint32_t *bucket = window_waits_of(container->waits, model->tick - 1);

	return model->interval_ns && bucket ? series_quantile(bucket, series->argument / 100.0) : NAN;
}

static double value_of(const struct model *model, const struct container *container, enum series_id id)
{
	const struct series *series = &series_table[id];

	if (is_missing(model, series))
		return NAN;
	switch (series->kind) {
	case SERIES_RATE:
		if (!is_from_files(model, series))
			return rate_of(model, growth_of_container(model, container, id), id);
		return file_rate_of(model, container, series);
	case SERIES_SHARE:
		return file_rate_of(model, container, series);
	case SERIES_GAUGE:
		return gauge_of(container->value, container->has_file, series);
	case SERIES_RATIO:
		return ratio_of(container, series);
	case SERIES_QUANTILE:
		return quantile_of(model, container, series);
	}
	return NAN;
}

double series_of_container(const struct model *model, const struct container *container, enum series_id id)
{
	return series_table[id].levels & LEVEL_CONTAINER ? value_of(model, container, id) : NAN;
}

double series_of_node(const struct model *model, enum series_id id)
{
	return series_table[id].levels & LEVEL_NODE ? value_of(model, model->node, id) : NAN;
}

double series_of_program(const struct model *model, const struct program *program, enum series_id id)
{
	const struct series *series = &series_table[id];

	if (!(series->levels & LEVEL_PROGRAM) || is_missing(model, series))
		return NAN;
	if (series->kind == SERIES_RATE)
		return rate_of(model, growth_of_program(model, program, id), id);
	return gauge_of(program->value, NULL, series);
}

double series_of_process(const struct model *model, const struct process *process, enum series_id id)
{
	const struct series *series = &series_table[id];
	const float *growth;

	if (!(series->levels & LEVEL_PROCESS) || is_missing(model, series))
		return NAN;
	growth = window_small_of(process->window, model->tick - 1, SERIES_PROCESS_RATES);
	if (series->kind == SERIES_RATE)
		return rate_of(model, growth ? growth[id] : 0, id);
	if (series->metric == M_THREADS)
		return process->threads;
	return series->metric == M_MEMORY_RESIDENT && process->resident_reading ? process->resident_bytes :
										  NAN;
}

void series_sum_begin(double sums[SERIES_COUNT])
{
	for (enum series_id id = 0; id < SERIES_COUNT; id++)
		sums[id] = NAN;
}

static void sum_one(double *sum, const struct model *model, const struct container *container,
		    enum series_id id)
{
	enum series_kind kind = series_table[id].kind;
	double value = kind == SERIES_RATE || kind == SERIES_GAUGE ?
			       series_of_container(model, container, id) :
			       NAN;

	if (!isnan(value))
		*sum = (isnan(*sum) ? 0 : *sum) + value;
}

void series_sum_add(double sums[SERIES_COUNT], const struct model *model, const struct container *container)
{
	for (enum series_id id = 0; id < SERIES_COUNT; id++)
		sum_one(&sums[id], model, container, id);
}

double series_of_pod(const struct model *model, const char *namespace, const char *pod, enum series_id id)
{
	const struct container *container;
	double sum = NAN;

	for (container = model->containers; container; container = container->hh.next)
		if (strcmp(container->namespace, namespace) == 0 && strcmp(container->pod, pod) == 0)
			sum_one(&sum, model, container, id);
	return sum;
}

/* Upper bound of a bucket, or a place between two. */
static double wait_bound(double bucket)
{
	return exp2(RUNQUEUE_MIN_EXPONENT + bucket / (1 << HISTOGRAM_SCHEMA));
}

void series_wait_bounds_seconds(double bounds[WAIT_BUCKETS - 1])
{
	for (unsigned int i = 0; i < WAIT_BUCKETS - 1; i++)
		bounds[i] = wait_bound(i);
}

double series_quantile(const uint32_t bucket[WAIT_BUCKETS], double quantile)
{
	double rank, below = 0, total = 0;
	unsigned int i;

	for (i = 0; i < WAIT_BUCKETS; i++)
		total += bucket[i];
	if (total == 0)
		return NAN;
	rank = quantile * total;
	for (i = 0; i < WAIT_BUCKETS - 1 && below + bucket[i] < rank; i++)
		below += bucket[i];
	if (i == WAIT_BUCKETS - 1)
		return wait_bound(i - 1);
	if (i == 0)
		return wait_bound(0) * rank / bucket[0];
	return wait_bound(i - 1 + (rank - below) / bucket[i]);
}
