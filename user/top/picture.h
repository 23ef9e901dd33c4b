/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The rest of the screen: the line that says where one is, the headings, the rows, and what lies above them. */
#include "top/browser.h"
#include "top/header.h"
#include "top/page.h"

/* Draws everything: header, state line, table, and the bar when `with_bar`. */
void picture_draw(struct page *page, struct browser *browser, const struct header *header, bool with_bar);
