/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Lists of things: a table of fields gives what is shown, sorted by, searched and asked for. Private to api*.c. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_answer;
struct api_list_run;
struct container;
struct history_entity;

enum api_field_type { API_TEXT, API_NUMBER, API_FLAG, API_OTHER };

#define API_NAME 1  /* flag: searched by the parameter `filter` */
#define API_EXACT 2 /* flag: a parameter of this name wants items that are equal to its value */

struct api_field {
	const char *name;
	enum api_field_type type;
	unsigned int flags;
	/* One of them, by the type; the result lives as long as the model does. NULL and NaN: absent. */
	union {
		const char *(*text)(const struct api_answer *answer, const void *item);
		double (*number)(const struct api_answer *answer, const void *item);
		bool (*flag)(const struct api_answer *answer, const void *item);
		void (*write)(struct api_answer *answer, const char *name, const void *item);
	};
};

/* Rows of a table of fields: the names of the container that an item is of. */
#define API_FIELD_NAMESPACE                                                             \
	{                                                                               \
		"namespace", API_TEXT, API_NAME | API_EXACT, .text = api_list_namespace \
	}
#define API_FIELD_POD                                                       \
	{                                                                   \
		"pod", API_TEXT, API_NAME | API_EXACT, .text = api_list_pod \
	}
#define API_FIELD_CONTAINER                                                             \
	{                                                                               \
		"container", API_TEXT, API_NAME | API_EXACT, .text = api_list_container \
	}
const char *api_list_namespace(const struct api_answer *answer, const void *item);
const char *api_list_pod(const struct api_answer *answer, const void *item);
const char *api_list_container(const struct api_answer *answer, const void *item);

struct api_list {
	const struct api_field *fields;
	size_t field_count;
	/* Whose names API_FIELD_NAMESPACE and its like give; NULL: the list has none of them. */
	const struct container *(*container)(const void *item);
	unsigned int level; /* enum metric_level: of the series of its items; 0: they have none */
	bool is_sum;        /* its items are sums, of which some series have no meaning */
	double (*series)(const struct api_answer *answer, const void *item, unsigned int id);
	/* NULL: no history is kept of its items. */
	struct history_entity (*entity)(const struct api_answer *answer, const void *item);
	const char *needed; /* a parameter of its own that must be given; NULL: none */
	const char *sort;   /* what the list is sorted by when nobody says otherwise */
	/* Calls api_list_add() for all there are; 0 or -ENOMEM. */
	int (*collect)(struct api_answer *answer, struct api_list_run *run);
	/* NULL, or: writes more members of an item when details are asked for. */
	void (*detail)(struct api_answer *answer, const void *item);
	/* NULL, or: frees what collect() made, also when it failed. */
	void (*done)(struct api_answer *answer);
};

void api_list_add(struct api_list_run *run, const void *item);

/* Writes the answer; returns the HTTP status. `parameters`: "a,b", those of this list alone. */
unsigned int api_list_answer(const struct api_list *list, const char *parameters, struct api_answer *answer);

/* Writes the names of all fields of its items as elements. */
void api_list_describe(const struct api_list *list, struct api_answer *answer);
/* Writes the names of all parameters that lists take, and this one for its fields, as elements. */
void api_list_describe_parameters(const struct api_list *list, struct api_answer *answer);
