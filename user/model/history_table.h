/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Who has a place: the inside of history.h. */
#include "model/history_place.h"

enum history_kind { KIND_CONTAINER, KIND_PROGRAM, KINDS };

/* The places of containers, or of programs. */
struct history_table {
	struct place_layout layout;
	struct place **places;
	uint32_t count, capacity;
};

struct history {
	struct place *node, *rest; /* NULL: there is no history */
	struct history_table tables[KINDS];
	double rest_gauge
		[SERIES_COUNT]; /* by column: sums over the containers without a place, at the last choice */
	uint64_t began_ns;      /* CLOCK_MONOTONIC of the first tick */
	uint64_t number;        /* second of the last tick; 0: the first */
	uint64_t chosen;        /* ten of the last choice */
	uint64_t realtime_ns;   /* of the last tick */
	uint64_t ten_realtime_ns; /* of the last tick that a finished ten has */
	uint64_t evictions;
};

/* A place for the program, or for the container where that is NULL: the one it had before it ended, a free one, or that of who is
 * worth less and is not looked at. NULL: there is none. */
struct place *history_table_give(struct history *history, struct container *container,
				 struct program *program, double score, uint64_t now_ns);
/* Gives places to those that used most since the choice before. */
void history_table_choose(struct history *history, struct model *model, uint64_t now_ns);
