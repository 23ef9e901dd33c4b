/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The settings metrics.* and limits.series as the exposition wants them. */
#include <stddef.h>

#include "export/exposition.h"
#include "options/options.h"

/* Points into `options`. */
struct sheet_choice choice_of(const struct options *options);

/* What a row costs of limits.series. */
struct series_costs choice_costs(const struct options *options);

/* What only the metrics themselves can judge: 0, or -EINVAL with a line in `message`. */
int choice_check(const struct options *options, char *message, size_t message_size);
