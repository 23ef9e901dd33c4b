/* SPDX-License-Identifier: Apache-2.0 */
/* Connections by peer in the exposition: only by option, and within the limit of series. */
#include <criterion/criterion.h>
#include <string.h>

#include "export/exposition.h"
#include "model/connection.h"
#include "model/container.h"

static struct model *model;
static struct buffer out;

static void set_up(void)
{
	const struct model_limits limits = { .label_length = 32 };
	const struct connection_key out_key = { .address = { [10] = 0xff, 0xff, 10, 77, 0, 2 },
						.port = 80,
						.direction = VALUE_INDEX(direction, OUT) };
	const struct connection_key in_key = { .direction = VALUE_INDEX(direction, IN) };
	struct connection *connection;
	struct container *web;

	cr_assert_eq(model_new(&limits, 1, &model), 0);
	web = container_get(model, "shop", "web-0", "ng\"inx", 1);
	connection = connection_get(model, web, &out_key, 1);
	connection->opened = 11;
	connection->failed = 2;
	connection->open = 3;
	connection->sent_bytes = 101;
	connection->received_bytes = 103;
	connection->retransmits = 5;
	connection->round_trip_ns = 14000;
	connection->round_trips = 7;
	connection_get(model, web, &in_key, 1)->opened = 13;
	connection_get(model, model->node, &out_key, 1)->opened = 17;
}

static void tear_down(void)
{
	model_free(model);
	buffer_done(&out);
}

TestSuite(connection_families, .init = set_up, .fini = tear_down, .timeout = 20);

static void render(bool connections, size_t series_limit)
{
	const struct exposition_input input = {
		.model = model,
		.version = "1",
		.revision = "a",
		.node = "n",
		.choice = { .connections = connections, .series_limit = series_limit },
	};

	buffer_clear(&out);
	cr_assert_eq(exposition_write(&input, SHEET_TEXT, &out), 0);
	buffer_add(&out, "", 1);
}

#define NAMES "{namespace=\"shop\",pod=\"web-0\",container=\"ng\\\"inx\",direction="
#define OUT_ROW NAMES "\"out\",peer=\"10.77.0.2\",port=\"80\"} "
#define IN_ROW NAMES "\"in\",peer=\"other\",port=\"\"} "

Test(connection_families, they_are_left_out_unless_asked_for)
{
	render(false, 0);
	cr_expect_null(strstr(out.data, "ktally_container_connection_"));
}

Test(connection_families, a_row_is_a_sample_of_each_family_that_it_can_have)
{
	static const char *const samples[] = {
		"ktally_container_connection_opened_total" OUT_ROW "11\n",
		"ktally_container_connection_opened_total" IN_ROW "13\n",
		"ktally_container_connection_failed_total" OUT_ROW "2\n",
		"ktally_container_connection_sent_bytes_total" OUT_ROW "101\n",
		"ktally_container_connection_received_bytes_total" OUT_ROW "103\n",
		"ktally_container_connection_retransmits_total" OUT_ROW "5\n",
		"ktally_container_connection_open" OUT_ROW "3\n",
		"ktally_container_connection_round_trip_seconds" OUT_ROW "0.000002\n",
	};

	render(true, 0);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		cr_expect_not_null(strstr(out.data, samples[i]), "%s", samples[i]);
	cr_expect_null(strstr(out.data, "ktally_container_connection_failed_total" IN_ROW));
	cr_expect_null(strstr(out.data, "ktally_container_connection_round_trip_seconds" IN_ROW));
	cr_expect_null(strstr(out.data, "} 17\n"), "the node's have no names");
}

Test(connection_families, what_would_go_past_the_limit_is_left_out_and_told)
{
	render(true, 1);
	cr_expect_null(strstr(out.data, "\nktally_container_connection_opened_total"));
	cr_expect_not_null(strstr(out.data, "\nktally_container_connection_failed_total" OUT_ROW));
	cr_expect_not_null(strstr(
		out.data,
		"ktally_self_series_left_out{family=\"ktally_container_connection_opened_total\"} 2\n"));
}

Test(connection_families, a_container_that_has_ended_has_no_gauges)
{
	container_find(model, "shop", "web-0", "ng\"inx")->dead_since_ns = 1;
	render(true, 0);
	cr_expect_null(strstr(out.data, "ktally_container_connection_open{"));
	cr_expect_not_null(strstr(out.data, "ktally_container_connection_opened_total" OUT_ROW));
}
