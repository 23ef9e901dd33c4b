/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The lines above the table: the node, and what is wrong. */
#include <jansson.h>
#include <stdbool.h>

#include "top/page.h"

struct header {
	json_t *node;                   /* NULL: not known yet */
	const char *source;             /* URL or file */
	const char *problem;            /* NULL: answers come */
	const char *warning;            /* of a file */
	double disk_peak, network_peak; /* the most that was seen: the full length of their bars */
	double interval_seconds;
	bool paused, replay;
	size_t index, count; /* of snapshots */
};

/* Lines that it takes of a screen of `height` lines. */
unsigned int header_lines(unsigned int height);
/* Draws them from line 0 on. */
void header_draw(struct page *page, const struct header *header, unsigned int lines);
/* Takes another answer for `node`; keeps the peaks. */
void header_take(struct header *header, json_t *node);
void header_done(struct header *header);
