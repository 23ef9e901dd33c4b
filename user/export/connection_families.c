/* SPDX-License-Identifier: Apache-2.0 */
#include "export/connection_families.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "export/subjects.h"
#include "model/connection.h"

static void add_row(const struct sheet *sheet, struct subjects *rows, const struct connection *connection,
		    size_t limit)
{
	static const struct metric *const any = &metrics[M_TCP_OPENED];
	const struct container *container = connection->container;
	size_t begin = rows->labels.size;
	char port[8] = "";

	if (connection->key.port)
		snprintf(port, sizeof(port), "%u", connection->key.port);
	sheet_add_label(sheet, &rows->labels, begin, "namespace", container->namespace, limit);
	sheet_add_label(sheet, &rows->labels, begin, "pod", container->pod, limit);
	sheet_add_label(sheet, &rows->labels, begin, "container", container->name, limit);
	sheet_add_label(sheet, &rows->labels, begin, "direction",
			metric_label_value(any, connection->key.direction), limit);
	sheet_add_label(sheet, &rows->labels, begin, "peer", connection->peer, sizeof(connection->peer));
	sheet_add_label(sheet, &rows->labels, begin, "port", port, sizeof(port));
	subjects_add(rows, connection, begin);
}

/* The rows of containers: those of the node have no names. */
static bool collect_rows(const struct sheet *sheet, const struct model *model, struct subjects *rows)
{
	size_t count = 0;

	for (const struct connection *c = connection_next(model, NULL); c; c = connection_next(model, c))
		count++;
	if (!subjects_reserve(rows, count))
		return false;
	for (const struct connection *c = connection_next(model, NULL); c; c = connection_next(model, c))
		if (c->container != model->node)
			add_row(sheet, rows, c, model->limits.label_length);
	return !rows->labels.failed;
}

static uint64_t value_of(const struct connection *connection, enum metric_id id)
{
	switch (id) {
	case M_PEER_OPENED:
		return connection->opened;
	case M_PEER_FAILED:
		return connection->failed;
	case M_PEER_SENT:
		return connection->sent_bytes;
	case M_PEER_RECEIVED:
		return connection->received_bytes;
	case M_PEER_RETRANSMITS:
		return connection->retransmits;
	case M_PEER_OPEN:
		return connection->open;
	default:
		return connection_round_trip_ns(connection);
	}
}

/* Those that went in have never failed; a round trip of 0 is not known, and an ended container has no gauges. */
static bool is_known(const struct connection *connection, enum metric_id id)
{
	if (metrics[id].kind == METRIC_GAUGE && connection->container->dead_since_ns)
		return false;
	if (id == M_PEER_FAILED)
		return connection->key.direction == VALUE_INDEX(direction, OUT);
	return id != M_PEER_ROUND_TRIP || connection_round_trip_ns(connection);
}

static size_t count_known(const struct subjects *rows, enum metric_id id)
{
	size_t count = 0;

	for (size_t r = 0; r < rows->count; r++)
		count += is_known(rows->list[r].item, id);
	return count;
}

static void add_family(struct sheet *sheet, const struct subjects *rows, enum metric_id id)
{
	for (const struct subject_row *row = rows->list; row < rows->list + rows->count; row++) {
		const struct connection *connection = row->item;
		const struct subject subject = subjects_get(rows, row, connection->created_ns);

		if (is_known(connection, id))
			sheet_add(sheet, &subject, 0, value_of(connection, id));
	}
}

void connection_families_add(struct sheet *sheet, const struct exposition_input *in)
{
	_cleanup_(subjects_done) struct subjects rows = {};
	bool failed = !collect_rows(sheet, in->model, &rows);
	char name[FAMILY_NAME_SIZE];

	for (unsigned int id = 0; id < METRICS && !failed; id++) {
		const struct metric *metric = &metrics[id];

		if (metric->source != SOURCE_PEER || in->model->missing >> metric->needs & 1)
			continue;
		failed = metric_family_name(metric, LEVEL_CONTAINER, name, sizeof(name)) < 0;
		if (!failed && sheet_begin_family(sheet, name, metric->help, metric->kind, metric->unit) &&
		    sheet_spend(sheet, count_known(&rows, id)))
			add_family(sheet, &rows, id);
	}
	sheet_fail(sheet, failed);
}
