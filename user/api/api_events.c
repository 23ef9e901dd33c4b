/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/api_endpoint.h"
#include "model/journal.h"

static void write_known(struct json *json, const char *name, const char *text)
{
	if (*text)
		json_text(json, name, text);
}

static void write_entry(struct json *json, const struct journal_entry *entry)
{
	const struct journal_type_info *type = &journal_types[entry->type];

	json_begin_object(json, NULL);
	json_fixed(json, "sequence", entry->sequence, 0);
	json_fixed(json, "time", entry->realtime_ns, 9);
	json_text(json, "type", type->name);
	json_text(json, "namespace", entry->namespace);
	json_text(json, "pod", entry->pod);
	json_text(json, "container", entry->container);
	write_known(json, "program", entry->program);
	if (entry->pid)
		json_fixed(json, "pid", entry->pid, 0);
	write_known(json, "text", entry->text);
	json_begin_object(json, "detail");
	for (int i = 0; i < 2; i++)
		if (*type->number[i])
			json_number(json, type->number[i], entry->number[i]);
	json_end_object(json);
	json_end_object(json);
}

static void write_entries(struct api_answer *answer, uint64_t after, enum journal_type type, uint64_t limit)
{
	const struct journal *journal = answer->in->model->journal;
	const struct journal_entry *entry = journal_next(journal, after);

	for (; entry && limit > 0; entry = journal_next(journal, entry->sequence)) {
		if (type != JOURNAL_TYPES && entry->type != type)
			continue;
		write_entry(&answer->json, entry);
		limit--;
	}
}

unsigned int api_endpoint_events(struct api_answer *answer)
{
	const char *after_text = query_find(answer->query, "after"),
		   *type_text = query_find(answer->query, "type"),
		   *limit_text = query_find(answer->query, "limit");
	const struct journal *journal = answer->in->model->journal;
	enum journal_type type = type_text ? journal_find_type(type_text) : JOURNAL_TYPES;
	uint64_t after = 0, limit = API_ITEMS_MAX;
	struct json *json = &answer->json;

	if (after_text && !query_parse_number(after_text, 0, UINT64_MAX - 1, &after))
		return api_endpoint_refuse(answer, "after", after_text);
	if (type_text && type == JOURNAL_TYPES)
		return api_endpoint_refuse(answer, "type", type_text);
	if (limit_text && !query_parse_number(limit_text, 0, API_ITEMS_MAX, &limit))
		return api_endpoint_refuse(answer, "limit", limit_text);
	json_begin_object(json, NULL);
	api_endpoint_add_time(answer);
	json_fixed(json, "oldest", journal_oldest(journal), 0);
	json_fixed(json, "newest", journal_newest(journal), 0);
	json_fixed(json, "lost", journal_lost(journal), 0);
	json_begin_array(json, "items");
	write_entries(answer, after, type, limit);
	json_end_array(json);
	json_end_object(json);
	return API_OK;
}
