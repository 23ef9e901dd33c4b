/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The terminal, by ncurses: shows pages, tells keys and clicks. Only what changed is sent. However the process ends, the terminal is
 * as it was before. */
#include <stdbool.h>

#include "base/message.h"
#include "top/browser.h"
#include "top/page.h"

struct screen_input {
	bool is_mouse;
	int key; /* keys.h; 0: nothing that means anything */
	enum browser_button button;
	unsigned int x, y;
};

/* Once at a time. 0, or negative errno with a line: stdin or stdout is no terminal, or one that nothing is known of. */
int screen_open(bool with_color, bool with_mouse, const struct message *message);
void screen_close(void); /* allowed when it is not open */

/* The size that the terminal says to have now; `changed` also when it is the same as before. */
void screen_size(unsigned int *ret_width, unsigned int *ret_height);
void screen_show(const struct page *page);
/* The next key or click that is waiting; false without one. */
bool screen_read(struct screen_input *ret_input);
/* Nothing more will ever come: the terminal was closed. */
bool screen_is_gone(void);
/* Hands the terminal to the shell and stops the process; returns when it goes on. */
void screen_suspend(void);
/* The next page is sent whole. */
void screen_forget(void);
