/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* One answer of a list on its way: what is asked for, and what was found. Private to api_list*.c. */
#include "api/api_history.h"
#include "api/api_list.h"
#include "api/api_rows.h"

#define API_COLUMNS_MAX 128
#define API_EXACT_MAX 16

/* A field, or (`field` NULL) a series. */
struct api_column {
	const char *name;
	const struct api_field *field;
	unsigned int series;
};

struct api_exact {
	const struct api_field *field;
	const char *text;
	double number;
};

struct api_list_run {
	const struct api_list *list;
	struct api_answer *answer;
	struct api_column columns[API_COLUMNS_MAX],
		sort; /* that are shown, in their order; that is sorted by */
	size_t column_count;
	struct api_exact exact[API_EXACT_MAX];
	size_t exact_count;
	const char *filter;                                 /* "" for none */
	const char *history_text, *step_text, *points_text; /* as asked for; NULL: not */
	struct api_history history;
	uint64_t offset, limit;
	size_t total;
	struct api_rows rows;
	bool failed;
};

/* All columns of a list, by number; false: it is not one of this list's. */
bool api_list_run_column(const struct api_list *list, size_t index, struct api_column *ret_column);
/* Past the last number. */
size_t api_list_run_columns(const struct api_list *list);
/* Takes over what the query says; API_OK, or the status of the error that was written. */
unsigned int api_list_run_read_query(struct api_list_run *run, const char *parameters);
