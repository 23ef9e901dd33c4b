/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/time.h"
#include "model/running.h"
#include "read/group_stock.h"
#include "read/tcp_groups.h"

#define PREFETCHED 8 /* groups ahead: each is three cold lines */
#define FREE_RUN \
	(2 *     \
	 GROUP_DEAL) /* groups are taken nearly in order: so many unused ones in a row past the highest end a pass */
#define SURVEY_REST 100 /* survey_drops reads all open files: it may have a hundredth of the time */

struct tcp_groups {
	const struct table *table;
	struct group_tcp *last; /* [group_count], touched only where used */
	tcp_groups_survey *survey;
	void *context;
	uint64_t ownerless_drops; /* of group 0 when survey_drops ran last */
	uint64_t survey_ns;       /* CLOCK_MONOTONIC, not before */
	uint32_t high;            /* groups from here on were never used */
	uint64_t *open;           /* [group_count]: the cgroups that had open connections at the last pass */
	uint32_t open_count;
	uint64_t released_open; /* open connections of groups that were given back */
};

int tcp_groups_new(const struct table *table, tcp_groups_survey *survey, void *context,
		   struct tcp_groups **ret_groups)
{
	struct tcp_groups *groups = calloc(1, sizeof(*groups));

	if (!groups)
		return -ENOMEM;
	groups->table = table;
	groups->survey = survey;
	groups->context = context;
	groups->high = 1;
	groups->last = mmap(NULL, table->group_count * sizeof(*groups->last), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (groups->last == MAP_FAILED)
		groups->last = NULL;
	groups->open = calloc(table->group_count, sizeof(*groups->open));
	if (!groups->last || !groups->open) {
		tcp_groups_free(groups);
		return -ENOMEM;
	}
	*ret_groups = groups;
	return 0;
}

void tcp_groups_free(struct tcp_groups *groups)
{
	if (!groups)
		return;
	if (groups->last)
		munmap(groups->last, groups->table->group_count * sizeof(*groups->last));
	free(groups->open);
	free(groups);
}

/* Connections open now; of group 0 negative when those of released groups ended. */
static uint64_t count_open(const struct group_tcp *tcp)
{
	uint64_t open = tcp->found - tcp->closed;

	for (unsigned int i = 0; i < DIMENSION_WIDTH(direction); i++)
		open += tcp->value[TCP_VALUE(OPENED) + i];
	return open;
}

static bool has_grown(const struct group_tcp *now, const struct group_tcp *last)
{
	return memcmp(now, last, offsetof(struct group_tcp, histogram)) != 0;
}

/* Of UDP alone the group may know. */
static bool has_tcp(const struct group_tcp *now)
{
	uint64_t any = now->found | now->closed;

	for (unsigned int i = 0; i < UDP_VALUE(RECEIVE_DROPS); i++)
		any |= now->value[i];
	return any != 0;
}

static void add_buckets(const uint32_t *now, const uint32_t *last, unsigned int count,
			struct histogram *histogram)
{
	for (unsigned int i = 0; i < count; i++) {
		uint32_t delta = now[i] - last[i];

		histogram->bucket[i] += delta;
		histogram->count += delta;
	}
}

static void add_histograms(const struct group_tcp *now, const struct group_tcp *last,
			   struct container *container)
{
	struct histogram *histogram;

	if (!container->tcp)
		container->tcp = calloc(TCP_HISTOGRAMS, sizeof(*container->tcp));
	if (!container->tcp)
		return;
	histogram = container->tcp;
	for (unsigned int i = 0; i < TCP_TIMES; i++, histogram++) {
		add_buckets(now->histogram[i].bucket, last->histogram[i].bucket, HISTOGRAM_BUCKETS,
			    histogram);
		histogram->sum += now->histogram[i].sum_ns - last->histogram[i].sum_ns;
	}
	for (unsigned int i = 0; i < TCP_BYTES; i++, histogram++) {
		add_buckets(now->bytes[i].bucket, last->bytes[i].bucket, BYTES_BUCKETS, histogram);
		histogram->sum += now->bytes[i].sum_bytes - last->bytes[i].sum_bytes;
	}
}

static void add_to(const struct group_tcp *now, const struct group_tcp *last, struct container *container,
		   struct model *model)
{
	for (unsigned int i = 0; i < TCP_VALUES; i++)
		if (now->value[i] != last->value[i])
			model_count_container(model, container, V_TCP_OPENED + i,
					      now->value[i] - last->value[i]);
	if (has_tcp(now))
		add_histograms(now, last, container);
}

/* `container` is NULL for group 0. */
static void read_group(struct tcp_groups *groups, uint32_t number, struct container *container,
		       struct model *model)
{
	const struct group_tcp *tcp = &groups->table->group_tcps[number];
	struct group_tcp *last = &groups->last[number], now = {};

	if (!has_grown(tcp, last))
		return;
	/* counters first: what they tell of is in the histograms already */
	memcpy(&now, tcp, offsetof(struct group_tcp, histogram));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(now.histogram, tcp->histogram, sizeof(now.histogram));
	memcpy(now.bytes, tcp->bytes, sizeof(now.bytes));
	if (container)
		add_to(&now, last, container, model);
	add_to(&now, last, model->node, model);
	*last = now;
}

static struct cgroup *find_cgroup(uint32_t number, uint64_t cgroup_id, const struct thread_owner *owner)
{
	struct cgroup *cgroup = model_cgroup_find(owner->model, cgroup_id);

	if (!cgroup)
		cgroup = owner->find_cgroup(owner->context, cgroup_id, 0);
	if (cgroup)
		running_set_group(owner->model, cgroup, number);
	return cgroup;
}

/* Gauges are summed anew. A cgroup that left its container since took that one's gauge along. */
static void forget_open(struct tcp_groups *groups, struct model *model)
{
	for (uint32_t i = 0; i < groups->open_count; i++) {
		struct cgroup *cgroup = model_cgroup_find(model, groups->open[i]);

		if (cgroup)
			cgroup->container->value[V_TCP_CONNECTIONS] = 0;
	}
	groups->open_count = 0;
}

static void prefetch(const struct tcp_groups *groups, uint32_t number)
{
	if (number >= groups->table->group_count)
		return;
	__builtin_prefetch(&groups->table->groups[number]);
	__builtin_prefetch(&groups->table->group_tcps[number]);
	__builtin_prefetch(&groups->last[number]);
}

static uint64_t ownerless_drops(const struct tcp_groups *groups)
{
	const struct group_tcp *tcp = &groups->table->group_tcps[0];
	uint64_t drops = 0;

	for (unsigned int i = 0; i < DIMENSION_WIDTH(udp_receive_drop); i++)
		drops += __atomic_load_n(&tcp->value[UDP_VALUE(RECEIVE_DROPS) + i], __ATOMIC_RELAXED);
	return drops;
}

/* Datagrams were dropped whose socket's owner the kernel could not tell: lib/udp.bpf.h. */
static void find_owners(struct tcp_groups *groups)
{
	uint64_t begin_ns = time_monotonic_ns();

	if (begin_ns < groups->survey_ns || ownerless_drops(groups) == groups->ownerless_drops)
		return;
	groups->survey(groups->context);
	groups->ownerless_drops = ownerless_drops(groups);
	groups->survey_ns = begin_ns + SURVEY_REST * (time_monotonic_ns() - begin_ns);
}

uint32_t tcp_groups_pass(struct tcp_groups *groups, const struct thread_owner *owner)
{
	struct model *model = owner->model;
	uint64_t open = groups->released_open;
	uint32_t free_run = 0, live = 0;

	forget_open(groups, model);
	find_owners(groups);
	read_group(groups, 0, NULL, model);
	open += count_open(&groups->last[0]);
	for (uint32_t i = 1; i < groups->table->group_count && (i < groups->high || free_run < FREE_RUN);
	     i++) {
		const struct group *group = &groups->table->groups[i];
		struct cgroup *cgroup;

		prefetch(groups, i + PREFETCHED);
		if (__atomic_load_n(&group->state, __ATOMIC_ACQUIRE) != GROUP_LIVE) {
			free_run += i >= groups->high;
			continue;
		}
		free_run = 0;
		live++;
		if (i >= groups->high)
			groups->high = i + 1;
		if (!has_grown(&groups->table->group_tcps[i], &groups->last[i]) &&
		    !count_open(&groups->last[i]))
			continue;
		cgroup = find_cgroup(i, group->cgroup_id, owner);
		if (!cgroup)
			continue;
		read_group(groups, i, cgroup->container, model);
		cgroup->container->value[V_TCP_CONNECTIONS] += count_open(&groups->last[i]);
		if (count_open(&groups->last[i]))
			groups->open[groups->open_count++] = cgroup->id;
		open += count_open(&groups->last[i]);
	}
	model->node->value[V_TCP_CONNECTIONS] = open;
	return live;
}

void tcp_groups_release(struct tcp_groups *groups, const struct cgroup *cgroup, struct model *model)
{
	uint32_t number = cgroup->group;

	read_group(groups, number, cgroup->container, model);
	groups->released_open += count_open(&groups->last[number]);
	memset(&groups->table->group_tcps[number], 0, sizeof(*groups->table->group_tcps));
	memset(&groups->last[number], 0, sizeof(*groups->last));
}

uint64_t tcp_groups_unattributed(const struct tcp_groups *groups)
{
	const struct group_tcp *last = &groups->last[0];
	uint64_t opened = 0;

	for (unsigned int i = 0; i < DIMENSION_WIDTH(direction); i++)
		opened += last->value[TCP_VALUE(OPENED) + i];
	return opened;
}
