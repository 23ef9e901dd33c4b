/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "choice.h"

struct sheet_choice choice_of(const struct options *options)
{
	return (struct sheet_choice){
		.exclude = (const char *const *)options->metrics_exclude.items,
		.exclude_count = options->metrics_exclude.count,
		.drop = (const char *const *)options->metrics_drop_label.items,
		.drop_count = options->metrics_drop_label.count,
		.series_limit = options->limits_series,
		.hides_zeros = !options->metrics_zeros,
		.created = options->metrics_created,
		.connections = options->metrics_connections,
	};
}

struct series_costs choice_costs(const struct options *options)
{
	const struct sheet_choice choice = choice_of(options);
	/* which program the kernel refuses is not known yet: then a row has less than it costs */
	static const uint32_t missing[] = {
		[PROFILE_LIGHT] = 1 << NEEDS_SWITCHES | 1 << NEEDS_CALLS | 1 << NEEDS_LATENCY,
		[PROFILE_DEFAULT] = 1 << NEEDS_LATENCY,
		[PROFILE_FULL] = 0,
	};

	return exposition_costs(&choice, missing[options->profile]);
}

int choice_check(const struct options *options, char *message, size_t message_size)
{
	for (size_t i = 0; i < options->metrics_drop_label.count; i++) {
		const char *rule = options->metrics_drop_label.items[i];

		if (exposition_can_drop(rule))
			continue;
		snprintf(message, message_size,
			 "metrics.drop-label: '%.200s' names no family with a label that can be summed away",
			 rule);
		return -EINVAL;
	}
	return 0;
}
