/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of connections: found by their key, bounded, and never a number lost. */
#include <arpa/inet.h>
#include <string.h>

#include "equal.h"
#include "model/connection.h"
#include "model/container.h"
#include "model_world.h"

#define GRACE 1009
#define OUT VALUE_INDEX(direction, OUT)
#define IN VALUE_INDEX(direction, IN)

static void set_up(void)
{
	const struct model_limits limits = {
		.containers = 5, .connections = 3, .label_length = 128, .grace_ns = GRACE
	};

	model_begin(&limits);
}

TestSuite(connection, .init = set_up, .fini = model_end, .timeout = 20);

static struct connection_key key_of(const char *address, uint16_t port, uint16_t direction)
{
	struct connection_key key = { .port = port, .direction = direction };

	cr_assert_eq(inet_pton(AF_INET6, address, key.address), 1);
	return key;
}

static struct connection *row(struct container *container, const char *address, uint16_t port)
{
	const struct connection_key key = key_of(address, port, OUT);
	struct connection *connection = connection_get(model, container, &key, 7);

	cr_assert_not_null(connection);
	return connection;
}

static unsigned int count_rows(void)
{
	unsigned int count = 0;

	for (const struct connection *c = connection_next(model, NULL); c; c = connection_next(model, c))
		count++;
	return count;
}

Test(connection, addresses_are_text_and_mapped_ones_are_ipv4)
{
	struct container *container = container_get(model, "", "", "a", 1);

	cr_expect_str_eq(row(container, "::ffff:10.77.0.2", 80)->peer, "10.77.0.2");
	cr_expect_str_eq(row(container, "fd77::2", 80)->peer, "fd77::2");
	cr_expect_str_eq(row(container, "::", 0)->peer, "other");
	cr_expect(connection_is_other(row(container, "::", 0)));
	cr_expect_not(connection_is_other(row(container, "fd77::2", 80)));
}

Test(connection, a_row_is_found_again_by_direction_address_and_port)
{
	struct container *container = container_get(model, "", "", "a", 1);
	const struct connection_key in = key_of("fd77::2", 80, IN);
	struct connection *out = row(container, "fd77::2", 80);

	cr_expect_eq(row(container, "fd77::2", 80), out);
	cr_expect_neq(row(container, "fd77::2", 81), out);
	cr_expect_neq(connection_get(model, container, &in, 7), out);
	eq(model->connections, 3);
}

Test(connection, all_rows_are_met_also_the_nodes)
{
	eq(count_rows(), 0);
	row(model->node, "fd77::1", 1);
	eq(count_rows(), 1);
	container_get(model, "", "", "none", 1);
	row(container_get(model, "", "", "a", 1), "fd77::2", 80);
	row(container_get(model, "", "", "b", 1), "fd77::2", 80);
	row(container_get(model, "", "", "b", 1), "::", 0);
	eq(count_rows(), 4);
}

Test(connection, past_the_bound_a_new_row_is_other)
{
	struct container *container = container_get(model, "", "", "a", 1);
	struct connection *other;

	for (uint16_t port = 1; port <= 3; port++)
		row(container, "fd77::2", port);
	other = row(container, "fd77::2", 4);
	cr_expect(connection_is_other(other));
	cr_expect_eq(row(container, "fd77::2", 5), other);
	eq(model->connections, 3);
	cr_expect_not(connection_is_other(row(container, "fd77::2", 3)));
}

static unsigned int rows_of(struct container *container)
{
	return HASH_COUNT(container->connections);
}

Test(connection, who_has_the_most_makes_room_for_who_has_less)
{
	struct container *greedy = container_get(model, "", "", "a", 1),
			 *modest = container_get(model, "", "", "b", 1);

	model->limits.connections = 24; /* a share is 3 */
	for (uint16_t port = 1; port <= 29; port++)
		row(greedy, "fd77::2", port)->opened++;
	eq(rows_of(greedy), 25);
	eq(row(greedy, "::", 0)->opened, 5);
	connection_begin(model);
	row(greedy, "fd77::2", 24)->open = 2;
	row(greedy, "fd77::2", 24)->opened = 7;
	for (uint16_t port = 1; port <= 5; port++)
		cr_expect_not(connection_is_other(row(modest, "fd77::2", port)));
	eq(model->connections, 24);
	eq(rows_of(modest), 5);
	/* its newest have gone, with what is open and all that they counted, and come back into `other` */
	eq(rows_of(greedy), 20);
	eq(row(greedy, "::", 0)->opened, 5 + 7 + 4);
	eq(row(greedy, "::", 0)->open, 2);
	cr_expect_not(connection_is_other(row(greedy, "fd77::2", 19)));
	cr_expect(connection_is_other(row(greedy, "fd77::2", 20)));
	eq(model->folded_connections, 7 + 4);
}

Test(connection, room_is_made_up_to_an_equal_number_and_not_below_a_share)
{
	struct container *first = container_get(model, "", "", "a", 1), *second;

	model->limits.connections = 24;
	for (uint16_t port = 1; port <= 24; port++)
		row(first, "fd77::2", port);
	connection_begin(model);
	second = container_get(model, "", "", "b", 1);
	for (uint16_t port = 1; port <= 29; port++)
		row(second, "fd77::2", port);
	eq(rows_of(first), 12 + 1);
	eq(rows_of(second), 12 + 1);
	model->limits.connections = 24 * 8;
	connection_begin(model);
	model->connections = 24 * 8; /* full of others' */
	cr_expect(connection_is_other(row(model->node, "fd77::2", 1)));
	model->connections = 24;
}

Test(connection, a_container_that_ends_makes_no_room)
{
	struct container *first = container_get(model, "", "", "a", 1),
			 *second = container_get(model, "", "", "b", 1);

	for (uint16_t port = 1; port <= 3; port++)
		row(first, "fd77::2", port);
	connection_begin(model);
	cr_assert_eq(model->most_connected, first);
	container_merge(model, first, second);
	cr_expect_null(model->most_connected);
	cr_expect(connection_is_other(row(model->node, "fd77::2", 1)));
	connection_begin(model);
	cr_expect_not(connection_is_other(row(model->node, "fd77::2", 1)));
	connection_forget(model, second);
	cr_expect_null(model->most_connected);
}

Test(connection, an_idle_row_goes_on_in_other_an_open_one_stays)
{
	struct container *container = container_get(model, "", "", "a", 1);
	struct connection *idle = row(container, "fd77::2", 1), *open = row(container, "fd77::2", 2);

	*idle = (struct connection){ .hh = idle->hh,
				     .container = idle->container,
				     .key = idle->key,
				     .opened = 11,
				     .failed = 2,
				     .sent_bytes = 101,
				     .received_bytes = 103,
				     .retransmits = 5,
				     .round_trip_ns = 700,
				     .round_trips = 7,
				     .duration_ns = 13,
				     .active_ns = 100 };
	open->open = 1;
	open->active_ns = 100;
	model_expire(model, 100 + GRACE - 1);
	eq(count_rows(), 2);
	model_expire(model, 100 + GRACE);
	eq(count_rows(), 2);
	eq(model->connections, 1);
	idle = row(container, "::", 0);
	eq(idle->opened, 11);
	eq(idle->failed, 2);
	eq(idle->sent_bytes, 101);
	eq(idle->received_bytes, 103);
	eq(idle->retransmits, 5);
	eq(connection_round_trip_ns(idle), 100);
	eq(idle->duration_ns, 13);
	eq(row(container, "fd77::2", 2)->open, 1);
}

Test(connection, the_mean_round_trip_is_of_ended_and_open_ones)
{
	struct connection *connection = row(model->node, "fd77::2", 1);

	eq(connection_round_trip_ns(connection), 0);
	connection->round_trip_ns = 300;
	connection->round_trips = 2;
	connection->open_trip_ns = 600;
	connection->open_trips = 1;
	eq(connection_round_trip_ns(connection), 300);
	connection->open = 1;
	connection_begin(model);
	eq(connection->open, 0);
	eq(connection_round_trip_ns(connection), 150);
}

Test(connection, rows_go_with_a_container_that_is_merged_into_another)
{
	struct container *from = container_get(model, "", "", "a", 1);
	struct container *to = container_get(model, "", "", "b", 1);

	row(from, "fd77::2", 1)->opened = 3;
	row(from, "fd77::2", 2)->opened = 5;
	row(to, "fd77::2", 2)->opened = 7;
	container_merge(model, from, to);
	eq(count_rows(), 2);
	eq(model->connections, 2);
	eq(row(to, "fd77::2", 1)->opened, 3);
	eq(row(to, "fd77::2", 2)->opened, 12);
	cr_expect_eq(row(to, "fd77::2", 1)->container, to);
}
