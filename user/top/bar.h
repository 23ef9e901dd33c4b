/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The last line: the keys that matter most, which can be clicked. */
#include "top/page.h"

void bar_draw(struct page *page, unsigned int y, bool replay);
/* The key at that cell, 0 for none. */
int bar_key(bool replay, unsigned int x);
