/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of connections as the kernel keeps them, on their way to the model. */
#include <stdlib.h>
#include <string.h>

#include "equal.h"
#include "model/connection.h"
#include "read/connections.h"

#define ROWS 64
#define SECOND 1000000000ULL
#define OUT VALUE_INDEX(direction, OUT)

static struct connection_row rows[ROWS];
static struct group kernel_groups[4];
static struct group_tcp kernel_tcps[4];
static struct control control;
static struct table table = { .connections = rows,
			      .groups = kernel_groups,
			      .group_tcps = kernel_tcps,
			      .control = &control,
			      .connection_count = ROWS,
			      .group_count = 4 };
static struct model *model;
static struct connections *connections;
static uint64_t told_sent; /* what the sockets of row 2 say when they are asked */
static unsigned int asked;

static struct cgroup *find_cgroup(void *context, uint64_t cgroup_id, uint32_t pid)
{
	struct cgroup *cgroup = NULL;

	(void)context;
	(void)pid;
	return model_cgroup_add(model, cgroup_id, NULL, NULL, 1, &cgroup) ? NULL : cgroup;
}

static struct thread_owner owner = { .find_cgroup = find_cgroup };

static void survey(void *context)
{
	(void)context;
	asked++;
	rows[2].open_sent_bytes += told_sent;
}

static struct container *add_cgroup(uint32_t group, uint64_t id, const char *name)
{
	struct identity identity = { .kind = IDENTITY_CONTAINER };
	struct cgroup *cgroup;

	snprintf(identity.name, sizeof(identity.name), "%s", name);
	snprintf(identity.id, sizeof(identity.id), "%s", name);
	cr_assert_eq(model_cgroup_add(model, id, name, &identity, 1, &cgroup), 0);
	cgroup->group = group;
	kernel_groups[group] = (struct group){ .cgroup_id = id, .state = GROUP_LIVE };
	return cgroup->container;
}

static void set_row(uint32_t number, uint64_t cgroup_id, uint16_t port)
{
	rows[number] = (struct connection_row){
		.key = { .cgroup_id = cgroup_id,
			 .address = { 0xfd, 0x77, [15] = 2 },
			 .port = port,
			 .direction = OUT },
		.state = CONNECTION_LIVE,
	};
}

static void pass(uint64_t seconds)
{
	owner.now_ns += seconds * SECOND;
	connections_pass(connections, &owner);
}

static struct connection *only(const struct container *container)
{
	cr_assert_not_null(container->connections);
	cr_assert_null(container->connections->hh.next);
	return container->connections;
}

static void set_up(void)
{
	const struct model_limits limits = { .label_length = 200, .connections = 100 };

	memset(rows, 0, sizeof(rows));
	memset(kernel_tcps, 0, sizeof(kernel_tcps));
	memset(kernel_groups, 0, sizeof(kernel_groups));
	memset(&control, 0, sizeof(control));
	rows[CONNECTION_REST].state = CONNECTION_FREE;
	told_sent = asked = 0;
	owner.now_ns = 1000 * SECOND;
	cr_assert_eq(model_new(&limits, 1, &model), 0);
	cr_assert_eq(connections_new(&table, survey, NULL, &connections), 0);
	owner.model = model;
}

static void tear_down(void)
{
	connections_free(connections);
	model_free(model);
}

TestSuite(connections, .init = set_up, .fini = tear_down, .timeout = 20);

Test(connections, what_grew_is_added_once)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(2, 101, 80);
	rows[2].opened = 7;
	rows[2].found = 2;
	rows[2].closed = 4;
	rows[2].failed = 3;
	rows[2].retransmits = 5;
	rows[2].trip_us = 40;
	rows[2].trips = 4;
	rows[2].duration_ns = 1000;
	pass(1);
	pass(1);
	eq(only(web)->opened, 7);
	eq(only(web)->failed, 3);
	eq(only(web)->open, 0);
	rows[2].opened = 8;
	pass(1);
	eq(only(web)->opened, 8);
	eq(only(web)->retransmits, 5);
	eq(connection_round_trip_ns(only(web)), 10000);
	eq(only(web)->duration_ns, 1000);
	cr_expect_str_eq(only(web)->peer, "fd77::2");
	eq(only(web)->key.port, 80);
	eq(connections_count(connections), 1);
}

Test(connections, the_gauge_is_of_this_pass)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(2, 101, 80);
	rows[2].opened = 5;
	rows[2].closed = 2;
	rows[2].references = 3;
	pass(1);
	pass(1);
	eq(only(web)->open, 3);
	rows[2].closed = 5;
	rows[2].references = 0;
	pass(1);
	eq(only(web)->open, 0);
}

Test(connections, bytes_of_sockets_that_are_there_are_never_counted_twice)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(2, 101, 80);
	rows[2].opened = 2;
	rows[2].references = 2;
	pass(1);
	eq(asked, 0);
	told_sent = 700; /* of two sockets */
	pass(1);
	eq(asked, 1);
	eq(only(web)->sent_bytes, 700);
	pass(9);
	eq(asked, 1);
	/* one of them ends; the other still stands as it did when it was asked */
	rows[2].closed = 1;
	rows[2].references = 1;
	rows[2].sent_bytes = 500;
	pass(0);
	eq(only(web)->sent_bytes, 700);
	told_sent = 201;
	pass(1);
	eq(asked, 2);
	eq(only(web)->sent_bytes, 701);
	/* it ends unseen between its answer and the reading */
	rows[2].closed = 2;
	rows[2].references = 0;
	rows[2].sent_bytes = 503 + 211;
	pass(1);
	eq(only(web)->sent_bytes, 714);
	pass(20);
	eq(asked, 2);
}

Test(connections, a_quiet_row_is_forgotten_first_and_given_back_later)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(2, 101, 80);
	rows[2].opened = rows[2].closed = 3;
	kernel_tcps[1].connections = 1;
	pass(1);
	pass(59);
	eq(control.connection_key_count, 0);
	pass(1);
	eq(control.connection_key_count, 1);
	eq(control.connection_key[0].port, 80);
	eq(control.connection_count, 0);
	/* somebody had found it just before */
	rows[2].opened = 4;
	rows[2].references = 1;
	pass(10);
	eq(control.connection_count, 0);
	eq(only(web)->opened, 4);
	rows[2].closed = 4;
	rows[2].references = 0;
	pass(1);
	pass(60);
	eq(control.connection_key_count, 1);
	eq(control.connection_count, 1);
	eq(control.connection[0], 2);
	eq(rows[2].state, CONNECTION_FREE);
	eq(rows[2].opened, 0);
	eq(kernel_tcps[1].connections, 0);
	/* the same peer again, in another entry */
	set_row(3, 101, 80);
	rows[3].opened = 2;
	pass(1);
	eq(only(web)->opened, 6);
}

Test(connections, rows_of_no_cgroup_and_of_a_forgotten_one_are_the_nodes)
{
	set_row(2, 0, 80);
	rows[2].opened = 3;
	rows[CONNECTION_REST].opened = 11;
	pass(1);
	eq(HASH_COUNT(model->node->connections), 2);
	eq(model->folded_connections, 11);
}

Test(connections, a_cgroup_that_only_its_sockets_told_of_is_asked_for)
{
	set_row(2, 107, 80);
	rows[2].opened = 3;
	pass(1);
	cr_assert_not_null(model->unknown);
	eq(only(model->unknown)->opened, 3);
}

Test(connections, what_past_the_models_bound_was_folded_is_counted_once)
{
	struct container *web = add_cgroup(1, 101, "web");

	model->limits.connections = 1;
	set_row(2, 101, 80);
	set_row(3, 101, 81);
	rows[2].opened = rows[2].references = 2;
	rows[3].opened = rows[3].references = 3;
	pass(1);
	pass(1);
	pass(1);
	eq(HASH_COUNT(web->connections), 2);
	eq(model->folded_connections, 3);
}

Test(connections, what_past_the_share_was_folded_is_counted)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(2, 101, 0);
	memset(rows[2].key.address, 0, sizeof(rows[2].key.address));
	rows[2].opened = 5;
	rows[2].failed = 2;
	pass(1);
	pass(1);
	eq(model->folded_connections, 7);
	cr_expect(connection_is_other(only(web)));
}

Test(connections, rows_far_up_are_found_and_unused_ones_end_a_pass)
{
	struct container *web = add_cgroup(1, 101, "web");

	set_row(ROWS - 1, 101, 80);
	rows[ROWS - 1].opened = 3;
	pass(1);
	eq(only(web)->opened, 3);
}
