/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "api/api_endpoint.h"
#include "model/peer.h"

static const struct container *container_of(const void *item)
{
	return ((const struct connection *)item)->container;
}

static const char *direction_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return metric_label_value(&metrics[M_TCP_OPENED], ((const struct connection *)item)->key.direction);
}

static const char *peer_of(const struct api_answer *answer, const void *item)
{
	(void)answer;
	return ((const struct connection *)item)->peer;
}

static const struct peer *peer_at(const struct api_answer *answer, const void *item)
{
	return peers_find(answer->scratch, item);
}

static const char *peer_kind_of(const struct api_answer *answer, const void *item)
{
	static const char *const names[PEER_KINDS] = {
		[PEER_CONTAINER] = "container",
		[PEER_POD] = "pod",
		[PEER_HOST] = "host",
	};

	return names[peer_at(answer, item)->kind];
}

static const char *peer_namespace_of(const struct api_answer *answer, const void *item)
{
	return peer_at(answer, item)->namespace;
}

static const char *peer_pod_of(const struct api_answer *answer, const void *item)
{
	return peer_at(answer, item)->pod;
}

static const char *peer_container_of(const struct api_answer *answer, const void *item)
{
	return peer_at(answer, item)->container;
}

static double port_of(const struct api_answer *answer, const void *item)
{
	const struct connection *connection = item;

	(void)answer;
	return connection_is_other(connection) ? NAN : connection->key.port;
}

static double round_trip_of(const struct api_answer *answer, const void *item)
{
	uint64_t round_trip_ns = connection_round_trip_ns(item);

	(void)answer;
	return round_trip_ns ? (double)round_trip_ns / 1e9 : NAN;
}

#define COUNT(member)                                                                \
	static double member##_of(const struct api_answer *answer, const void *item) \
	{                                                                            \
		(void)answer;                                                        \
		return (double)((const struct connection *)item)->member;            \
	}
COUNT(opened)
COUNT(open)
COUNT(failed)
COUNT(sent_bytes)
COUNT(received_bytes)
COUNT(retransmits)
#undef COUNT

static const struct api_field fields[] = {
	API_FIELD_NAMESPACE,
	API_FIELD_POD,
	API_FIELD_CONTAINER,
	{ "direction", API_TEXT, API_EXACT, .text = direction_of },
	{ "peer_address", API_TEXT, API_NAME | API_EXACT, .text = peer_of },
	{ "peer_kind", API_TEXT, API_EXACT, .text = peer_kind_of },
	{ "peer_namespace", API_TEXT, API_NAME | API_EXACT, .text = peer_namespace_of },
	{ "peer_pod", API_TEXT, API_NAME | API_EXACT, .text = peer_pod_of },
	{ "peer_container", API_TEXT, API_NAME | API_EXACT, .text = peer_container_of },
	{ "port", API_NUMBER, API_EXACT, .number = port_of },
	{ "opened", API_NUMBER, 0, .number = opened_of },
	{ "open", API_NUMBER, 0, .number = open_of },
	{ "failed", API_NUMBER, 0, .number = failed_of },
	{ "sent_bytes", API_NUMBER, 0, .number = sent_bytes_of },
	{ "received_bytes", API_NUMBER, 0, .number = received_bytes_of },
	{ "retransmits", API_NUMBER, 0, .number = retransmits_of },
	{ "round_trip_seconds", API_NUMBER, 0, .number = round_trip_of },
};

static int collect(struct api_answer *answer, struct api_list_run *run)
{
	const struct connection *connection = NULL;
	struct peers *peers;
	int error = peers_new(answer->in->model, &peers);

	if (error)
		return error;
	answer->scratch = peers;
	while ((connection = connection_next(answer->in->model, connection)))
		api_list_add(run, connection);
	return 0;
}

static void done(struct api_answer *answer)
{
	peers_free(answer->scratch);
	answer->scratch = NULL;
}

const struct api_list api_endpoint_connections = {
	.fields = fields,
	.field_count = sizeof(fields) / sizeof(fields[0]),
	.container = container_of,
	.sort = "-open",
	.collect = collect,
	.done = done,
};
