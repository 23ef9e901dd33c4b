/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a key means (keys.def). Keys are characters, or numbers past them. */
#include <stdbool.h>
#include <stddef.h>

#define KEYS_CTRL(letter) ((letter)&0x1f)

enum {
	KEYS_TAB = 9,
	KEYS_ENTER = 13,
	KEYS_ESCAPE = 27,
	KEYS_FIRST = 0x200000, /* past all characters */
	KEYS_UP,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_HOME,
	KEYS_END,
	KEYS_BACKSPACE,
	KEYS_BACK_TAB,
	KEYS_DELETE,
	KEYS_F1,
	KEYS_F2,
	KEYS_F3,
	KEYS_F4,
	KEYS_F5,
	KEYS_F6,
	KEYS_F7,
	KEYS_F8,
	KEYS_F9,
	KEYS_F10,
};

enum keys_action {
	ACTION_NONE,
	ACTION_MOVE_UP,
	ACTION_MOVE_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_MOVE_HOME,
	ACTION_MOVE_END,
	ACTION_ENTER,
	ACTION_BACK,
	ACTION_NEXT_VIEW,
	ACTION_PREVIOUS_VIEW,
	ACTION_SYSCALLS,
	ACTION_EVENTS,
	ACTION_TREE,
	ACTION_FOLD,
	ACTION_FILTER,
	ACTION_ESCAPE,
	ACTION_SORT_LEFT,
	ACTION_SORT_RIGHT,
	ACTION_SORT_PICK,
	ACTION_REVERSE,
	ACTION_COLUMNS,
	ACTION_PAUSE,
	ACTION_SLOWER,
	ACTION_FASTER,
	ACTION_INTERVAL,
	ACTION_STEP_BACK,
	ACTION_STEP_FORWARD,
	ACTION_LEAP_BACK,
	ACTION_LEAP_FORWARD,
	ACTION_JUMP,
	ACTION_REDRAW,
	ACTION_HELP,
	ACTION_QUIT,
};

enum keys_action keys_action(int key, bool replay);

/* The lines of the help, one an action: its keys ("s", "t F5") and what it does. False behind the last. */
struct keys_line {
	char keys[32];
	const char *help;
};
bool keys_line(size_t n, bool replay, struct keys_line *ret_line);
