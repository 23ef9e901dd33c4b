/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "api/api_endpoint.h"
#include "api/api_list_run.h"

#define LIMIT_DEFAULT 100
#define SPARK_POINTS 60
#define POINTS_MAX 240000 /* of one answer */
#define OFFSET_MAX 1000000000

static bool find_column(const struct api_list *list, const char *name, size_t size,
			struct api_column *ret_column)
{
	for (size_t i = 0; i < api_list_run_columns(list); i++) {
		if (api_list_run_column(list, i, ret_column) && strlen(ret_column->name) == size &&
		    memcmp(ret_column->name, name, size) == 0)
			return true;
	}
	return false;
}

static bool set_sort(struct api_list_run *run, const char *value)
{
	run->rows.is_descending = *value == '-';
	value += *value == '-';
	if (!find_column(run->list, value, strlen(value), &run->sort))
		return false;
	run->rows.is_text = run->sort.field && run->sort.field->type == API_TEXT;
	return run->rows.is_text || !run->sort.field || run->sort.field->type == API_NUMBER;
}

static bool set_fields(struct api_list_run *run, const char *value)
{
	struct api_column *column = run->columns;

	for (;;) {
		size_t size = strcspn(value, ",");

		if (run->column_count == API_COLUMNS_MAX || !find_column(run->list, value, size, column))
			return false;
		for (const struct api_column *other = run->columns; other < column; other++)
			if (other->field == column->field && other->series == column->series)
				return false;
		column++;
		run->column_count++;
		if (!value[size])
			return true;
		value += size + 1;
	}
}

static bool set_limit(struct api_list_run *run, const char *value)
{
	return query_parse_number(value, 0, API_ITEMS_MAX, &run->limit);
}

static bool set_offset(struct api_list_run *run, const char *value)
{
	return query_parse_number(value, 0, OFFSET_MAX, &run->offset);
}

static bool set_filter(struct api_list_run *run, const char *value)
{
	run->filter = value;
	return true;
}

static bool set_history(struct api_list_run *run, const char *value)
{
	run->history_text = value;
	return true;
}

static bool set_step(struct api_list_run *run, const char *value)
{
	run->step_text = value;
	return true;
}

static bool set_points(struct api_list_run *run, const char *value)
{
	run->points_text = value;
	return true;
}

static const struct setting {
	const char *name;
	bool (*set)(struct api_list_run *run, const char *value);
	bool of_history;
} settings[] = {
	{ "sort", set_sort, false },        { "limit", set_limit, false },
	{ "offset", set_offset, false },    { "filter", set_filter, false },
	{ "fields", set_fields, false },    { "history", set_history, true },
	{ "history_step", set_step, true }, { "history_points", set_points, true },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const struct setting *find_setting(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if ((!settings[i].of_history || list->entity) && strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

static const struct api_field *find_exact(const struct api_list *list, const char *name)
{
	for (size_t i = 0; i < list->field_count; i++) {
		if (list->fields[i].flags & API_EXACT && strcmp(list->fields[i].name, name) == 0)
			return &list->fields[i];
	}
	return NULL;
}

static bool add_exact(struct api_list_run *run, const struct api_field *field, const char *value)
{
	struct api_exact *exact = &run->exact[run->exact_count++];
	uint64_t number = 0;

	if (field->type == API_NUMBER && !query_parse_number(value, 0, 1ULL << 53, &number))
		return false;
	*exact = (struct api_exact){ .field = field, .text = value, .number = (double)number };
	return true;
}

static void show_all(struct api_list_run *run)
{
	for (size_t i = 0; i < api_list_run_columns(run->list); i++)
		if (api_list_run_column(run->list, i, &run->columns[run->column_count]))
			run->column_count++;
}

/* When all is known that it depends on. */
static unsigned int read_history(struct api_list_run *run)
{
	struct api_history *history = &run->history;
	const char *step = run->step_text ?: "10";

	if (!run->history_text)
		return API_OK;
	if (!api_history_read_series(history, run->list->level, run->history_text))
		return api_endpoint_refuse(run->answer, "history", run->history_text);
	if (!api_history_read_step(history, step))
		return api_endpoint_refuse(run->answer, "history_step", step);
	if (!api_history_read_points(history, run->points_text, SPARK_POINTS))
		return api_endpoint_refuse(run->answer, "history_points", run->points_text ?: "");
	if (run->limit * history->series_count * history->points > POINTS_MAX)
		return api_endpoint_fail(
			run->answer, API_BAD_REQUEST,
			"more than %d points of history: ask for fewer items, series or points", POINTS_MAX);
	return API_OK;
}

unsigned int api_list_run_read_query(struct api_list_run *run, const char *parameters)
{
	const struct query *query = run->answer->query;

	run->limit = LIMIT_DEFAULT;
	run->filter = "";
	set_sort(run, run->list->sort);
	if (run->list->needed && query_count(query, run->list->needed) == 0)
		return api_endpoint_fail(run->answer, API_BAD_REQUEST, "parameter '%s' is needed",
					 run->list->needed);
	for (size_t i = 0; i < query->count; i++) {
		const char *name = query->parameters[i].name, *value = query->parameters[i].value;
		const struct setting *setting = find_setting(run->list, name);
		const struct api_field *exact = find_exact(run->list, name);

		if (query_count(query, name) > 1)
			return api_endpoint_fail(run->answer, API_BAD_REQUEST,
						 "parameter '%s' is given twice", name);
		if (setting ? !setting->set(run, value) : exact && !add_exact(run, exact, value))
			return api_endpoint_refuse(run->answer, name, value);
		if (!setting && !exact && !api_endpoint_takes(parameters, name))
			return api_endpoint_fail(run->answer, API_BAD_REQUEST, "unknown parameter '%s'",
						 name);
	}
	if (run->column_count == 0)
		show_all(run);
	return read_history(run);
}

void api_list_describe_parameters(const struct api_list *list, struct api_answer *answer)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (!settings[i].of_history || list->entity)
			json_text(&answer->json, NULL, settings[i].name);
	for (size_t i = 0; i < list->field_count; i++)
		if (list->fields[i].flags & API_EXACT)
			json_text(&answer->json, NULL, list->fields[i].name);
}

void api_list_describe(const struct api_list *list, struct api_answer *answer)
{
	struct api_column column;

	for (size_t i = 0; i < api_list_run_columns(list); i++)
		if (api_list_run_column(list, i, &column))
			json_text(&answer->json, NULL, column.name);
}
