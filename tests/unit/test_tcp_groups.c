/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel keeps per cgroup about TCP, on its way to containers and the node. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "read/tcp_groups.h"

#define GROUPS 128
#define OUT (TCP_VALUE(OPENED) + VALUE_INDEX(direction, OUT))
#define IN (TCP_VALUE(OPENED) + VALUE_INDEX(direction, IN))

static struct group kernel_groups[GROUPS];
static struct group_tcp kernel_tcps[GROUPS];
static struct table table = { .groups = kernel_groups, .group_tcps = kernel_tcps, .group_count = GROUPS };
static struct model *model;
static struct tcp_groups *groups;
static unsigned int asked;

static struct cgroup *find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid)
{
	struct cgroup *cgroup = NULL;

	(void)context;
	(void)pid;
	asked++;
	return model_cgroup_add(model, cgroup_id, NULL, NULL, 1, &cgroup) ? NULL : cgroup;
}

static struct thread_owner owner = { .find_cgroup = find_cgroup };

static struct cgroup *add_cgroup(uint32_t group, uint64_t id, const char *name)
{
	struct identity identity = { .kind = IDENTITY_CONTAINER };
	struct cgroup *cgroup;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "%s", name);
	cr_assert_eq(model_cgroup_add(model, id, name, &identity, 1, &cgroup), 0);
	cgroup->group = group;
	kernel_groups[group] = (struct group){ .cgroup_id = id, .state = GROUP_LIVE };
	return cgroup;
}

static unsigned int surveys;
static uint64_t found; /* drops of group 0 that the next survey moves to group 2 */

static void survey(void *context)
{
	cr_expect_eq(context, &table);
	surveys++;
	kernel_tcps[0].value[UDP_VALUE(RECEIVE_DROPS)] -= found;
	kernel_tcps[2].value[UDP_VALUE(RECEIVE_DROPS)] += found;
	found = 0;
}

static void set_up(void)
{
	const struct model_limits limits = { .label_length = 200 };

	memset(kernel_groups, 0, sizeof(kernel_groups));
	memset(kernel_tcps, 0, sizeof(kernel_tcps));
	asked = surveys = 0;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
	cr_assert_eq(tcp_groups_new(&table, survey, &table, &groups), 0);
	owner.model = model;
}

static void tear_down(void)
{
	tcp_groups_free(groups);
	model_free(model);
}

TestSuite(tcp_groups, .init = set_up, .fini = tear_down, .timeout = 20);

static uint64_t value(const struct container *container, unsigned int index)
{
	return container->value[V_TCP_OPENED + index];
}

Test(tcp_groups, what_grew_is_added_to_container_and_node)
{
	struct container *web = add_cgroup(1, 101, "web")->container,
			 *sql = add_cgroup(2, 103, "sql")->container;

	kernel_tcps[1].value[OUT] = 7;
	kernel_tcps[2].value[TCP_VALUE(RETRANSMITS)] = 11;
	tcp_groups_pass(groups, &owner);
	kernel_tcps[1].value[OUT] = 10;
	tcp_groups_pass(groups, &owner);
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(web, OUT), 10);
	cr_expect_eq(value(sql, OUT), 0);
	cr_expect_eq(value(sql, TCP_VALUE(RETRANSMITS)), 11);
	cr_expect_eq(value(model->node, OUT), 10);
	cr_expect_eq(value(model->node, TCP_VALUE(RETRANSMITS)), 11);
	cr_expect_eq(value(model->host, OUT), 0);
}

Test(tcp_groups, the_gauge_is_what_is_open_in_all_instances)
{
	struct container *web = add_cgroup(1, 101, "web")->container;

	cr_assert_eq(add_cgroup(2, 103, "web")->container, web);
	kernel_tcps[1] = (struct group_tcp){ .value = { [OUT] = 5, [IN] = 3 }, .found = 2, .closed = 4 };
	kernel_tcps[2] = (struct group_tcp){ .value = { [IN] = 1 } };
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(web->value[V_TCP_CONNECTIONS], 7);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 7);
	kernel_tcps[1].closed = 10;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(web->value[V_TCP_CONNECTIONS], 1);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 1);
}

Test(tcp_groups, the_gauge_goes_with_a_cgroup_that_gets_another_name)
{
	struct cgroup *cgroup = add_cgroup(1, 101, "0123");
	const struct identity identity = { .name = "web", .id = "0123" };
	struct container *before = cgroup->container;

	add_cgroup(2, 103, "0123"); /* the old container lives on */
	kernel_tcps[1].value[IN] = 3;
	tcp_groups_pass(groups, &owner);
	cr_assert_eq(model_cgroup_name(model, cgroup, "/web", &identity, 1, 1), 0);
	cr_assert_neq(cgroup->container, before);
	kernel_tcps[1].closed = 1;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(before->value[V_TCP_CONNECTIONS], 0);
	cr_expect_eq(value(before, IN), 3, "what was counted stays");
	cr_expect_eq(cgroup->container->value[V_TCP_CONNECTIONS], 2);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 2);
}

Test(tcp_groups, histograms_are_added_and_their_buckets_may_wrap)
{
	struct container *web = add_cgroup(1, 101, "web")->container;

	cr_expect_null(web->tcp, "no histogram before the first connection");
	kernel_tcps[1].value[OUT] = 1;
	kernel_tcps[1].histogram[TCP_ROUND_TRIP].bucket[50] = UINT32_MAX;
	kernel_tcps[1].histogram[TCP_ROUND_TRIP].sum_ns = 1000;
	tcp_groups_pass(groups, &owner);
	kernel_tcps[1].value[OUT] = 2;
	kernel_tcps[1].histogram[TCP_ROUND_TRIP].bucket[50] = 4;
	kernel_tcps[1].histogram[TCP_ROUND_TRIP].sum_ns = 1500;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(web->tcp[TCP_ROUND_TRIP].bucket[50], UINT32_MAX + 5ULL);
	cr_expect_eq(web->tcp[TCP_ROUND_TRIP].count, UINT32_MAX + 5ULL);
	cr_expect_eq(web->tcp[TCP_ROUND_TRIP].sum, 1500);
	cr_expect_eq(model->node->tcp[TCP_ROUND_TRIP].count, UINT32_MAX + 5ULL);
	cr_expect_eq(web->tcp[TCP_DURATION].count, 0);
}

Test(tcp_groups, bytes_have_buckets_of_their_own)
{
	struct container *web = add_cgroup(1, 101, "web")->container;

	kernel_tcps[1].value[OUT] = 1;
	kernel_tcps[1].closed = 1;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(web->tcp[TCP_TIMES + TCP_SENT].count, 0);
	kernel_tcps[1].bytes[TCP_SENT].bucket[3] = 1;
	kernel_tcps[1].bytes[TCP_SENT].sum_bytes = 503;
	kernel_tcps[1].bytes[TCP_RECEIVED].bucket[BYTES_BUCKETS - 1] = 1;
	kernel_tcps[1].bytes[TCP_RECEIVED].sum_bytes = 1ULL << 40;
	kernel_tcps[1].ended = 1; /* what tells the reader */
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(web->tcp[TCP_TIMES + TCP_SENT].bucket[3], 1);
	cr_expect_eq(web->tcp[TCP_TIMES + TCP_SENT].sum, 503);
	cr_expect_eq(web->tcp[TCP_TIMES + TCP_RECEIVED].bucket[BYTES_BUCKETS - 1], 1);
	cr_expect_eq(web->tcp[TCP_TIMES + TCP_RECEIVED].count, 1);
	cr_expect_eq(model->node->tcp[TCP_TIMES + TCP_RECEIVED].sum, 1ULL << 40);
}

Test(tcp_groups, what_udp_drops_makes_no_histograms)
{
	struct container *web = add_cgroup(1, 101, "web")->container;

	kernel_tcps[1].value[UDP_VALUE(RECEIVE_DROPS)] = 7;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(web, UDP_VALUE(RECEIVE_DROPS)), 7);
	cr_expect_null(web->tcp);
}

Test(tcp_groups, drops_without_an_owner_are_looked_for_once)
{
	struct container *sink = add_cgroup(2, 103, "sink")->container;

	tcp_groups_pass(groups, &owner);
	cr_expect_eq(surveys, 0, "there is nothing to look for");
	kernel_tcps[0].value[UDP_VALUE(RECEIVE_DROPS)] = 13;
	found = 11;
	tcp_groups_pass(groups, &owner);
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(surveys, 1);
	cr_expect_eq(value(sink, UDP_VALUE(RECEIVE_DROPS)), 11);
	cr_expect_eq(value(model->node, UDP_VALUE(RECEIVE_DROPS)), 13);
}

Test(tcp_groups, drops_that_get_an_owner_later_count_for_the_node_once)
{
	struct container *sink = add_cgroup(2, 103, "sink")->container;

	kernel_tcps[0].value[UDP_VALUE(RECEIVE_DROPS)] = 13;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(model->node, UDP_VALUE(RECEIVE_DROPS)), 13);
	found = 13;
	survey(&table);
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(sink, UDP_VALUE(RECEIVE_DROPS)), 13);
	cr_expect_eq(value(model->node, UDP_VALUE(RECEIVE_DROPS)), 13);
}

Test(tcp_groups, a_cgroup_that_only_sockets_told_of_is_asked_for_once)
{
	kernel_groups[3] = (struct group){ .cgroup_id = 107, .state = GROUP_LIVE };
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(asked, 0, "a group without connections is of no interest");
	kernel_tcps[3].value[IN] = 13;
	tcp_groups_pass(groups, &owner);
	kernel_tcps[3].value[IN] = 17;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(asked, 1);
	cr_expect_eq(model_cgroup_find(model, 107)->group, 3);
	cr_expect_eq(value(model->unknown, IN), 17);
}

Test(tcp_groups, connections_without_a_cgroup_are_the_nodes_and_told)
{
	kernel_tcps[0] = (struct group_tcp){ .value = { [OUT] = 2, [IN] = 3 }, .closed = 1 };
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(model->node, IN), 3);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 4);
	cr_expect_eq(tcp_groups_unattributed(groups), 5);
}

Test(tcp_groups, connections_that_outlive_their_cgroup_end_in_the_nodes_gauge)
{
	struct cgroup *cgroup = add_cgroup(1, 101, "web");

	kernel_tcps[1].value[OUT] = 5;
	tcp_groups_pass(groups, &owner);
	kernel_tcps[1].value[OUT] = 6;
	kernel_tcps[1].closed = 4;
	memset(&kernel_groups[1], 0, sizeof(kernel_groups[1]));
	tcp_groups_release(groups, cgroup, model);
	cgroup->group = 0;
	cr_expect_eq(value(cgroup->container, OUT), 6, "the last of it is counted");
	cr_expect_eq(kernel_tcps[1].value[OUT], 0, "and cleared for the next");
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(cgroup->container->value[V_TCP_CONNECTIONS], 0);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 2);
	kernel_tcps[0].closed = 2;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(model->node->value[V_TCP_CONNECTIONS], 0);
}

Test(tcp_groups, a_group_far_up_is_found_when_those_below_are_used)
{
	struct container *web;

	for (uint32_t i = 1; i < 100; i++)
		kernel_groups[i] = (struct group){ .cgroup_id = 1000 + i, .state = GROUP_LIVE };
	web = add_cgroup(100, 101, "web")->container;
	kernel_tcps[100].value[OUT] = 1;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(web, OUT), 1);
	/* those below are given back: it is still looked at */
	memset(&kernel_groups[1], 0, 99 * sizeof(kernel_groups[1]));
	kernel_tcps[100].value[OUT] = 2;
	tcp_groups_pass(groups, &owner);
	cr_expect_eq(value(web, OUT), 2);
}
