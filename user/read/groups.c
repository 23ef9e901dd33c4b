/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/running.h"
#include "read/crowd.h"
#include "read/group_stock.h"
#include "read/groups.h"

#define RUNQUEUE_FIRST ((RUNQUEUE_MIN_EXPONENT - HISTOGRAM_MIN_EXPONENT) * 4)
#define SAMPLE_WEIGHT (1U << SAMPLE_SHIFT)

struct group_last {
	uint64_t runqueue[HISTOGRAM_BUCKETS];
};

struct groups {
	struct table *table;
	struct group_last *last;         /* [group_count] */
	struct group_latency *latencies; /* the same for latencies; NULL outside profile full */
	struct tcp_groups *tcp;
	struct group_stock stock;
	uint64_t count; /* in use */
};

int groups_new(struct table *table, tcp_groups_survey *survey, void *context, struct groups **ret_groups)
{
	struct groups *groups = calloc(1, sizeof(*groups));
	int error;

	if (!groups)
		return -ENOMEM;
	groups->table = table;
	groups->last = calloc(table->group_count, sizeof(*groups->last));
	if (table->latencies)
		groups->latencies = calloc(table->group_count, sizeof(*groups->latencies));
	if (!groups->last || (table->latencies && !groups->latencies)) {
		groups_free(groups);
		return -ENOMEM;
	}
	error = tcp_groups_new(table, survey, context, &groups->tcp);
	if (error) {
		groups_free(groups);
		return error;
	}
	error = group_stock_init(&groups->stock, table->group_count);
	/* group 0 is for what finds none */
	error = error ?:
			table_fill(table->free_groups, 1,
				   group_stock_last(&groups->stock, table->group_count));
	if (error) {
		groups_free(groups);
		return error;
	}
	*ret_groups = groups;
	return 0;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	tcp_groups_free(groups->tcp);
	group_stock_done(&groups->stock);
	free(groups->last);
	free(groups->latencies);
	free(groups);
}

static void add_waits(struct container *container, const struct model *model, unsigned int at, uint64_t delta)
{
	uint32_t *bucket = delta ? window_touch_waits(&container->waits, model->tick) : NULL;

	if (bucket)
		bucket[at] += delta;
}

/* The shortest waits are not observed one by one: they are what is left of the count. */
static void set_rest(struct container *container, const struct model *model)
{
	struct histogram *histogram = &container->runqueue;
	uint64_t longer = 0, count = container->value[V_RUNQUEUE_WAITS];
	uint64_t last = histogram->bucket[RUNQUEUE_FIRST];

	for (unsigned int i = RUNQUEUE_FIRST + 1; i < HISTOGRAM_BUCKETS; i++)
		longer += histogram->bucket[i];
	if (count > longer + histogram->bucket[RUNQUEUE_FIRST])
		histogram->bucket[RUNQUEUE_FIRST] = count - longer;
	add_waits(container, model, 0, histogram->bucket[RUNQUEUE_FIRST] - last);
	histogram->count = longer + histogram->bucket[RUNQUEUE_FIRST];
	histogram->sum = container->value[V_RUNQUEUE];
}

static void add_runqueue(struct groups *groups, uint32_t number, struct container *container,
			 struct model *model)
{
	const struct group *group = &groups->table->groups[number];
	struct group_last *last = &groups->last[number];

	for (unsigned int i = RUNQUEUE_FIRST + 1; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t value = group->runqueue[i], delta = value - last->runqueue[i];

		if (!delta)
			continue;
		if (container) {
			container->runqueue.bucket[i] += delta;
			add_waits(container, model, i - RUNQUEUE_FIRST, delta);
		}
		model->node->runqueue.bucket[i] += delta;
		add_waits(model->node, model, i - RUNQUEUE_FIRST, delta);
		last->runqueue[i] = value;
	}
}

static void add_latency(struct groups *groups, uint32_t number, struct container *container)
{
	const struct group_latency *now = &groups->table->latencies[number];
	struct group_latency *last = &groups->latencies[number];

	if (!container->latency)
		container->latency = calloc(DIMENSION_WIDTH(class), sizeof(*container->latency));
	if (!container->latency)
		return;
	for (unsigned int class = 0; class < DIMENSION_WIDTH(class); class ++) {
		struct histogram *histogram = &container->latency[class];

		for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++) {
			uint64_t delta = (now->class[class].bucket[i] - last->class[class].bucket[i]) *
					 SAMPLE_WEIGHT;

			histogram->bucket[i] += delta;
			histogram->count += delta;
		}
		histogram->sum += (now->class[class].sum_ns - last->class[class].sum_ns) * SAMPLE_WEIGHT;
	}
}

static void add_group(struct groups *groups, uint32_t number, struct container *container,
		      struct model *model)
{
	add_runqueue(groups, number, container, model);
	if (!groups->latencies)
		return;
	add_latency(groups, number, model->node);
	if (container)
		add_latency(groups, number, container);
	groups->latencies[number] = groups->table->latencies[number];
}

/* Nobody refers to the group: no thread record, and the cgroup is gone. Returns how many live groups are fewer. */
static uint32_t release(struct groups *groups, struct cgroup *cgroup, struct model *model)
{
	struct group *group = &groups->table->groups[cgroup->group];
	uint32_t live = group->state == GROUP_LIVE;

	memset(group, 0, sizeof(*group));
	memset(&groups->last[cgroup->group], 0, sizeof(*groups->last));
	if (groups->latencies) {
		memset(&groups->table->latencies[cgroup->group], 0, sizeof(*groups->latencies));
		memset(&groups->latencies[cgroup->group], 0, sizeof(*groups->latencies));
	}
	tcp_groups_release(groups->tcp, cgroup, model);
	table_forget_group(groups->table, cgroup->id);
	group_stock_take(&groups->stock, groups->table, cgroup->group);
	cgroup->group = 0;
	return live;
}

static bool has_group(const struct groups *groups, const struct cgroup *cgroup)
{
	return cgroup->group && cgroup->group < groups->table->group_count;
}

static void read_running(struct groups *groups, struct model *model)
{
	struct cgroup *cgroup;

	while ((cgroup = running_take(model))) {
		if (!has_group(groups, cgroup))
			continue;
		add_group(groups, cgroup->group, cgroup->container, model);
		set_rest(cgroup->container, model);
	}
}

void groups_pass(struct groups *groups, const struct thread_owner *owner)
{
	struct model *model = owner->model;

	uint32_t live = tcp_groups_pass(groups->tcp, owner);

	for (struct cgroup *cgroup = model->removed; cgroup; cgroup = cgroup->next_removed)
		if (has_group(groups, cgroup) && !cgroup->is_running && !cgroup->references)
			live -= release(groups, cgroup, model);
	read_running(groups, model);
	add_group(groups, 0, NULL, model);
	set_rest(model->node, model);
	groups->count = live;
	crowd_pass(groups->table, model, live);
	group_stock_deal(&groups->stock, groups->table, live);
}

uint64_t groups_count(const struct groups *groups)
{
	return groups->count;
}

uint64_t groups_unattributed_connections(const struct groups *groups)
{
	return tcp_groups_unattributed(groups->tcp);
}
