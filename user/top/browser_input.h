/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Keys while something is typed or chosen, by browser->mode. */
#include "top/browser.h"

/* True: the key was for the filter. False: it ended the typing and means what it means in the table. */
bool browser_input_filter(struct browser *browser, int key);
/* An interval or a time, until Enter or Esc. Bits of enum browser_effect. */
unsigned int browser_input_line(struct browser *browser, int key);
/* A list of columns. Bits of enum browser_effect. */
unsigned int browser_input_choice(struct browser *browser, int key);
void browser_input_help(struct browser *browser, int key);
