/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Inspections of single containers of Docker and Podman: at most one per container, a few at once, the oldest first. */
#include "enrich/runtime_docker.h"

#define ASKED_MAX 64 /* more are not taken from runtime.c while so many wait */

struct inspection {
	UT_hash_handle hh; /* by id, the oldest first */
	char id[DOCKER_ID_SIZE + 1];
	struct docker *docker;
	struct transfer *transfer; /* NULL while it waits */
	struct details *created;   /* told if it answers nothing; NULL: there is nothing to tell */
	bool is_again;             /* something happened since it was begun: what it answers may be old */
};

/* The one of a container, under way or waiting, or NULL. */
struct inspection *inspection_find(const struct docker *docker, const char *id);
/* Asks about the container, or again if that is under way. What cannot be asked is counted as failed. */
void inspection_want(struct docker *docker, const char *id);
/* How many are not under way yet. */
size_t inspection_waiting(const struct docker *docker);
/* Also one that is under way. */
void inspection_free(struct inspection *inspection);
