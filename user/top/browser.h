/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the user is: a stack of places (a view, narrowed to what was entered), the rows of the last one, the cursor in them, and what
 * is being typed. Keys and clicks change it and say what follows. Pure: no terminal, no clock, nothing is asked here.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/message.h"
#include "top/items.h"
#include "top/layout.h"
#include "top/rows.h"
#include "top/view.h"

#define BROWSER_PLACES 8
#define BROWSER_FOLDS 256
#define BROWSER_INPUT 128
#define BROWSER_AHEAD 8
#define BROWSER_INTERVAL_MIN_NS 100000000ULL
#define BROWSER_INTERVAL_MAX_NS 3600000000000ULL

enum browser_mode {
	MODE_TABLE,
	MODE_FILTER,   /* typed into the place's filter */
	MODE_INTERVAL, /* typed into `input` */
	MODE_JUMP,
	MODE_SORT, /* a list of columns, `picked` is marked */
	MODE_COLUMNS,
	MODE_HELP, /* `picked` lines are above the screen */
};

/* What a key wants of others, as bits. */
enum browser_effect {
	BROWSER_ASK = 1, /* another subject: ask at once */
	BROWSER_QUIT = 2,
	BROWSER_INTERVAL = 4, /* interval_ns changed */
	BROWSER_PAUSE = 8,    /* paused changed */
	BROWSER_STEP = 16,    /* by `step` snapshots */
	BROWSER_JUMP = 32,    /* to what `input` says */
	BROWSER_REDRAW = 64,  /* the terminal may show anything */
};

struct browser_place {
	enum view_id view;
	json_t *scope; /* NULL: the whole node */
	char filter[BROWSER_INPUT];
	uint64_t selected; /* key of the cursor's row, followed when rows move; 0: stays at the top */
	size_t cursor, first;
};

struct browser {
	struct browser_place places[BROWSER_PLACES];
	size_t depth; /* of the current one */
	struct browser_view {
		const struct column *sort;
		bool descending;
		struct layout_columns columns;
	} views[VIEWS];
	enum view_id before_tree;
	struct items items, pods, programs; /* the last two for the tree */
	struct rows rows;
	struct layout layout;
	unsigned int width; /* cells of the screen */
	uint64_t folded[BROWSER_FOLDS];
	size_t folded_count;
	enum browser_mode mode;
	char input[BROWSER_INPUT];
	size_t picked;
	int ahead[BROWSER_AHEAD]; /* keys that wait for the rows they are about */
	size_t ahead_count;
	long step;
	bool paused, replay;
	uint64_t interval_ns;
};

void browser_init(struct browser *browser);
void browser_done(struct browser *browser);

struct browser_place *browser_place(const struct browser *browser);
struct browser_view *browser_view(const struct browser *browser); /* of the place's */

/* For options, of the current view; 0 or -EINVAL with a line. `sort` is a field or heading, "-" or "+" before it for the order. */
int browser_set_sort(struct browser *browser, const char *sort, const struct message *message);
int browser_set_columns(struct browser *browser, const char *names, const struct message *message);

/* Goes into the row of the cursor, or to the same subject in another view; false when there is no way. */
bool browser_enter(struct browser *browser, enum view_id view);
/* Another view in this place; what does not narrow it is left. */
void browser_switch(struct browser *browser, enum view_id view);
bool browser_back(struct browser *browser);

/* After items, sort, filter, scope or folds changed: makes the rows again; the cursor stays with what it was on. */
void browser_refresh(struct browser *browser);
/* Takes the room: makes the layout, and scrolls so that the cursor is seen. */
void browser_arrange(struct browser *browser, unsigned int width, size_t lines);
void browser_move(struct browser *browser, long by);
const struct row *browser_selected(const struct browser *browser); /* NULL: no rows */
void browser_sort_by(struct browser *browser, const struct column *column);

/* Bits of enum browser_effect. */
unsigned int browser_key(struct browser *browser, int key);
/* When rows have come: what was typed for them before they were there. Bits of enum browser_effect. */
unsigned int browser_resume(struct browser *browser);
enum browser_button { BUTTON_CLICK, BUTTON_DOUBLE, BUTTON_WHEEL_UP, BUTTON_WHEEL_DOWN };
unsigned int browser_mouse(struct browser *browser, enum browser_button button, unsigned int x,
			   unsigned int y);
/* The column number `n` of the list to choose from; NULL behind the last. */
const struct column *browser_choice(const struct browser *browser, size_t n);
