/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "export/api_endpoint.h"
#include "export/api_list_run.h"

#define LIMIT_DEFAULT 100
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

static const struct setting {
	const char *name;
	bool (*set)(struct api_list_run *run, const char *value);
} settings[] = {
	{ "sort", set_sort },     { "limit", set_limit },   { "offset", set_offset },
	{ "filter", set_filter }, { "fields", set_fields },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(settings[i].name, name) == 0)
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

unsigned int api_list_run_read_query(struct api_list_run *run, const char *parameters)
{
	const struct query *query = run->answer->query;

	run->limit = LIMIT_DEFAULT;
	run->filter = "";
	set_sort(run, run->list->sort);
	for (size_t i = 0; i < query->count; i++) {
		const char *name = query->parameters[i].name, *value = query->parameters[i].value;
		const struct setting *setting = find_setting(name);
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
	return API_OK;
}

void api_list_describe_parameters(const struct api_list *list, struct api_answer *answer)
{
	for (size_t i = 0; i < SETTINGS; i++)
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
