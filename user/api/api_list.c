/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api_list.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "api/api_endpoint.h"
#include "api/api_list_run.h"
#include "model/series.h"

/* ---- names ---- */

const char *api_list_namespace(const struct api_answer *answer, const void *item)
{
	return answer->list->container(item)->namespace;
}

const char *api_list_pod(const struct api_answer *answer, const void *item)
{
	return answer->list->container(item)->pod;
}

const char *api_list_container(const struct api_answer *answer, const void *item)
{
	return answer->list->container(item)->name;
}

/* ---- columns ---- */

bool api_list_run_column(const struct api_list *list, size_t index, struct api_column *ret_column)
{
	if (index < list->field_count) {
		*ret_column = (struct api_column){ .name = list->fields[index].name,
						   .field = &list->fields[index] };
		return true;
	}
	index -= list->field_count;
	*ret_column = (struct api_column){ .name = series_table[index].name, .series = (unsigned int)index };
	if (list->is_sum && series_table[index].kind != SERIES_RATE &&
	    series_table[index].kind != SERIES_GAUGE)
		return false;
	return series_table[index].levels & list->level;
}

size_t api_list_run_columns(const struct api_list *list)
{
	return list->field_count + SERIES_COUNT;
}

static double number_of(const struct api_list_run *run, const struct api_column *column, const void *item)
{
	if (!column->field)
		return run->list->series(run->answer, item, column->series);
	return column->field->number(run->answer, item);
}

/* ---- rows ---- */

static bool is_equal(const struct api_list_run *run, const struct api_exact *exact, const void *item)
{
	if (exact->field->type == API_NUMBER)
		return exact->field->number(run->answer, item) == exact->number;
	return strcmp(exact->field->text(run->answer, item) ?: "", exact->text) == 0;
}

static bool has_text(const struct api_list_run *run, const void *item)
{
	for (size_t i = 0; i < run->list->field_count; i++) {
		const struct api_field *field = &run->list->fields[i];
		const char *text = field->flags & API_NAME ? field->text(run->answer, item) : NULL;

		if (text && strcasestr(text, run->filter))
			return true;
	}
	return false;
}

void api_list_add(struct api_list_run *run, const void *item)
{
	struct api_row row = { .item = item, .order = (uint32_t)run->total++ };

	for (size_t i = 0; i < run->exact_count; i++) {
		if (!is_equal(run, &run->exact[i], item))
			return;
	}
	if (*run->filter && !has_text(run, item))
		return;
	if (run->rows.is_text)
		row.text = run->sort.field->text(run->answer, item);
	else
		row.number = number_of(run, &run->sort, item);
	run->failed |= !api_rows_add(&run->rows, &row);
}

/* ---- items ---- */

static void write_column(struct api_list_run *run, const struct api_column *column, const void *item)
{
	struct json *json = &run->answer->json;
	const char *text;

	switch (column->field ? column->field->type : API_NUMBER) {
	case API_TEXT:
		text = column->field->text(run->answer, item);
		if (text)
			json_text(json, column->name, text);
		break;
	case API_NUMBER:
		json_number(json, column->name, number_of(run, column, item));
		break;
	case API_FLAG:
		json_flag(json, column->name, column->field->flag(run->answer, item));
		break;
	case API_OTHER:
		column->field->write(run->answer, column->name, item);
		break;
	}
}

static void write_history(struct api_list_run *run, const void *item)
{
	const struct history_entity entity = run->list->entity(run->answer, item);
	struct history_span span;

	json_begin_object(&run->answer->json, "history");
	api_history_write(run->answer, &run->history, &entity, &span);
	json_end_object(&run->answer->json);
}

static void write_item(struct api_list_run *run, const void *item)
{
	struct json *json = &run->answer->json;

	json_begin_object(json, NULL);
	for (size_t i = 0; i < run->column_count; i++)
		write_column(run, &run->columns[i], item);
	if (run->history_text)
		write_history(run, item);
	if (run->answer->has_detail && run->list->detail)
		run->list->detail(run->answer, item);
	json_end_object(json);
}

static void write_list(struct api_list_run *run)
{
	struct json *json = &run->answer->json;
	size_t begin = run->offset, end = run->offset + run->limit;

	if (end > run->rows.count)
		end = run->rows.count;
	api_rows_sort(&run->rows, begin, end);
	json_begin_object(json, NULL);
	api_endpoint_add_time(run->answer);
	json_fixed(json, "total", run->total, 0);
	json_fixed(json, "matched", run->rows.count, 0);
	json_fixed(json, "offset", run->offset, 0);
	json_fixed(json, "limit", run->limit, 0);
	json_begin_array(json, "items");
	for (size_t i = begin; i < end; i++)
		write_item(run, run->rows.rows[i].item);
	json_end_array(json);
	json_end_object(json);
}

unsigned int api_list_answer(const struct api_list *list, const char *parameters, struct api_answer *answer)
{
	struct api_list_run run = { .list = list, .answer = answer };
	unsigned int status;
	int error;

	answer->list = list;
	status = api_list_run_read_query(&run, parameters);
	if (status != API_OK || answer->is_check)
		return status;
	error = list->collect(answer, &run);
	if (error || run.failed)
		status = api_endpoint_fail(answer, API_NO_MEMORY, "out of memory");
	else
		write_list(&run);
	if (list->done)
		list->done(answer);
	api_rows_done(&run.rows);
	return status;
}
