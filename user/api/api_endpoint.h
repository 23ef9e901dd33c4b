/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the endpoints (api_<name>.c) share. Private to api*.c. */
#include "api/api.h"
#include "api/api_list.h"
#include "api/json.h"

#define API_OK 200
#define API_BAD_REQUEST 400
#define API_NOT_FOUND 404
#define API_NO_MEMORY 500
#define API_UNAVAILABLE 503

#define API_FAMILY_SIZE 80 /* of a name on /metrics */

struct api_answer {
	const struct api_input *in;
	const struct query *query;
	const struct api_list *list; /* NULL where it is none that answers */
	struct json json;
	size_t begin; /* of it in the buffer */
	bool has_detail;
	bool is_check;           /* only the status is wanted */
	enum metric_level named; /* the level that `names` are of; 0: none */
	char names[METRICS][API_FAMILY_SIZE];
	void *scratch; /* of the endpoint, while it answers */
};

/* Ends what was written so far and says instead what is wrong. Returns `status`. */
unsigned int api_endpoint_fail(struct api_answer *answer, unsigned int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a parameter with a value that it cannot have. */
unsigned int api_endpoint_refuse(struct api_answer *answer, const char *name, const char *value);

/* Whether `name` is one of `parameters`, "a,b". */
bool api_endpoint_takes(const char *parameters, const char *name);

/* Writes "time" and "interval_seconds", the first members of an answer. */
void api_endpoint_add_time(struct api_answer *answer);

/* Writes the member "metrics": every row of metrics.def of a level, of a container (or the node) or one of its programs. */
void api_endpoint_add_metrics(struct api_answer *answer, enum metric_level level,
			      const struct container *container, const uint64_t *value);

/* Writes all series of a level that are known as members. */
void api_endpoint_add_series(struct api_answer *answer, unsigned int level,
			     double (*series)(const struct api_answer *answer, const void *item,
					      unsigned int id),
			     const void *item);

/* The lists, and the functions of the rest, by their names in api.def. */
#define LIST(name, parameters, description) extern const struct api_list api_endpoint_##name;
#define OBJECT(name, parameters, description) unsigned int api_endpoint_##name(struct api_answer *answer);
#define STREAM(name, parameters, description)
#include "api/api.def"
#undef LIST
#undef OBJECT
#undef STREAM
