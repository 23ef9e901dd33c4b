/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The rows of `ktally check`, as a table for 80 columns or as JSON. */
#include <stdbool.h>
#include <stdio.h>

enum check_state {
	CHECK_OK,
	CHECK_UNKNOWN, /* cannot be found out without more privilege; does not count as a lack */
	CHECK_REDUCED,
	CHECK_OFF,
};

/* Also the exit status of `ktally check`. */
enum check_result { CHECK_FULL, CHECK_SOME, CHECK_UNUSABLE };

struct check_row {
	const char *group;
	char name[32];
	enum check_state state;
	char detail[400];
	char mend[240]; /* what would make it ok; "" when there is nothing to do */
};

struct check_table {
	struct check_row rows[96];
	unsigned int count;
};

/* Adds a row; past the end of the table it is dropped. `mend` may be NULL. */
void check_table_add(struct check_table *table, const char *group, const char *name, enum check_state state,
		     const char *mend, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* FULL when every row is ok or unknown; UNUSABLE when the caller says that nothing at all can be read. */
enum check_result check_table_result(const struct check_table *table, bool unusable);

void check_table_print(const struct check_table *table, enum check_result result, FILE *file);
/* {"result","exit_status","summary","version","revision","rows":[{"group","name","state","detail","mend"}]} */
void check_table_print_json(const struct check_table *table, enum check_result result, FILE *file);
