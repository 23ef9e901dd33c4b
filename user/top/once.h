/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `ktally top --once` and --json: what a screen would show, for scripts. */
#include <stdio.h>

#include "top/browser.h"
#include "top/header.h"

/* All rows as text, in `width` cells. 0 or -ENOMEM. */
int once_print_text(FILE *file, struct browser *browser, const struct header *header, unsigned int width);
/* {"time", "total", "matched", "items"}: the items of the rows, in their order. 0 or -ENOMEM. */
int once_print_json(FILE *file, const struct browser *browser);
