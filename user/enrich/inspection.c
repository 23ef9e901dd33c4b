/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/inspection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define CONTAINER_LIMIT (4 * MIB)
#define INSPECT_TIMEOUT_NS (20 * NS_PER_S) /* a container that is just started is locked, and answers late */
#define AT_ONCE_MAX 8                      /* inspections under way */
#define WAITING_MAX 16384                  /* inspections; as many containers are listed at once at most */

void inspection_free(struct inspection *inspection)
{
	struct docker *docker = inspection->docker;

	if (inspection->transfer) {
		docker->under_way--;
		transfer_cancel(inspection->transfer);
	}
	HASH_DEL(docker->inspections, inspection);
	docker_free_created(docker, inspection->created);
	free(inspection);
}

size_t inspection_waiting(const struct docker *docker)
{
	return HASH_COUNT(docker->inspections) - docker->under_way;
}

/* What it was called when it was created, if it is not there to say more. */
static void tell_created(struct inspection *inspection, bool is_told)
{
	if (inspection->created && !is_told)
		docker_tell(inspection->docker, inspection->created);
	docker_free_created(inspection->docker, inspection->created);
	inspection->created = NULL;
}

struct inspection *inspection_find(const struct docker *docker, const char *id)
{
	struct inspection *inspection;

	HASH_FIND_STR(docker->inspections, id, inspection);
	return inspection;
}

static void inspect_waiting(struct docker *docker);

static void on_inspected(void *context, struct transfer *transfer, const struct transfer_answer *answer)
{
	struct inspection *inspection = context;
	struct docker *docker = inspection->docker;
	struct runtime_source *source = docker->source;
	bool is_told = false;

	(void)transfer;
	inspection->transfer = NULL;
	docker->under_way--;
	if (answer->error == -EFBIG)
		source_refused(source);
	else if (answer->error || (answer->status != 200 && answer->status != 404))
		source_failed(source);
	else if (answer->status == 200)
		is_told = docker_read_container(&docker->reader, answer->body, answer->size) == 0;
	if (!answer->error && answer->status == 200 && !is_told)
		source_refused(source);
	if (!answer->error)
		docker->heard_ns = docker->now_ns;
	tell_created(inspection, is_told);
	if (inspection->is_again) {
		inspection->is_again = false;
		/* to the end */
		HASH_MOVE_KEYPTR(docker->inspections, inspection, &(struct inspection){}, inspection->id,
				 (unsigned int)strlen(inspection->id));
	} else {
		inspection_free(inspection);
	}
	inspect_waiting(docker);
	if (inspection_waiting(docker) < ASKED_MAX)
		source_more(source);
}

static int inspection_begin(struct inspection *inspection)
{
	struct transfer_request request = { .limit_bytes = CONTAINER_LIMIT,
					    .timeout_ns = INSPECT_TIMEOUT_NS,
					    .done = on_inspected,
					    .context = inspection };
	char path[128];
	int error;

	snprintf(path, sizeof(path), "/containers/%s/json", inspection->id);
	error = docker_get(inspection->docker, path, request, &inspection->transfer);
	if (!error)
		inspection->docker->under_way++;
	return error;
}

static void inspect_waiting(struct docker *docker)
{
	struct inspection *inspection, *next;

	HASH_ITER(hh, docker->inspections, inspection, next) {
		if (docker->under_way >= AT_ONCE_MAX)
			return;
		if (!inspection->transfer && inspection_begin(inspection)) {
			source_failed(docker->source);
			inspection_free(inspection);
		}
	}
}

void inspection_want(struct docker *docker, const char *id)
{
	struct inspection *inspection = inspection_find(docker, id);

	if (inspection) {
		inspection->is_again = inspection->transfer != NULL;
		return;
	}
	inspection = HASH_COUNT(docker->inspections) < WAITING_MAX ? calloc(1, sizeof(*inspection)) : NULL;
	if (!inspection) {
		source_failed(docker->source);
		return;
	}
	memcpy(inspection->id, id, sizeof(inspection->id));
	inspection->docker = docker;
	HASH_ADD_STR(docker->inspections, id, inspection);
	if (!HASH_HAS(inspection)) {
		free(inspection);
		source_failed(docker->source);
		return;
	}
	inspect_waiting(docker);
}
